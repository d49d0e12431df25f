"""Writes kernels without ELF headers: kallsyms in every layout, tables of exports, a banner. Nothing the lab uses."""

from __future__ import annotations

import dataclasses
import re
import string
import struct
from collections.abc import Sequence

Symbol = tuple[int, str]  # address, type and name

LAYOUTS = ("old", "seqs", "new", "place", "words", "new words")
COMMON = ("__", "init", "register", "_lock", "Tsys_", "tdo_", "free", "alloc", "get_", "put_", "_show", "_store")
BANNER = b"Linux version 6.12.9-lab (someone@example) (gcc 12) #1 SMP Sun Nov 1 12:00:00 UTC 2026\n\0"


@dataclasses.dataclass(frozen=True)
class Export:
    name: str
    crc: int
    namespace: str | None
    gpl: bool


EXPORTS = (
    *(
        Export(n, 0x1000 + i, None, False)
        for i, n in enumerate(sorted(("_printk", "dput", "iput", "schedule", "vfree")))
    ),
    *(Export(n, 0x2000 + i, "LAB" if i else None, True) for i, n in enumerate(("complete", "kfree", "mutex_unlock"))),
)


LETTERS = (string.ascii_letters + string.digits + "_.$").encode()
# a letter stands for itself, an unused code for a part of names
TOKENS = [bytes([c]) if c in LETTERS else COMMON[c % len(COMMON)].encode() for c in range(256)]
CODES = {token: code for code, token in enumerate(TOKENS) if len(token) > 1}
PART = re.compile(b"|".join(map(re.escape, CODES)))


def compress(text: str) -> bytes:
    """The length and the codes of a name with its type."""
    codes = PART.sub(lambda found: bytes([CODES[found.group()]]), text.encode())
    length = len(codes)
    return (bytes([length]) if length < 128 else bytes([(length & 0x7F) | 0x80, length >> 7])) + codes


def kallsyms(symbols: Sequence[Symbol], layout: str, bits: int, order: str, at: int, percpu: bool = False) -> bytes:
    """The tables as they stand at the address `at` (aligned to 8); `symbols` are sorted by address."""
    word = bits // 8
    step = 4 if layout == "place" else word
    out = bytearray()

    def align(size: int) -> None:
        out.extend(bytes(-len(out) % size))

    count = len(symbols)
    base = next(a for a, _ in symbols if not percpu or a >= 0x100000)
    pointer = {8: "Q", 4: "I"}[word]
    seqs = b"".join(i.to_bytes(3, "big") for i in sorted(range(count), key=lambda i: (symbols[i][1][1:].encode(), i)))

    def addresses() -> None:
        align(step)
        for address, _ in symbols:
            if "words" in layout:
                out.extend(struct.pack(order + pointer, address))
            elif layout == "place":
                out.extend(struct.pack(order + "i", address - at - len(out)))
            elif percpu:
                out.extend(struct.pack(order + "i", address if address < 0x100000 else base - 1 - address))
            else:
                out.extend(struct.pack(order + "I", address - base))
        if layout in ("old", "seqs", "new"):
            align(word)
            out.extend(struct.pack(order + pointer, base))

    early = layout in ("old", "seqs", "words")
    if early:
        addresses()
    align(step)
    out.extend(struct.pack(order + "I", count))
    align(step)
    markers, names = [], bytearray()
    for i, (_, text) in enumerate(symbols):
        if i % 256 == 0:
            markers.append(len(names))
        names += compress(text)
    out.extend(names)
    align(step)
    out.extend(struct.pack(f"{order}{len(markers)}I", *markers))
    if layout == "seqs":
        align(step)
        out.extend(seqs)
    align(step)
    index, texts = [], b""
    for token in TOKENS:
        index.append(len(texts))
        texts += token + b"\0"
    out.extend(texts)
    align(step)
    out.extend(struct.pack(order + "256H", *index))
    if not early:
        addresses()
        align(1 if layout == "place" else step)
        out.extend(seqs)
    return bytes(out) + b"some read-only text follows\0"


def memory(bits: int, order: str, layout: str, base: int, style: str = "prel32", bounds: bool = True,
           extra: Sequence[str] = (), percpu: bool = False) -> tuple[bytes, list[Symbol]]:  # fmt: skip
    """Bare memory of a kernel at `base` that exports `EXPORTS`, and its symbols.

    `style`: prel32, words (addresses) or flags (one table). `bounds`: kallsyms names the tables and the banner.
    `extra`: more symbols, type and name.
    """
    word = bits // 8
    pointer = {8: "Q", 4: "I"}[word]
    exports = sorted(EXPORTS, key=lambda e: e.name) if style == "flags" else list(EXPORTS)
    functions = {e.name: base + 0x100 + 16 * i for i, e in enumerate(exports)}
    banner = base + 0x800
    table = base + 0x1000
    size = 3 * (word if style == "words" else 4)
    split = len(exports) if style == "flags" else sum(not e.gpl for e in exports)
    crcs = table + size * len(exports)
    flags = crcs + 4 * len(exports)
    strings_at = flags + (len(exports) if style == "flags" else 0)
    strings, where = b"", {}
    for text in (*(e.name for e in exports), "LAB"):
        where[text] = strings_at + len(strings)
        strings += text.encode() + b"\0"
    body = b""
    for e in exports:
        fields = (functions[e.name], where[e.name], where[e.namespace] if e.namespace else 0)
        for target in fields:
            place = table + len(body)
            body += struct.pack(order + "i", target - place if target else 0) if style != "words" else struct.pack(
                order + pointer, target
            )  # fmt: skip
    body += b"".join(struct.pack(order + "I", e.crc) for e in exports)
    body += bytes(e.gpl for e in exports) if style == "flags" else b""
    marks = {"ksymtab": (table, table + size * split), "ksymtab_gpl": (table + size * split, crcs),
             "kcrctab": (crcs, crcs + 4 * split), "kcrctab_gpl": (crcs + 4 * split, flags),
             "kflagstab": (flags, strings_at)}  # fmt: skip
    known = [(base, "T_text"), *((a, "T" + n) for n, a in functions.items())]
    if bounds:
        known.append((banner, "Dlinux_banner"))
        known += [
            (a, f"R__{s}___{n}") for n, pair in marks.items() for s, a in zip(("start", "stop"), pair, strict=True)
        ]
    known += [(base + 0x200 + 4 * i, text) for i, text in enumerate(extra)]
    if percpu:
        known += [(0x40 * i, f"Acpu_{i}") for i in range(1, 5)]
    known.sort(key=lambda pair: pair[0])
    image = bytearray(0x1000)
    image[0x800 : 0x800 + len(BANNER)] = BANNER
    image += body + strings
    image += bytes(-len(image) % 8)
    image += kallsyms(known, layout, bits, order, base + len(image), percpu)
    return bytes(image), known


def arm64_image(content: bytes) -> bytes:
    """`content` with the header of an arm64 Image at its start."""
    return b"MZ\0\0" + bytes(0x14) + struct.pack("<Q", 10) + bytes(0x18) + b"ARMd" + bytes(4) + content[0x40:]


def elf_around(content: bytes, bits: int, order: str, base: int, machine: int = 62) -> bytes:
    """An ELF file of one loaded segment and no sections."""
    wide = bits == 64
    ident = b"\x7fELF" + bytes([2 if wide else 1, 1 if order == "<" else 2, 1]) + bytes(9)
    size = 64 + 56 if wide else 52 + 32
    pad = -size % 16
    at = size + pad
    if wide:
        head = struct.pack(order + "HHIQQQIHHHHHH", 2, machine, 1, base, 64, 0, 0, 64, 56, 1, 64, 0, 0)
        load = struct.pack(order + "IIQQQQQQ", 1, 5, at, base, base, len(content), len(content), 16)
    else:
        head = struct.pack(order + "HHIIIIIHHHHHH", 2, machine, 1, base, 52, 0, 0, 52, 32, 1, 40, 0, 0)
        load = struct.pack(order + "IIIIIIII", 1, at, base, base, len(content), len(content), 5, 16)
    return ident + head + load + bytes(pad) + content
