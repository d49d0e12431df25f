"""The file that holds a `Corpus`: named columns, each deflated by itself, behind a JSON header.

Layout: the word LABSYM1 and a line end, the header's length (u32, little-endian), the header, the columns. Numbers are
little-endian. Everything a browser's Python can read: zlib, no NumPy. Written atomically, the same
bytes for the same input (and the same zlib).
"""

from __future__ import annotations

import dataclasses
import json
import struct
import sys
import zlib
from array import array
from pathlib import Path
from typing import Any

from lab import __version__
from lab.core import jsontext
from lab.core.errors import LabError
from lab.core.snapshot import read_bytes, write_atomic
from lab.symbols.corpus import Corpus, Exports, References, Stated

__all__ = ["load", "save"]

MAGIC = b"LABSYM1\n"
COLUMN_LIMIT = 1 << 26  # bytes of one column unpacked
FILE_LIMIT = 1 << 27

# column -> type: "text" is UTF-8 joined by NUL, "names" bytes joined by NUL, else an array's type code
COLUMNS: dict[str, str] = {
    "kernel_names": "names",
    "module_names": "names",
    "owners": "text",
    "namespaces": "text",
    "owner": "H",
    "namespace": "H",
    "crc": "I",
    "flags": "B",
    "modules": "text",
    "starts": "I",
    "symbols": "I",
    "versions": "H",
    "trailing": "H",
    "unresolved": "names",
    "builtin": "text",
    "texts": "text",
    "paths": "text",
    "licences": "H",
    "vermagics": "H",
    "machines": "H",
    "classes": "B",
    "module_flags": "B",
    "import_starts": "I",
    "imports": "H",
    "checked_starts": "I",
    "checked": "I",
    "checked_crcs": "I",
    "asked": "B",
    "crc_off": "I",
}
# what the header tells of the image
KERNEL: dict[str, tuple[type, ...]] = {
    "banner": (str,), "form": (str,), "machine": (int,), "bits": (int,), "order": (str,), "vermagic": (str,),
    "force_load": (bool, type(None)),
}  # fmt: skip
VERSION = 2  # 1 had no `Stated`


@dataclasses.dataclass(frozen=True, slots=True)
class _Column:
    type: str
    offset: int
    size: int
    unpacked: int


def save(path: Path | str, corpus: Corpus) -> None:
    """Write `corpus` to `path`, atomically; raises `LabError` if that fails."""
    write_atomic(path, dump(corpus))


def dump(corpus: Corpus) -> bytes:
    """The bytes of the file that holds `corpus`."""
    e, r, s = corpus.exports, corpus.references, corpus.stated
    values: dict[str, Any] = {
        "kernel_names": e.names[: e.kernel], "module_names": e.names[e.kernel :],
        "owners": e.owners, "namespaces": e.namespaces, "owner": e.owner, "namespace": e.namespace,
        "crc": e.crc, "flags": e.flags, "modules": r.modules, "starts": r.starts, "symbols": r.symbols,
        "versions": r.versions, "trailing": r.trailing, "unresolved": r.unresolved,
        "module_flags": s.flags,
        **{f.name: getattr(s, f.name) for f in dataclasses.fields(s) if f.name not in (*KERNEL, "flags")},
    }  # fmt: skip
    head: dict[str, Any] = {
        "kind": "symbols",
        "version": VERSION,
        "origin": corpus.origin,
        "kernel": {name: getattr(s, name) for name in KERNEL},
        "tool": f"kernel-lab {__version__}",
    }
    columns: dict[str, Any] = {}
    body = bytearray()
    for name, kind in COLUMNS.items():
        stored, raw = _raw(kind, values[name])
        packed = zlib.compress(raw, 9)
        columns[name] = {"type": stored, "offset": len(body), "size": len(packed), "unpacked": len(raw)}
        body += packed
    header = jsontext.dumps({**head, "columns": columns}, indent=None).encode()
    return MAGIC + struct.pack("<I", len(header)) + header + bytes(body)


def _raw(kind: str, value: Any) -> tuple[str, bytes]:
    """How a column is stored: an "I" that fits into 16 bits as "H"."""
    if kind == "text":
        return kind, "\0".join(value).encode()
    if kind == "names":
        return kind, b"\0".join(value)
    if kind == "B":
        return kind, bytes(value)
    if kind == "I" and max(value, default=0) < 1 << 16:
        kind = "H"
    numbers = array(kind, value)
    if sys.byteorder == "big":
        numbers.byteswap()
    return kind, numbers.tobytes()


def load(path: Path | str) -> Corpus:
    """Read what `save` wrote; raises `LabError` for another kind of file, a newer version or damage."""
    data = read_bytes(path, FILE_LIMIT)
    try:
        return _load(data, str(path))
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, struct.error, zlib.error, RecursionError):
        raise LabError(
            f"{path}: is damaged or no symbol data set; make it again with `kernel-lab symbols pack`"
        ) from None


def _load(data: bytes, source: str) -> Corpus:
    if not data.startswith(MAGIC):
        raise LabError(f"{source}: is no symbol data set; `kernel-lab symbols pack` makes one")
    (length,) = struct.unpack_from("<I", data, len(MAGIC))
    start = len(MAGIC) + 4
    head = json.loads(data[start : start + length])
    if head["version"] != VERSION:
        raise LabError(
            f"{source}: symbol data version {head['version']!r} is not known here ({VERSION} is); "
            "update the lab, or make it again with `kernel-lab symbols pack`"
        )
    columns = {name: _Column(**head["columns"][name]) for name in COLUMNS}
    got = {name: _column(data, start + length, columns[name], kind) for name, kind in COLUMNS.items()}
    exports = Exports(
        (*got["kernel_names"], *got["module_names"]), len(got["kernel_names"]), got["owners"], got["namespaces"],
        got["owner"], got["namespace"], got["crc"], got["flags"],
    )  # fmt: skip
    references = References(*(got[f.name] for f in dataclasses.fields(References)))
    kernel = {name: head["kernel"][name] for name in KERNEL}
    if any(type(kernel[name]) not in kinds for name, kinds in KERNEL.items()):
        raise ValueError
    named = {f.name: got[f.name] for f in dataclasses.fields(Stated) if f.name not in (*KERNEL, "flags")}
    stated = Stated(**kernel, **named, flags=got["module_flags"])
    _check(exports, references)
    _check_stated(exports, references, stated)
    return Corpus(str(head["origin"]), exports, references, stated)


def _column(data: bytes, start: int, column: _Column, kind: str) -> Any:
    if not 0 <= column.unpacked <= COLUMN_LIMIT or column.offset < 0 or column.size < 0:
        raise ValueError
    stream = zlib.decompressobj()
    raw = stream.decompress(data[start + column.offset :][: column.size], column.unpacked + 1)
    if len(raw) != column.unpacked or not stream.eof:
        raise ValueError
    if kind == "text":
        return tuple(raw.decode().split("\0")) if raw else ()
    if kind == "names":
        return tuple(raw.split(b"\0")) if raw else ()
    if kind == "B":
        return raw
    if column.type not in ("H", "I"):
        raise ValueError
    numbers = array(column.type)
    numbers.frombytes(raw)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _check(e: Exports, r: References) -> None:
    """Refuse columns that do not fit together: an index outside its list, lengths that differ."""
    rows, known = len(e.names), len(e.names) + len(r.unresolved)
    fits = (
        {len(e.owner), len(e.namespace), len(e.crc), len(e.flags)} == {rows}
        and max(e.owner, default=0) < max(1, len(e.owners))
        and max(e.namespace, default=0) < max(1, len(e.namespaces))
        and len(r.starts) == len(r.modules) + 1 == len(r.trailing) + 1
        and list(r.starts) == sorted(r.starts)
        and r.starts[0] == 0
        and r.starts[-1] == len(r.symbols) == len(r.versions)
        and max(r.symbols, default=0) < max(1, known)
        and all(sorted(r.versions[a:b]) == list(range(b - a)) for a, b in zip(r.starts, r.starts[1:], strict=False))
    )
    if not fits:
        raise ValueError


def _check_stated(e: Exports, r: References, s: Stated) -> None:
    """The same for what is stated."""
    modules, texts, known = len(r.modules), len(s.texts), len(e.names) + len(r.unresolved)
    by_module = (s.paths, s.licences, s.vermagics, s.machines, s.classes, s.flags)
    fits = (
        {len(column) for column in by_module} == {modules}
        and len(s.asked) == len(s.crc_off) == len(r.symbols)
        and len(s.checked) == len(s.checked_crcs)
        and max((*s.licences, *s.vermagics, *s.imports), default=0) < max(1, texts)
        and max(s.checked, default=0) < max(1, known)
        and s.bits in (32, 64)
        and s.order in ("<", ">")
        and all(
            len(starts) == modules + 1 and starts[0] == 0 and starts[-1] == len(cut) and list(starts) == sorted(starts)
            for starts, cut in ((s.import_starts, s.imports), (s.checked_starts, s.checked))
        )
    )
    if not fits:
        raise ValueError
