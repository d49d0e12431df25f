"""Small real ELF files: written by hand for every word size and byte order, and made by gcc where it is."""

from __future__ import annotations

import dataclasses
import os
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

NAMES = ("alpha_lock", "beta", "gamma_init", "zeta_free")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """One export as a fixture was told to make it."""

    name: str
    crc: int
    namespace: str | None
    gpl: bool


EXPORTS = (
    Wanted("alpha_lock", 0x11223344, None, False),
    Wanted("beta", 0xFFFFFFFF, "STORAGE", False),
    Wanted("gamma_init", 0x00000001, None, True),
    Wanted("zeta_free", 0xDEADBEEF, "STORAGE", True),
)


class ElfWriter:
    """Writes sections and symbols into an ELF file: just enough for the tests, and nothing the lab uses."""

    def __init__(self, bits: int, order: str, kind: int) -> None:
        self.bits, self.order, self.kind = bits, order, kind
        self.sections: list[tuple[str, int, int, bytes, int, int]] = [("", 0, 0, b"", 0, 0)]
        self.first_global = 0  # sh_info of the symbol table

    def add(self, name: str, content: bytes, address: int = 0, type: int = 1, link: int = 0, entry: int = 0) -> int:
        self.sections.append((name, type, address, content, link, entry))
        return len(self.sections) - 1

    def symbols(self, entries: list[tuple[str, int, int, int]], first: int = 0) -> None:
        """(name, binding, section, value); a section of -15 is SHN_ABS; `first`: index of the first global one"""
        strings = b"\0"
        body = b"\0" * (24 if self.bits == 64 else 16)
        wide = [0]
        self.first_global = first
        for name, binding, number, value in entries:
            section = number & 0xFFFF if number in (-15, 0xFFF1) and len(self.sections) < 0xFF00 else number
            if len(self.sections) >= 0xFF00:
                wide.append(max(number, 0))
                section = number & 0xFFFF if number < 0 else number if number < 0xFF00 else 0xFFFF
            if self.bits == 64:
                body += struct.pack(self.order + "IBBHQQ", len(strings), binding << 4, 0, section, value, 0)
            else:
                body += struct.pack(self.order + "IIIBBH", len(strings), value, 0, binding << 4, 0, section)
            strings += name.encode() + b"\0"
        link = self.add(".strtab", strings, type=3)
        table = self.add(".symtab", body, type=2, link=link, entry=24 if self.bits == 64 else 16)
        if len(self.sections) >= 0xFF00:
            self.add(".symtab_shndx", struct.pack(f"{self.order}{len(wide)}I", *wide), type=18, link=table, entry=4)

    def bytes(self) -> bytes:
        self.add(".shstrtab", b"", type=3)
        count = len(self.sections)
        names = b"".join(s[0].encode() + b"\0" for s in self.sections)
        self.sections[-1] = (".shstrtab", 3, 0, names, 0, 0)
        wide = self.bits == 64
        head, body, table = (64 if wide else 52), bytearray(), bytearray()
        name_at = 0
        many = count >= 0xFF00  # then the counts stand in section 0
        for name, type, address, content, link, entry in self.sections:
            info = self.first_global if type == 2 else 0
            values = [name_at, type, 2, address, head + len(body), len(content), link, info, 1, entry]
            if many and not table:
                values[5], values[6] = count, count - 1
            table += struct.pack(self.order + ("IIQQQQIIQQ" if wide else "10I"), *values)
            name_at += len(name) + 1
            body += content
        ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if self.order == "<" else 2, 1]) + bytes(9)
        machine = {(64, "<"): 62, (32, "<"): 3, (64, ">"): 22, (32, ">"): 8}[self.bits, self.order]
        shoff = head + len(body)
        size = 64 if wide else 40
        held = (0, 0xFFFF) if many else (count, count - 1)
        numbers = [self.kind, machine, 1, 0, 0, shoff, 0, head, 0, 0, size, *held]
        rest = struct.pack(self.order + ("HHIQQQIHHHHHH" if wide else "HHIIIIIHHHHHH"), *numbers)
        return ident + rest + bytes(body + table)


def kernel_elf(bits: int = 64, order: str = "<", style: str = "prel32") -> bytes:
    """A linked kernel with `EXPORTS`: style prel32, absolute, old (no namespaces) or flags (one table)."""
    base = 0xFFFFFFFF82000000 if bits == 64 else 0xC2000000
    elf = ElfWriter(bits, order, 2)
    strings_at = base + 0x1000
    strings, where = b"\0", {}
    for e in EXPORTS:
        where[e.name] = strings_at + len(strings)
        strings += e.name.encode() + b"\0"
    where["STORAGE"] = strings_at + len(strings)
    strings += b"STORAGE\0"
    address = base
    tables = [("", EXPORTS)] if style == "flags" else [("", EXPORTS[:2]), ("_gpl", EXPORTS[2:])]
    for suffix, exports in tables:
        body = b""
        for i, e in enumerate(exports):
            fields = [base - 0x1000 + 16 * i, where[e.name], where[e.namespace] if e.namespace else 0]
            for target in fields if style != "old" else fields[:2]:
                if style in ("prel32", "flags"):
                    place = address + len(body)
                    body += struct.pack(order + "i", target - place if target else 0)
                else:
                    body += struct.pack(order + ("Q" if bits == 64 else "I"), target)
        elf.add(f"__ksymtab{suffix}", body, address)
        elf.add(f"__kcrctab{suffix}", b"".join(struct.pack(order + "I", e.crc) for e in exports), address + 0x400)
        address += 0x800
    if style == "flags":
        elf.add("__kflagstab", bytes(e.gpl for e in EXPORTS), base + 0xF00)
    elf.add("__ksymtab_strings", strings, strings_at)
    return elf.bytes()


def module_elf(
    bits: int = 64, order: str = "<", style: str = "prel32", undefined: tuple[str, ...] = ("kfree", "_printk")
) -> bytes:
    """A module with `EXPORTS`: style prel32, crc-absolute (before 5.19) or flags (one table)."""
    elf = ElfWriter(bits, order, 1)
    text = elf.add(".text", b"\x90" * 64)
    strings, at = b"\0", {"": 0}
    for word in (*(e.name for e in EXPORTS), "STORAGE"):
        at[word] = len(strings)
        strings += word.encode() + b"\0"
    home = elf.add("__ksymtab_strings", strings)
    symbols: list[tuple[str, int, int, int]] = []
    tables = [("", EXPORTS)] if style == "flags" else [("", EXPORTS[:2]), ("_gpl", EXPORTS[2:])]
    for suffix, exports in tables:
        table = elf.add(f"__ksymtab{suffix}", bytes(12 * len(exports)))
        crcs = elf.add(f"__kcrctab{suffix}", b"".join(struct.pack(order + "I", e.crc) for e in exports))
        for i, e in enumerate(exports):
            symbols.append((f"__ksymtab_{e.name}", 0, table, 12 * i))
            symbols.append((f"__kstrtabns_{e.name}", 0, home, at[e.namespace or ""]))
            absolute = style == "crc-absolute"
            symbols.append((f"__crc_{e.name}", 0, 0xFFF1 if absolute else crcs, e.crc if absolute else 4 * i))
            symbols.append((e.name, 1, text, 16 * EXPORTS.index(e)))
    if style == "flags":
        elf.add("__kflagstab", bytes(e.gpl for e in EXPORTS))
    symbols += [(name, 1, 0, 0) for name in undefined] + [("optional_symbol", 2, 0, 0)]
    form = order + ("Q56s" if bits == 64 else "I60s")
    versions = b"".join(struct.pack(form, 0xA0 + i, n.encode()) for i, n in enumerate((*undefined, "module_layout")))
    elf.add("__versions", versions)
    elf.add(".modinfo", b"license=GPL v2\0vermagic=6.1.0 SMP \0import_ns=STORAGE\0import_ns=NET\0")
    elf.symbols(symbols)
    return elf.bytes()


def bzimage(payload: bytes, size: int, version: int = 0x020F, sectors: int = 4) -> bytes:
    """A bzImage around a compressed payload; `size` is what it claims to unpack to."""
    body = payload + struct.pack("<I", size)
    head = bytearray((sectors + 1) * 512 + 64)
    head[0x1F1] = sectors
    head[0x1FE:0x200] = b"\x55\xaa"
    head[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", head, 0x206, version)
    struct.pack_into("<II", head, 0x248, 64, len(body))
    return bytes(head) + body + b"\0" * 32


ASSEMBLY = """
.macro export name, table, crc, space
.pushsection .text ; .globl \\name ; \\name: nop ; .popsection
.pushsection __ksymtab_strings,"aMS",@progbits,1
__kstrtab_\\name: .asciz "\\name"
__kstrtabns_\\name: .asciz "\\space"
.popsection
.pushsection \\table,"a",@progbits
__ksymtab_\\name: .long \\name - . , __kstrtab_\\name - . , __kstrtabns_\\name - .
.popsection
.pushsection __kcrctab\\@,"a",@progbits
__crc_\\name: .long \\crc
.popsection
.endm
export alpha_lock, __ksymtab, 0x11223344, ""
export beta, __ksymtab, 0xffffffff, "STORAGE"
export gamma_init, __ksymtab_gpl, 0x00000001, ""
export zeta_free, __ksymtab_gpl, 0xdeadbeef, "STORAGE"
.section .modinfo,"a",@progbits
.asciz "license=GPL"
.text
call kfree
call _printk
"""


@pytest.fixture(scope="session")
def gcc_module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A module's object file assembled by gcc for this machine."""
    if shutil.which("gcc") is None or os.uname().machine != "x86_64":
        pytest.skip("gcc for x86-64 is not here (apt-get install gcc)")
    folder = tmp_path_factory.mktemp("gcc")
    (folder / "m.s").write_text(ASSEMBLY)
    path = folder / "gcc-made.ko"
    subprocess.run(["gcc", "-c", folder / "m.s", "-o", path], check=True, capture_output=True)
    return path


@pytest.fixture(scope="session")
def gcc_kernel(gcc_module: Path) -> Path:
    """The same tables linked at a kernel's address."""
    path = gcc_module.parent / "vmlinux"
    script = gcc_module.parent / "link.lds"
    script.write_text(
        "SECTIONS { . = 0xffffffff81000000; .text : { *(.text) } __ksymtab : { *(__ksymtab) }"
        " __ksymtab_gpl : { *(__ksymtab_gpl) } __kcrctab : { *(__kcrctab0) *(__kcrctab1) }"
        " __kcrctab_gpl : { *(__kcrctab2) *(__kcrctab3) } __ksymtab_strings : { *(__ksymtab_strings) } }"
        " kfree = 0; _printk = 0;"
    )
    subprocess.run(["ld", "-T", script, gcc_module, "-o", path], check=True, capture_output=True)
    return path


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, bytes], Path]:
    """Put bytes into a file and return its path."""

    def put(name: str, data: bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return put


@pytest.fixture(scope="session")
def kernel_root() -> Path:
    """An unpacked package root with boot/vmlinuz-*, lib/modules and Module.symvers, from LAB_KERNEL_ROOT."""
    root = os.environ.get("LAB_KERNEL_ROOT", "")
    if not root:
        pytest.skip("LAB_KERNEL_ROOT names no unpacked kernel package (linux-image and linux-headers, dpkg -x)")
    if not list(Path(root).glob("boot/vmlinuz-*")):
        pytest.skip(f"LAB_KERNEL_ROOT={root} holds no boot/vmlinuz-*")
    return Path(root)


@pytest.fixture(scope="session")
def wanted() -> tuple[Wanted, ...]:
    """What the made files export."""
    return EXPORTS


@pytest.fixture(scope="session")
def make_kernel() -> Callable[..., bytes]:
    """`kernel_elf`."""
    return kernel_elf


@pytest.fixture(scope="session")
def make_module() -> Callable[..., bytes]:
    """`module_elf`."""
    return module_elf


@pytest.fixture(scope="session")
def make_elf() -> Callable[..., ElfWriter]:
    """`ElfWriter`."""
    return ElfWriter


@pytest.fixture(scope="session")
def make_bzimage() -> Callable[..., bytes]:
    """`bzimage`."""
    return bzimage
