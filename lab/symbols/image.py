"""A kernel image down to its ELF file.

Formats: the x86 bzImage (Documentation/arch/x86/boot.rst, boot protocol 2.08 and later: `payload_offset`,
`payload_length`), a raw vmlinux, or either of them compressed as a whole.
"""

from __future__ import annotations

import dataclasses
import struct

from lab.core.errors import LabError
from lab.symbols.payload import LIMIT, compression, unpack

__all__ = ["KernelElf", "elf_of_image"]

SECTOR = 512
HEADER = 0x250  # bytes up to and including payload_length

# (offset, bytes, what it is, what to do): images that are recognised but not read yet
OTHERS: tuple[tuple[int, bytes, str, str], ...] = (
    (4, b"zimg", "an EFI zboot image", "give the vmlinux it was made from"),
    (0x38, b"ARMd", "an arm64 Image without ELF sections", "give the vmlinux it was made from"),
    (0, b"\x27\x05\x19\x56", "a U-Boot image", "give the vmlinux it was made from"),
    (0, b"!<arch>\n", "a package", "unpack it first (`dpkg -x`) and give boot/vmlinuz-*"),
    (0, b"\xed\xab\xee\xdb", "a package", "unpack it first (`rpm2cpio`) and give the vmlinuz in it"),
)


@dataclasses.dataclass(frozen=True, slots=True)
class KernelElf:
    """The ELF bytes of a kernel and `form`, the wrapping they came in ("bzImage, xz payload")."""

    data: bytes
    form: str


def elf_of_image(data: bytes, source: str, limit: int = LIMIT) -> KernelElf:
    """The ELF file inside a kernel image, or `data` itself if it is one.

    `source` names the input in errors, `limit` bounds the unpacked size in bytes. Raises `LabError` for
    an empty, truncated or damaged image and for formats that are not read yet.
    """
    if not data:
        raise LabError(f"{source}: is empty; a kernel image or module was expected")
    if data.startswith(b"\x7fELF"):
        return KernelElf(data, "")
    if data[0x202:0x206] == b"HdrS":
        return _bzimage(data, source, limit)
    for offset, magic, what, advice in OTHERS:
        if data[offset : offset + len(magic)] == magic:
            raise LabError(f"{source}: is {what}, which is not read yet; {advice}")
    name = compression(data)
    if not name:
        raise LabError(
            f"{source}: is neither a kernel image nor a module ({_looks_like(data)}); "
            "give a bzImage (vmlinuz), a vmlinux or a .ko file"
        )
    inner = unpack(data, source, limit)
    if compression(inner):
        raise LabError(f"{source}: is compressed twice; unpack it once and try again")
    found = elf_of_image(inner, source, limit)
    return KernelElf(found.data, ", ".join(w for w in (name, found.form) if w))


def _bzimage(data: bytes, source: str, limit: int) -> KernelElf:
    if len(data) < HEADER:
        raise LabError(f"{source}: the kernel image ends inside its setup header; fetch it again")
    (version,) = struct.unpack_from("<H", data, 0x206)
    if version < 0x0208:
        raise LabError(
            f"{source}: boot protocol {version >> 8}.{version & 255:02}; 2.08 (Linux 2.6.26) or later is read"
        )
    setup_sectors = data[0x1F1] or 4  # boot.rst: 0 means 4
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = (setup_sectors + 1) * SECTOR + offset
    if length < 4 or start + length > len(data):
        end = start + length
        raise LabError(
            f"{source}: the kernel image is truncated: its payload ends at {end:,}, the file at {len(data):,}"
        )
    payload = data[start : start + length]
    name = compression(payload)
    if payload.startswith(b"\x7fELF"):
        return KernelElf(payload, "bzImage, payload not compressed")
    if not name:
        raise LabError(f"{source}: the payload of the kernel image is of an unknown kind ({payload[:4].hex(' ')})")
    elf = unpack(payload, source, limit)
    (size,) = struct.unpack("<I", payload[-4:])  # scripts/Makefile.lib: size_append
    if size != len(elf) or not elf.startswith(b"\x7fELF"):
        raise LabError(
            f"{source}: the payload of the kernel image unpacks to no ELF file of {size:,} bytes; it is damaged"
        )
    return KernelElf(elf, f"bzImage, {name} payload")


def _looks_like(data: bytes) -> str:
    head = data[:64]
    if all(32 <= b < 127 or b in b"\t\n\r" for b in head):
        return "it is a text file"
    return f"it begins with {head[:4].hex(' ')}"
