"""Modules that the loader takes, written by hand, each part of them to be changed."""

from __future__ import annotations

import dataclasses
import struct
from pathlib import Path

from lab.symbols.store.build import build
from tests.symbols.conftest import ElfWriter, kernel_elf

VERMAGIC = "6.1.0 SMP mod_unload modversions "
ALPHA, BETA, GAMMA = ("alpha_lock", 0x11223344), ("beta", 0xFFFFFFFF), ("gamma_init", 1)


@dataclasses.dataclass(frozen=True)
class Loadable:
    """A module: `needs` are (name, CRC or None for no record, weak), `exports` names with a CRC or None.

    `versions`: whether it has the section; `info`: further records of `.modinfo`.
    """

    name: str = "fits"
    needs: tuple[tuple[str, int | None, bool], ...] = ((*ALPHA, False),)
    exports: tuple[tuple[str, int], ...] = ()
    licence: str | None = "GPL"
    vermagic: str | None = VERMAGIC
    info: tuple[str, ...] = ("intree=Y",)
    versions: bool = True
    layout: int | None = None
    this: bool = True
    kind: int = 1
    bits: int = 64
    order: str = "<"

    def bytes(self) -> bytes:
        elf = ElfWriter(self.bits, self.order, self.kind)
        text = elf.add(".text", b"\x90" * 64)
        symbols: list[tuple[str, int, int, int]] = []
        if self.exports:
            home = elf.add("__ksymtab_strings", b"\0")
            table = elf.add("__ksymtab", bytes(12 * len(self.exports)))
            crcs = elf.add("__kcrctab", b"".join(struct.pack(self.order + "I", c) for _, c in self.exports))
            for i, (name, _) in enumerate(self.exports):
                symbols += [(f"__ksymtab_{name}", 0, table, 12 * i), (f"__crc_{name}", 0, crcs, 4 * i)]
                symbols += [(f"__kstrtabns_{name}", 0, home, 0), (name, 1, text, 0)]
        if self.versions:
            form = self.order + ("Q56s" if self.bits == 64 else "I60s")
            records = [(name, crc) for name, crc, _ in self.needs if crc is not None]
            records += [("module_layout", self.layout)] if self.layout is not None else []
            elf.add("__versions", b"".join(struct.pack(form, crc, name.encode()) for name, crc in records))
        info = [f"license={self.licence}"] if self.licence is not None else []
        info += [f"vermagic={self.vermagic}"] if self.vermagic is not None else []
        elf.add(".modinfo", "".join(f"{r}\0" for r in [*info, f"name={self.name}", *self.info]).encode())
        if self.this:
            elf.add(".gnu.linkonce.this_module", bytes(128))
        elf.symbols([*symbols, *((name, 2 if weak else 1, 0, 0) for name, _, weak in self.needs)])
        return elf.bytes()


PROVIDER = Loadable("provider", exports=(("provided", 0x22),))
CLOSED = Loadable("closed", exports=(("closed_call", 0x33),), licence="Proprietary")


def indexed(root: Path, modules: tuple[Loadable, ...] = (PROVIDER, CLOSED), kernel: bytes | None = None) -> Path:
    """An index of the kernel of `conftest` with a few modules; `loop` is built in."""
    (root / "modules").mkdir()
    (root / "vmlinux").write_bytes(kernel or kernel_elf())
    for module in modules:
        (root / "modules" / f"{module.name}.ko").write_bytes(module.bytes())
    (root / "modules" / "modules.builtin").write_text("kernel/block/loop.ko\n")
    build(str(root / "vmlinux"), str(root / "modules"), str(root / "index"))
    return root / "index"
