"""A run as a file, for a machine without QEMU or a compiler: what the guest sent then, judged anew when it is shown.

A file holds evidence and no verdict: the module's answers, and the table in which it looked. What the lab predicts
for them is computed when the file is read. The table of the bundled kernel is left out, the lab has it.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.core import dataset
from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic
from lab.core.snapshot import Provenance, Snapshot, line, understood
from lab.realkernel.machine.qemu import ICOUNT, KVM, TCG
from lab.realkernel.symbols.comparison import FILES, judged, table_text
from lab.realkernel.symbols.questions import KINDS, LOOKUPS, SEEDS, Question
from lab.realkernel.symbols.result import SymbolRun
from lab.symbols.corpus import bundled

__all__ = ["BUNDLED", "read_recording", "recorded", "write_recording"]

KIND, VERSION = "kernel-symbols", 2
BUNDLED = "realkernel/symbols"
TABLE = "table"
_AGAIN = "make it anew with kernel-lab kernel symbols -o FILE"
# what each text of a file may be
_TEXTS = {
    "kernel": r"[\w.+~-]{1,80}", "qemu": r"[\w.+~-]{1,40}", "accel": "|".join((ICOUNT, TCG, KVM)),
    "module": r"[\w.-]{1,80}", "image": r"[0-9a-f]{64}", TABLE: r"[0-9a-f]{64}",
}  # fmt: skip
_NAME = r"[!-~]{1,511}"
_ORIGIN = 300  # characters of the provenance that are shown


def write_recording(path: Path | str, run: SymbolRun, date: str) -> None:
    """Write `run` to `path`; `date` is when it was made (ISO 8601). Raises `LabError` if that fails."""
    sent = _digest(run.files[TABLE].encode())
    kept = {name: text for name, text in run.files.items() if name != TABLE or sent != _digest(_bundled_table())}
    body: dict[str, Any] = {
        "kernel": run.kernel, "qemu": run.qemu, "accel": run.accel, "seed": run.seed, "module": run.module,
        "image": run.image, TABLE: sent,
        "names": [q.name for q in run.questions], "kinds": [q.kind for q in run.questions], "files": kept,
    }  # fmt: skip
    origin = f"Linux {run.kernel} in QEMU {run.qemu}, {run.accel}, seed {run.seed}"
    found = Snapshot(KIND, VERSION, Provenance(origin, "kernel-lab kernel symbols", date), body)
    write_atomic(path, f"{line(found)}\n".encode())


def recorded() -> SymbolRun:
    """The bundled run; raises `LabError` if it is damaged."""
    return read_recording(dataset.find(BUNDLED).path)


def read_recording(path: Path | str) -> SymbolRun:
    """The run that `write_recording` wrote, held against what is predicted now.

    Raises `LabError` for anything else, and for evidence that contradicts itself.
    """
    found = understood(read_bytes(path), str(path), KIND, VERSION)
    if found.version < VERSION:
        raise LabError(f"{path}: holds verdicts of an earlier lab and not what was counted; {_AGAIN}")
    said = f"{found.provenance.origin}, {found.provenance.date}"
    try:
        return _run(found.body, said[:_ORIGIN] if said.isprintable() else "of an origin that cannot be printed")
    except LabError as error:
        raise LabError(f"{path}: {error}") from None
    except (KeyError, TypeError, ValueError):
        raise LabError(f"{path}: is damaged; {_AGAIN}") from None


def _run(body: Mapping[str, Any], recorded: str) -> SymbolRun:
    texts = {key: _text(body[key], pattern) for key, pattern in _TEXTS.items()}
    names, kinds = ([_text(value, pattern) for value in _list(body[key])]
                    for key, pattern in (("names", _NAME), ("kinds", "|".join(KINDS))))  # fmt: skip
    seed = body["seed"]
    if type(seed) is not int or not SEEDS[0] <= seed <= SEEDS[1] or not LOOKUPS[0] <= len(names) <= LOOKUPS[1]:
        raise ValueError("no seed, or no names")
    return judged(
        _files(body["files"], texts[TABLE]),
        texts["image"],
        [Question(name, kind) for name, kind in zip(names, kinds, strict=True)],
        kernel=texts["kernel"],
        qemu=texts["qemu"],
        accel=texts["accel"],
        seed=seed,
        module=texts["module"],
        recorded=recorded,
    )


def _files(raw: Any, table: str) -> dict[str, bytes]:
    """What the guest sent, with the table whose digest is `table`."""
    if not isinstance(raw, dict) or set(raw) | {TABLE} != set(FILES):
        raise ValueError("other files")
    files = {name: _text(text, r"[\n -~]*").encode() for name, text in raw.items()}
    files.setdefault(TABLE, _bundled_table())
    if _digest(files[TABLE]) != table:
        raise LabError(f"the table that was searched is not the one that the file names; {_AGAIN}")
    return files


@functools.cache
def _bundled_table() -> bytes:
    """That of the kernel whose symbols come with the lab."""
    exports = bundled().exports
    return table_text(exports.table(range(exports.kernel), "split"))


def _digest(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError("no list")
    return value


def _text(value: Any, pattern: str) -> str:
    """`value`, if it is a text that matches; raises `TypeError` or `ValueError`."""
    if not isinstance(value, str):
        raise TypeError("no text")
    if re.fullmatch(pattern, value) is None:
        raise ValueError("another text")
    return value
