"""Where bare memory of a kernel lies: found only from words of the image that must agree with each other."""

from __future__ import annotations

import collections
import itertools
import re
import struct
from collections.abc import Iterator, Sequence

from lab.symbols.image import KernelImage
from lab.symbols.images.banner import banners, occurrences
from lab.symbols.kallsyms.addresses import Addresses
from lab.symbols.kallsyms.tables import Tables

__all__ = ["PROBES", "bare_base", "relocated_base", "same_at_zero"]

# functions that every kernel exports, under one name or another: their entries in __ksymtab point at both the
# function and its name
PROBES = (b"kfree", b"__kmalloc", b"_printk", b"printk", b"schedule", b"vfree", b"complete", b"iput", b"dput",
          b"register_chrdev_region", b"unregister_chrdev_region", b"kmem_cache_destroy", b"mutex_unlock")  # fmt: skip
PAGE = 1 << 12
AGREE = 3  # probes that must lead to the same base
MAX_RELOCATIONS = 1 << 21
# pointers at a symbol to a symbol: (where, to)
POINTERS = (
    (b"sys_call_table", b"__arm64_sys_io_setup"),
    (b"sys_call_table", b"__riscv_sys_io_setup"),
    (b"sys_call_table", b"__se_sys_io_setup"),
)
RELATIVE = {183: 1027, 243: 3, 22: 12, 21: 22, 62: 8}  # e_machine -> R_*_RELATIVE, of Elf64_Rela


def bare_base(image: KernelImage, tables: Tables, found: Addresses, values: Sequence[int]) -> int | None:
    """The address of offset 0 of bare memory, None if nothing proves one.

    `values`: addresses of the symbols, or if `found.base` is set, their places in the image.
    """
    word = found.bits // 8
    places = dict(zip(reversed(tables.symbols), reversed(values), strict=True))
    by_name = {symbol[1:]: value for symbol, value in places.items()}
    if found.base is None:
        banner = by_name.get(b"linux_banner")
        if banner is not None:
            text = (v for v, s in zip(values, tables.symbols, strict=True) if s[:1] in b"tT")
            lowest = min(text, default=banner)
            starts = (banner - at for at, _, _ in banners(image.data))
            bases = {base for base in starts if 0 <= base <= lowest and base % PAGE == 0}
            if len(bases) == 1:
                return bases.pop()
        return _by_exports(image, by_name, word)
    pairs = [(by_name[a], by_name[b]) for a, b in POINTERS if a in by_name and b in by_name]
    for at, to in pairs:
        if 0 <= at <= len(image.data) - word:
            pointer = int.from_bytes(image.data[at : at + word], "little" if image.order == "<" else "big")
            if pointer > to and (pointer - to) % PAGE == 0:
                return pointer - to
    if found.base == "stored":
        pairs.append((found.slot, values[0]))
    base = _by_bounded_exports(image, by_name, word)
    return relocated_base(image, pairs, fixed=False) if base is None else base


def same_at_zero(image: KernelImage, tables: Tables, values: Sequence[int]) -> list[int] | None:
    """`values` as places in the image, by the one of `linux_banner`; None if that is not to be found."""
    banner = next((v for v, s in zip(values, tables.symbols, strict=True) if s[1:] == b"linux_banner"), None)
    if banner is None:
        return None
    shifts = {at - banner for at, _, _ in banners(image.data)}
    fit = [shift for shift in shifts if shift % PAGE == 0 and values[0] + shift >= 0]
    return [v + fit[0] for v in values] if len(fit) == 1 else None


def _by_exports(image: KernelImage, by_name: dict[bytes, int], word: int) -> int | None:
    """The base by entries of `__ksymtab` that are machine words: address of a function, address of its name."""
    votes: collections.Counter[int] = collections.Counter()
    for name in PROBES:
        if name in by_name:
            votes.update({base for base in _bases(image, name, by_name[name], word) if base % PAGE == 0})
            (best, count), *others = votes.most_common(2) or [(0, 0)]
            if count >= AGREE and not (others and others[0][1] > 1):
                return best
    return None


def _by_bounded_exports(image: KernelImage, by_name: dict[bytes, int], word: int) -> int | None:
    """The same where only places in the image are known, those of the tables too: differences must agree."""
    code = struct.Struct(image.order + {8: "QQQ", 4: "III"}[word])
    differences: dict[int, list[int]] = {}
    for name in PROBES:
        if name in by_name:
            for text in occurrences(image.data, name + b"\0"):
                differences.setdefault(by_name[name] - text, []).append(text)
    votes: collections.Counter[int] = collections.Counter()
    for table in (b"ksymtab", b"ksymtab_gpl"):
        start, stop = by_name.get(b"__start___" + table, 0), by_name.get(b"__stop___" + table, 0)
        if 0 < start < stop <= len(image.data):
            rows = memoryview(image.data)[start : start + (stop - start) // code.size * code.size]
            for value, pointer, _ in code.iter_unpack(rows):
                votes.update(pointer - text for text in differences.get(value - pointer, ()))
    (best, count), *others = votes.most_common(2) or [(0, 0)]
    return best if count >= AGREE and best > 0 and best % PAGE == 0 and not (others and others[0][1] > 1) else None


def _bases(image: KernelImage, name: bytes, address: int, word: int) -> Iterator[int]:
    code = struct.Struct(image.order + {8: "Q", 4: "I"}[word])
    texts = occurrences(image.data, name + b"\0")  # a name may end another one: the linker merges them
    for value in (address, address | 1):  # ARM marks Thumb functions by bit 0
        for at in occurrences(image.data, code.pack(value)):
            if at % word == 0 and at + 2 * word <= len(image.data):
                (pointer,) = code.unpack_from(image.data, at + word)
                yield from (pointer - text for text in texts if pointer >= text)


def relocated_base(image: KernelImage, pairs: Sequence[tuple[int, int]], fixed: bool) -> int | None:
    """The base by relocations (`Elf64_Rela`, R_*_RELATIVE): a word at (place) to be filled with (target).

    `fixed`: places are addresses and the answer is what is filled in. Else both are offsets in the image and
    the answer is the base that makes both right. None if no relocation does, or several differ.
    """
    kind = RELATIVE.get(image.machine)
    if kind is None or not pairs or image.bits == 32:
        return None
    code = struct.Struct(image.order + "QQQ")
    bases: set[int] = set()
    info = struct.pack(image.order + "Q", kind)
    for found in itertools.islice(re.finditer(re.escape(info), image.data), MAX_RELOCATIONS):
        start = found.start() - 8
        if start < 0 or start % 8 or start + 24 > len(image.data):
            continue
        where, _, filled = code.unpack_from(image.data, start)
        if fixed:
            bases.update(filled for place, _ in pairs if where == place)
        else:
            bases.update(where - place for place, to in pairs if where - place == filled - to and where > place)
    return bases.pop() if len(bases) == 1 else None
