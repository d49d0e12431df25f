"""Made-up modules, each put to the loader's checks: what to change so that one check refuses it."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Callable
from typing import Annotated

from lab.core.errors import LabError
from lab.core.scenario import Parameter, Preset, check
from lab.symbols.bundled_index import index_of_corpus
from lab.symbols.corpus import bundled
from lab.symbols.made_module import MadeModule, made_module
from lab.symbols.presets import MISSING_NAMES
from lab.symbols.store.columns import Part, Recorder
from lab.symbols.store.format import FLAG_HAS_CRC, class_of
from lab.symbols.store.index import Index
from lab.symbols.store.rows import Row

__all__ = ["ASKS", "WHYS", "MadeScenario", "index_with_blob", "made_bytes", "made_for"]

HAS, GONE, GPL_ONLY, SPACE, BLOB = (
    "a name it exports", "a name that is gone", "a GPL-only name", "a name in a namespace",
    "a name of a proprietary module",
)  # fmt: skip
ASKS = (HAS, GONE, GPL_ONLY, SPACE, BLOB)
SAME, RELEASE, CONFIG, UNSTATED = "this kernel's", "another release", "another configuration", "none"
RIGHT, WRONG = "right", "wrong"
NOTHING, OWN, TAKEN = "nothing", "a name of its own", "a name that is taken"
BLOB_MODULE, BLOB_NAME, BLOB_CRC = "zz_blob", "blob_start", 0xB10B
LAYOUT = "module_layout"
NAME = re.compile(r"[A-Za-z0-9_-]{1,50}")
ARM64, X86_64 = 183, 62


@dataclasses.dataclass(frozen=True, slots=True)
class MadeScenario:
    """A made-up module, and how strict the kernel is."""

    asks: Annotated[str, Parameter("what it asks the kernel for, beside _printk", choices=ASKS, label="asks for")] = HAS
    licence: Annotated[str, Parameter("the licence it states", choices=("GPL", "Proprietary"))] = "GPL"
    checksum: Annotated[
        str, Parameter("the checksum it records for that name", choices=(RIGHT, WRONG, "none at all"))
    ] = RIGHT
    vermagic: Annotated[
        str,
        Parameter("the version text that it was built with (vermagic)", choices=(SAME, RELEASE, CONFIG, UNSTATED),
                  label="built for"),
    ] = SAME  # fmt: skip
    imports: Annotated[bool, Parameter("it imports the namespace of that name", label="imports the namespace")] = False
    machine: Annotated[str, Parameter("the machine it was built for", choices=(SAME, "another"))] = SAME
    exports: Annotated[str, Parameter("what it exports itself", choices=(NOTHING, OWN, TAKEN))] = NOTHING
    name: Annotated[str, Parameter("what it is called", label="called")] = "made"
    insist: Annotated[
        bool, Parameter("the kernel insists on signatures (module.sig_enforce=1)", label="signature needed")
    ] = False

    def __post_init__(self) -> None:
        """Refuse what is out of range; raises `LabError`."""
        check(self)
        if not NAME.fullmatch(self.name):
            raise LabError("--name: a module's name has 1 to 50 letters, digits, _ or -")


WHYS: tuple[Preset[MadeScenario], ...] = (
    Preset("W1", "a name is gone", MadeScenario(asks=GONE), "missing: it was exported once, and no longer is"),
    Preset("W2", "a GPL-only name", MadeScenario(asks=GPL_ONLY, licence="Proprietary"),
           "gpl-only: to a proprietary module the name does not exist"),
    Preset("W3", "beside a blob", MadeScenario(asks=BLOB), "license: GPL-only names or a proprietary module, not both"),
    Preset("W4", "a namespace", MadeScenario(asks=SPACE), "namespace: exported, but only to those that import it"),
    Preset("W5", "another checksum", MadeScenario(checksum=WRONG), "crc: the prototype is another than at its build"),
    Preset("W6", "another configuration", MadeScenario(vermagic=CONFIG), "vermagic: flags behind the release count"),
    Preset("W7", "another machine", MadeScenario(machine="another"), "arch: nothing else of it is looked at"),
    Preset("W8", "a name twice", MadeScenario(exports=TAKEN), "duplicate: a name can be exported once"),
    Preset("W9", "built in", MadeScenario(name="power_supply"), "built-in: the kernel has a module so called inside"),
    Preset("W10", "not signed", MadeScenario(insist=True), "signature: refused before anything is read"),
    Preset("W11", "it fits", MadeScenario(vermagic=RELEASE), "loads: with checksums the release does not count"),
)  # fmt: skip


def made_for(scenario: MadeScenario, index: Index) -> MadeModule:
    """The module that the scenario describes, for the kernel of `index`.

    Raises `LabError` where that kernel exports no name of the kind asked for.
    """
    kernel = index.kernel
    printk = _kernel_row(index, ("_printk", "printk", "kfree"), lambda r: not r.gpl and not r.namespace, HAS)
    wanted = _asked(scenario.asks, index)
    rows: list[tuple[str, int | None]] = [(printk.name, printk.crc)]
    for name, row in wanted:
        crc = (row.crc if row is not None else 0x1) if index.has_crc else None
        if name == wanted[-1][0] and crc is not None and scenario.checksum == WRONG:
            crc ^= 0x0000FFFF
        rows.append((name, crc))
    layout = next((r for r in index.find(LAYOUT) if r.module is None), None)
    checked = ((LAYOUT, layout.crc),) if layout is not None and layout.crc is not None else ()
    if scenario.checksum not in (RIGHT, WRONG):
        rows, checked = [(name, None) for name, _ in rows], ()
    spaces = {row.namespace for _, row in wanted if row is not None and row.namespace}
    exports = {
        NOTHING: (),
        OWN: ((f"{scenario.name.replace('-', '_')}_start", 0x0BAD),),
        TAKEN: ((printk.name, 0x0BAD),),
    }
    return MadeModule(
        name=scenario.name.replace("-", "_"),
        licence=scenario.licence,
        vermagic=_vermagic(scenario.vermagic, index),
        asks=tuple(dict(rows).items()),
        checked=checked,
        imports=tuple(sorted(spaces)) if scenario.imports else (),
        exports=exports[scenario.exports],
        machine=kernel.machine if scenario.machine == SAME else X86_64 if kernel.machine == ARM64 else ARM64,
        bits=kernel.bits if scenario.machine == SAME else 64,
        order=kernel.order if scenario.machine == SAME else "<",
    )


def made_bytes(scenario: MadeScenario, index: Index) -> bytes:
    """The .ko file of `made_for`."""
    return made_module(made_for(scenario, index))


def _asked(kind: str, index: Index) -> list[tuple[str, Row | None]]:
    """The names asked for beside _printk, with the exports that they have."""
    if kind == GONE:
        gone = ("kallsyms_lookup_name", *MISSING_NAMES, "no_kernel_exports_this")
        return [(next(name for name in gone if not index.find(name)), None)]
    gpl = ("synchronize_rcu", "device_register")
    if kind == BLOB:
        if not index.find(BLOB_NAME):
            raise LabError(f"{index.path}: {BLOB!r} is made up for the bundled kernel only; choose another")
        first = _kernel_row(index, gpl, lambda r: r.gpl and not r.namespace, GPL_ONLY)
        return [(first.name, first), (BLOB_NAME, index.find(BLOB_NAME)[0])]
    known: dict[str, tuple[tuple[str, ...], Callable[[Row], bool]]] = {
        HAS: (("kthread_create_on_node", "kfree"), lambda r: not r.gpl and not r.namespace),
        GPL_ONLY: (gpl, lambda r: r.gpl and not r.namespace),
        SPACE: (("dma_buf_export",), lambda r: bool(r.namespace) and not str(r.namespace).startswith("module:")),
    }
    row = _kernel_row(index, *known[kind], kind)
    return [(row.name, row)]


def _kernel_row(index: Index, preferred: tuple[str, ...], fits: Callable[[Row], bool], kind: str) -> Row:
    """An export of the kernel that `fits`, one of those preferred if it can be."""
    close = (row for name in preferred for row in index.find(name) if row.module is None)
    row = next((r for r in close if fits(r)), None) or next((r for r in index.exports(None) if fits(r)), None)
    if row is None:
        raise LabError(f"{index.path}: the kernel does not export {kind}; choose another")
    return row


def _vermagic(kind: str, index: Index) -> str | None:
    """A vermagic like that of the kernel, of its modules, or of its release alone."""
    if kind == UNSTATED:
        return None
    magic = index.kernel.vermagic or next((v for v in index.vermagics() if v), "") or index.kernel.release
    release, _, flags = magic.partition(" ")
    if kind == RELEASE:
        return f"5.10.0-1-other {flags}".rstrip()
    if kind == CONFIG:
        words = flags.split()
        return " ".join([release, *(w for w in words if not w.startswith("preempt")), "preempt_rt"])
    return magic


@functools.lru_cache(maxsize=1)
def index_with_blob() -> Index:
    """The bundled kernel, and beside its modules a made-up proprietary one, which exports one name."""
    corpus = bundled()
    return index_of_corpus(corpus, "the bundled kernel", _blob(corpus.stated.vermagic))


def _blob(vermagic: str) -> Part:
    recorder = Recorder()
    recorder.open(
        f"extra/{BLOB_MODULE}.ko".encode(), size=0, mtime=0, licence=recorder.string(b"Proprietary"),
        vermagic=recorder.string(vermagic.encode()), machine=X86_64, **{"class": class_of(64, "<")}, flags=0,
    )  # fmt: skip
    recorder.export(BLOB_NAME.encode(), 0, b"", BLOB_CRC, b"", FLAG_HAS_CRC)
    return recorder.part()
