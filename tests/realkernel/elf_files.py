"""ELF files made for tests: a header and the sections that are wanted, nothing else."""

import struct
from collections.abc import Sequence

X86_64 = 62


def elf_file(sections: Sequence[tuple[str, int, int, bytes]], machine: int = X86_64) -> bytes:
    """A 64-bit file for `machine` with these sections, from index 1 on: name, type, link, content."""
    parts = [(b"", 0, 0, b""), *((name.encode(), kind, link, content) for name, kind, link, content in sections)]
    names = b"".join(name + b"\0" for name, *_ in parts) + b".shstrtab\0"
    parts.append((b".shstrtab", 3, 0, names))
    body, headers = b"", b""
    for name, kind, link, content in parts:
        at = 0 if not name else names.index(b"\0" + name + b"\0") + 1
        headers += struct.pack("<IIQQQQIIQQ", at, kind, 0, 0, 64 + len(body), len(content), link, 0, 1, 0)
        body += content
    shape = (3, machine, 1, 0, 0, 64 + len(body), 0, 64, 56, 0, 64, len(parts), len(parts) - 1)
    return b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", *shape) + body + headers
