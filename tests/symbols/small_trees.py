"""A kernel with a few modules, written to a folder, and changed again."""

from __future__ import annotations

import dataclasses
import os
import struct
from pathlib import Path

from tests.symbols.conftest import ElfWriter, kernel_elf


@dataclasses.dataclass(frozen=True)
class Made:
    """A module to write: exports are (name, CRC, namespace, GPL only), needs (name, CRC or None, weak)."""

    exports: tuple[tuple[str, int, str, bool], ...] = ()
    needs: tuple[tuple[str, int | None, bool], ...] = ()
    modinfo: bytes = b"license=GPL\0vermagic=6.1.0 SMP \0"
    signed: bool = False
    bits: int = 64
    order: str = "<"

    def bytes(self) -> bytes:
        elf = ElfWriter(self.bits, self.order, 1)
        text = elf.add(".text", b"\x90" * 64)
        symbols: list[tuple[str, int, int, int]] = []
        strings = b"\0"
        home = len(elf.sections) + 4  # after the two tables and their CRCs
        for suffix, gpl in (("", False), ("_gpl", True)):
            chosen = [e for e in self.exports if e[3] == gpl]
            table = elf.add(f"__ksymtab{suffix}", bytes(12 * len(chosen)))
            crcs = elf.add(f"__kcrctab{suffix}", b"".join(struct.pack(self.order + "I", e[1]) for e in chosen))
            for i, (name, _, space, _) in enumerate(chosen):
                symbols += [(f"__ksymtab_{name}", 0, table, 12 * i), (f"__crc_{name}", 0, crcs, 4 * i)]
                symbols.append((f"__kstrtabns_{name}", 0, home, len(strings) if space else 0))
                symbols.append((name, 1, text, 16 + i))
                strings += space.encode() + b"\0" if space else b""
        assert elf.add("__ksymtab_strings", strings) == home
        form = self.order + ("Q56s" if self.bits == 64 else "I60s")
        records = [(name, crc) for name, crc, _ in self.needs if crc is not None] + [("module_layout", 7)]
        elf.add("__versions", b"".join(struct.pack(form, crc, name.encode()) for name, crc in records))
        elf.add(".modinfo", self.modinfo)
        elf.symbols([*symbols, *((name, 2 if weak else 1, 0, 0) for name, _, weak in self.needs)])
        return elf.bytes() + (b"~Module signature appended~\n" if self.signed else b"")


LIBRARY = Made((("lib_open", 0x11, "", True), ("lib_close", 0x12, "LIB", False)), (("alpha_lock", 0x11223344, False),))
USER = Made(
    needs=(("lib_open", 0x11, False), ("beta", 5, False), ("nowhere", None, True)),
    modinfo=b"license=MIT\0license=GPL\0import_ns=LIB\0import_ns=NET\0vermagic=6.1.0 SMP \0",
    signed=True,
)


@dataclasses.dataclass(frozen=True)
class Tree:
    """`root/boot/vmlinux` and `root/modules`."""

    root: Path

    @property
    def kernel(self) -> Path:
        return self.root / "boot" / "vmlinux"

    @property
    def modules(self) -> Path:
        return self.root / "modules"

    @property
    def index(self) -> Path:
        return self.root / "index"

    def put(self, path: str, made: Made | bytes, mtime: int) -> Path:
        """Write a module with a time of its own, in seconds."""
        place = self.modules / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(made if isinstance(made, bytes) else made.bytes())
        os.utime(place, (mtime, mtime))
        return place

    def later(self) -> None:
        """Make the index some minutes old: as if everything had been there long before it was written."""
        now = self.kernel.stat().st_ctime + 600
        os.utime(self.index, (now, now))


def small_tree(root: Path, bits: int = 64, order: str = "<") -> Tree:
    """The kernel of `conftest` with a library, its user, and a module that nobody knows."""
    tree = Tree(root)
    tree.kernel.parent.mkdir(parents=True)
    tree.kernel.write_bytes(kernel_elf(bits, order))
    tree.put("kernel/lib/a-lib.ko", dataclasses.replace(LIBRARY, bits=bits, order=order), 1000)
    tree.put("kernel/drivers/user.ko", dataclasses.replace(USER, bits=bits, order=order), 1001)
    tree.put("extra/alone.ko", Made(bits=bits, order=order), 1002)
    (tree.modules / "modules.builtin").write_text("kernel/fs/ext-four.ko\nkernel/block/loop.ko\n")
    return tree
