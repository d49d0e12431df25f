"""A topology as a TOML file: read within bounds, and written so that reading gives the same machine again."""

from __future__ import annotations

import dataclasses
import json
import tomllib
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from lab.core.errors import LabError
from lab.core.files import read_bytes
from lab.naming.topologies.check import checked
from lab.naming.topologies.topology import Device, Onboard, Topology

__all__ = ["parse_topology", "read_topology", "topology_text"]

LIMIT = 1 << 16  # bytes of a topology's file; one of 64 cards has some 6 kB
NUMBER_MAX = 2**31 - 1  # what any number of a topology stays below
T = TypeVar("T", Device, Onboard, Topology)
# The TOML type that a field has, by its Python type; what the file calls it
TYPES: dict[Any, tuple[type, str]] = {
    str: (str, "a text"),
    int: (int, "a number"),
    int | None: (int, "a number"),
    bool: (bool, "true or false"),
    tuple[str, ...]: (list, "a list of texts"),
    tuple[Device, ...]: (list, "a list of tables"),
    tuple[Onboard, ...]: (list, "a list of tables"),
}
TABLES = {"devices": ("device", Device), "onboard": ("onboard", Onboard)}  # field -> its table in the file
NEEDED = ("name", "chipset")  # of the machine as a whole
DEFAULTS = {"title": "", "hotplug": "native", "device": []}


def read_topology(path: Path | str) -> Topology:
    """The topology in the file at `path`; raises `LabError` if it cannot be read or is none."""
    return parse_topology(read_bytes(path, LIMIT), str(path))


def parse_topology(data: bytes, source: str) -> Topology:
    """The topology that `data` (TOML) declares; `source` is what errors call it. Raises `LabError` in one line.

    Keys are the fields of `Topology`; each [[device]] and [[onboard]] is a table of its own, with the fields of
    `Device` and `Onboard`.
    """
    if len(data) > LIMIT:
        raise LabError(f"{source}: larger than {LIMIT:,} bytes; this is no topology")
    try:
        raw = tomllib.loads(data.decode())
    except UnicodeDecodeError:
        raise LabError(f"{source}: holds bytes that are no UTF-8 text; write it in UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise LabError(f"{source}: is no TOML: {str(error)[:120]}; see the presets for how a topology looks") from None
    except ValueError:  # tomllib gives a number to int(), which takes at most some thousand digits
        raise LabError(f"{source}: holds a number that is too long; numbers of a topology have a few digits") from None
    except RecursionError:
        raise LabError(f"{source}: is nested too deeply; a topology has lists of tables only") from None
    missing = [key for key in NEEDED if key not in raw]
    if missing:
        raise LabError(f"{source}: has no {missing[0]}; a topology needs {' and '.join(NEEDED)}")
    return checked(_made(Topology, {**DEFAULTS, **raw}, source, source))


def _made(kind: type[T], raw: dict[str, Any], source: str, where: str) -> T:
    """A value of `kind` from the table `raw`; an unknown key, a missing one or one of the wrong type is refused."""
    hints = get_type_hints(kind)
    keys = {TABLES[name][0] if kind is Topology and name in TABLES else name: name for name in hints}
    values: dict[str, Any] = {}
    for key, value in raw.items():
        name = keys.get(key)
        if name is None:
            raise LabError(f"{where}: {key[:40]!r} is no key there; keys are {', '.join(keys)}")
        wanted, word = TYPES[hints[name]]
        if type(value) is not wanted or (isinstance(value, int) and abs(value) > NUMBER_MAX):
            raise LabError(f"{where}: {key} is not {word}")
        values[name] = _list(name, value, source, where, key) if isinstance(value, list) else value
    for field in dataclasses.fields(kind):
        if field.name not in values and field.default is dataclasses.MISSING:
            raise LabError(f"{where}: has no {field.name}; add it")
    return kind(**values)


def _list(name: str, value: list[Any], source: str, where: str, key: str) -> tuple[Any, ...]:
    if name not in TABLES:
        if not all(isinstance(item, str) for item in value):
            raise LabError(f"{where}: {key} is not a list of texts")
        return tuple(value)
    table, kind = TABLES[name]
    if not all(isinstance(item, dict) for item in value):
        raise LabError(f"{where}: {table} is no table; begin each with [[{table}]]")
    return tuple(_made(kind, item, source, f"{source}: {table} {number}") for number, item in enumerate(value, 1))


def topology_text(topology: Topology) -> str:
    """`topology` as the text of a file; what is at its default is left out."""
    lines = _lines(topology, tuple(f for f in _fields(topology) if f not in TABLES))
    for field, (table, _) in TABLES.items():
        for item in getattr(topology, field):
            lines += ["", f"[[{table}]]", *_lines(item, _fields(item))]
    return "\n".join(lines) + "\n"


def _fields(value: Any) -> tuple[str, ...]:
    return tuple(f.name for f in dataclasses.fields(value))


def _lines(value: Any, names: tuple[str, ...]) -> list[str]:
    defaults = {f.name: f.default for f in dataclasses.fields(value)}
    return [f"{n} = {_value(getattr(value, n))}" for n in names if getattr(value, n) != defaults[n]]


def _value(value: Any) -> str:
    """A value in TOML. Its basic strings escape as JSON does, but for DEL, which TOML does not allow as it is."""
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
