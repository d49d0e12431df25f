"""One run kept as a small file: for people without QEMU, and to be held against the next one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.core import dataset
from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic
from lab.core.snapshot import Provenance, Snapshot, line, understood
from lab.realkernel.symbols.questions import KINDS, Question
from lab.realkernel.symbols.result import WORDS, Method, SymbolRun, Tables

__all__ = ["BUNDLED", "read_recording", "recorded", "write_recording"]

KIND, VERSION = "kernel-symbols", 1
BUNDLED = "realkernel/symbols"
_COLUMNS = ("counts", "bytes_read", "hits", "times")
_NUMBER, _MAYBE = (int,), (int, type(None))
# what each value of a method is; a float may be written as a whole number
_METHOD: dict[str, tuple[type, ...]] = {
    "lookups": _NUMBER, "found": _NUMBER, "comparisons": _MAYBE, "comparisons_per_lookup": (float, *_MAYBE),
    "predicted": _MAYBE, "bytes": _MAYBE, "predicted_bytes": _MAYBE, "equal": (bool,),
    "instructions_per_lookup": (float, *_MAYBE), "nanoseconds_per_lookup": (float, *_MAYBE),
}  # fmt: skip


def write_recording(path: Path | str, run: SymbolRun, date: str) -> None:
    """Write `run` to `path`; `date` is when it was made (ISO 8601). Raises `LabError` if that fails."""
    body: dict[str, Any] = {
        "kernel": run.kernel, "qemu": run.qemu, "accel": run.accel, "seed": run.seed, "module": run.module,
        "tables": dataclasses.asdict(run.tables),
        "names": [q.name for q in run.questions], "kinds": [q.kind for q in run.questions],
        "methods": {name: _plain(method) for name, method in run.methods.items()},
    }  # fmt: skip
    origin = f"Linux {run.kernel} in QEMU {run.qemu}, {run.accel}, seed {run.seed}"
    found = Snapshot(KIND, VERSION, Provenance(origin, "kernel-lab kernel symbols", date), body)
    write_atomic(path, f"{line(found)}\n".encode())


def recorded() -> SymbolRun:
    """The bundled run; raises `LabError` if it is damaged."""
    return read_recording(dataset.find(BUNDLED).path)


def read_recording(path: Path | str) -> SymbolRun:
    """The run that `write_recording` wrote; raises `LabError` for anything else."""
    found = understood(read_bytes(path), str(path), KIND, VERSION)
    try:
        return _run(found.body, f"{found.provenance.origin}, {found.provenance.date}")
    except (KeyError, TypeError, ValueError):
        raise LabError(f"{path}: is damaged; make it anew with kernel-lab kernel symbols -o FILE") from None


def _plain(method: Method) -> dict[str, Any]:
    kept = {f.name: getattr(method, f.name) for f in dataclasses.fields(method) if f.name != "word"}
    kept["times"] = [int(t) if t is not None and t.is_integer() else t for t in method.times]
    kept["hits"] = [None if hit is None else int(hit) for hit in method.hits]
    return kept


def _run(body: Mapping[str, Any], recorded: str) -> SymbolRun:
    texts = {key: _checked(body[key], (str,)) for key in ("kernel", "qemu", "accel", "module")}
    names, kinds = (_column(body[key], (str,), None) for key in ("names", "kinds"))
    if not set(kinds) <= set(KINDS) or set(body["methods"]) != set(WORDS):
        raise ValueError("unknown kinds or methods")
    tables = body["tables"]
    return SymbolRun(
        kernel=texts["kernel"],
        qemu=texts["qemu"],
        accel=texts["accel"],
        seed=_checked(body["seed"], _NUMBER),
        module=texts["module"],
        tables=Tables(
            _checked(tables["ksymtab"], _NUMBER), _checked(tables["ksymtab_gpl"], _NUMBER),
            _checked(tables["sorted"], (bool,)), _checked(tables["as_image"], (bool,)),
        ),
        questions=tuple(Question(n, k) for n, k in zip(names, kinds, strict=True)),
        methods={name: _method(name, body["methods"][name], len(names)) for name in WORDS},
        recorded=recorded,
    )  # fmt: skip


def _method(name: str, raw: Mapping[str, Any], lookups: int) -> Method:
    values = {key: _checked(raw[key], kinds) for key, kinds in _METHOD.items()}
    counts, read, hits = (_column(raw[key], _MAYBE, lookups) for key in _COLUMNS[:3])
    times = _column(raw["times"], (float, *_MAYBE), lookups)
    return Method(
        word=WORDS[name],
        differences=_column(raw["differences"], (str,), None),
        counts=counts,
        bytes_read=read,
        hits=tuple(None if hit is None else bool(hit) for hit in hits),
        times=tuple(None if time is None else float(time) for time in times),
        **values,
    )


def _column(values: Any, kinds: tuple[type, ...], size: int | None) -> tuple[Any, ...]:
    column = tuple(_checked(value, kinds) for value in _checked(values, (list,)))
    if size is not None and len(column) != size:
        raise ValueError("a column of another length")
    return column


def _checked(value: Any, kinds: tuple[type, ...]) -> Any:
    """`value`, if its type is one of `kinds`; raises `TypeError`."""
    if type(value) not in kinds:
        raise TypeError("of another type")
    return value
