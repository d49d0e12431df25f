"""One target for each parser: what it starts from, and what is asked of whatever comes of it.

A parser may say `LabError` and nothing else. To add one: write its function, add its line to `TARGETS`. The parsers
are imported by their names here: one that is renamed or gone is an error, not a target less.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import struct
import tempfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.symbols import bulk, pack, payload
from lab.symbols.binary_file import parse
from lab.symbols.corpus import BUNDLED
from lab.symbols.depmod import builtin, cache, config, trie_read
from lab.symbols.depmod.order_file import read_order
from lab.symbols.depmod.pattern import BadPattern, matches
from lab.symbols.depmod.read import read_facts
from lab.symbols.elf import read_elf
from lab.symbols.exports import read_exports
from lab.symbols.image import open_image
from lab.symbols.kallsyms.recover import parse_kallsyms
from lab.symbols.kernel import parse_kernel
from lab.symbols.store import graph, open_index
from lab.symbols.store.diff import compare
from lab.symbols.store.earlier import earlier
from lab.symbols.store.listing import listing
from lab.symbols.structures.file import HEAD, open_structure
from lab.symbols.symvers import parse_symvers
from lab.symbols.systemmap import parse_system_map
from lab.symbols.undefined import read_undefined, read_versions
from lab.symbols.why import why
from tests.fuzz import seeds

__all__ = ["TARGETS", "Target"]

SMALL = 64 << 20  # bytes to which a bomb may unpack here


@dataclasses.dataclass(frozen=True, slots=True)
class Target:
    """`seeds()` are whole files; `run` parses one, whole or damaged, and may raise `LabError`."""

    seeds: Callable[[], Sequence[bytes]]
    run: Callable[[bytes], object]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _answer(ask: Callable[[bytes], Any], data: bytes) -> Any:
    try:
        return ask(data)
    except LabError:
        return None


def _slow(data: bytes) -> Any:
    elf = read_elf(data, "fuzz.ko")
    return (
        [(e.name, e.address, e.section, e.crc, e.namespace or "", e.gpl) for e in read_exports(elf, "fuzz")],
        [(u.name, u.weak) for u in read_undefined(elf)],
        list(read_versions(elf)),
    )


def _fast(data: bytes) -> Any:
    found = bulk.open_object(data, "fuzz.ko")
    return (
        [(_text(e.name), e.offset, e.section, e.crc, _text(e.namespace), e.gpl) for e in bulk.exports(found)],
        [(_text(name), weak) for name, weak in bulk.undefined(found)],
        [(_text(name), crc) for name, crc in bulk.versions(found)],
    )


def bulk_reader(data: bytes) -> None:
    """Everything the bulk reader can be asked; where both paths answer, they answer alike."""
    _answer(_everything, data)
    fast = _answer(_fast, data)
    slow = _answer(_slow, data)
    assert fast is None or slow is None or fast == slow, "the bulk path and the slow path differ"


def _everything(data: bytes) -> None:
    found = bulk.open_object(data, "fuzz.ko")
    for ask in (bulk.undefined, bulk.crc_symbols, bulk.string_table, bulk.exports, bulk.versions, bulk.modinfo):
        _answer(ask, found)  # type: ignore[arg-type]
    bulk.signed(data)


def slow_reader(data: bytes) -> None:
    """The slow path: headers by pyelftools."""
    parse(data, "fuzz")


def images(data: bytes) -> None:
    """Wrappings down to the kernel, and what it exports."""
    _answer(lambda d: open_image(d, "fuzz"), data)
    parse_kernel(data, "fuzz")


def kallsyms(data: bytes) -> None:
    """Recovery of kallsyms from memory or ELF."""
    parse_kallsyms(data, "fuzz")


def unpacking(data: bytes) -> None:
    """Compressed streams, and no more than the limit comes out of one."""
    if not payload.compression(data):
        return
    made = payload.unpack(data, "fuzz", SMALL)
    assert len(made) <= SMALL


def symvers(data: bytes) -> None:
    """Module.symvers."""
    parse_symvers(data, "fuzz")


def system_map(data: bytes) -> None:
    """System.map and copies of /proc/kallsyms."""
    parse_system_map(data, "fuzz")


def _in_file(data: bytes, run: Callable[[Path], object]) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if os.path.isdir("/dev/shm") else None) as folder:
        path = Path(folder) / "file.ko"
        path.write_bytes(data)
        run(path)


def module_file(data: bytes) -> None:
    """A module file in any form, as depmod reads it."""
    for compat in (True, False):
        with contextlib.suppress(LabError):
            _in_file(data, lambda path: read_facts(str(path), compat))  # noqa: B023 - called at once


def index(data: bytes) -> None:
    """The symbol index, also with its checksums mended, asked for everything; what `build` keeps of an old one."""
    for content in (data, _index_mended(data)):
        with contextlib.suppress(LabError):
            _in_file(content, _ask_index)
        _in_file(content, lambda path: earlier(str(path), ""))


def _index_mended(data: bytes) -> bytes:
    """The same with right checksums, as a forger would write them."""
    mended = bytearray(data)
    if len(data) < 28:
        return data
    (count,) = struct.unpack_from("<I", data, 12)
    end = 24 + 40 * count
    if count > 100 or end + 4 > len(data):
        return data
    struct.pack_into("<Q", mended, 16, len(data))
    for at in range(24, end, 40):
        offset, size = struct.unpack_from("<QQ", mended, at + 24)
        if offset + size <= len(data):
            struct.pack_into("<I", mended, at + 20, zlib.crc32(mended[offset : offset + size]))
    struct.pack_into("<I", mended, end, zlib.crc32(mended[:end]))
    return bytes(mended)


def _ask_index(path: Path) -> None:
    with open_index(path) as found:
        for ask in _questions(found):
            with contextlib.suppress(LabError):
                ask()
    compare(listing(path), listing(path))


def _questions(found: Any) -> Iterator[Callable[[], object]]:
    """All that can be asked of an index, one by one: a refusal of one must not hide the next."""
    names = ("alpha", b"kfree", "", "\udc80", b"\xff")
    for name in names:
        yield from (functools.partial(ask, name) for ask in (found.find, found.importers, found.near))
        yield functools.partial(found.prefixed, name[:2], 50)
    yield from (found.vermagics, found.namespaces, found.counts, found.listing)
    yield from (functools.partial(getattr, found, field) for field in ("kernel", "builtin", "has_crc"))
    yield lambda: why(seeds.modules()[0], "fuzz.ko", found)
    modules: list[Any] = []
    yield lambda: modules.extend(found.modules)
    for module in modules[:5]:
        for ask in (found.undefined, found.exports):
            yield functools.partial(ask, module)
        for walk in (graph.dependencies, graph.dependents, graph.closure, graph.load_order):
            yield functools.partial(walk, found, module)


def explain(data: bytes) -> None:
    """`why`: a damaged module on a whole index."""
    global _open_index
    if _open_index is None:
        folder = tempfile.mkdtemp()
        (Path(folder) / "index").write_bytes(seeds.indexes()[0])
        _open_index = open_index(Path(folder) / "index")
    why(data, "fuzz.ko", _open_index)
    why(data, "fuzz.ko", _open_index, sig_enforce=True)


_open_index: Any = None


def structure(data: bytes) -> None:
    """Index structures in files, also with the checksum mended: whatever opens must answer every lookup."""
    for content in (data, _structure_mended(data)):
        with contextlib.suppress(LabError):
            _in_file(content, _ask_structure)


def _structure_mended(data: bytes) -> bytes:
    if len(data) < HEAD.size:
        return data
    *fields, _ = HEAD.unpack_from(data)
    return HEAD.pack(*fields, zlib.crc32(data[HEAD.size :])) + data[HEAD.size :]


def _ask_structure(path: Path) -> None:
    with open_structure(path) as found:
        for key in (b"alloc_0", b"free_8", b"get_4", b"", b"zzz", b"\xff" * 70, b"a\0b"):
            entry, _ = found.lookup(key)
            assert -1 <= entry < len(found)
            assert entry < 0 or found.name(entry) == key, "another name was found than was asked for"


def depmod_cache(data: bytes) -> None:
    """The cache of depmod, also with its checksum mended: whatever loads has whole columns."""
    start = len(cache.MAGIC) + 4
    mended = data[: start - 4] + struct.pack("<I", zlib.crc32(data[start:])) + data[start:]
    for content in (data, mended):
        for compat in (True, False):
            _in_file(content, lambda path: _ask_cache(str(path), compat))  # noqa: B023 - called at once


def _ask_cache(path: str, compat: bool) -> None:
    found, reason = cache.load(path, compat, True)
    assert (found is None) == bool(reason)
    if found:
        for field in range(5):
            assert len(found.column(field)) == len(found.paths)
        assert all(0 <= n < len(found.paths) for i in range(len(found.paths)) for n in found.needs(i))


def caches() -> Sequence[bytes]:
    """A cache of three modules, with and without --compat."""
    from lab.symbols.depmod.types import Found

    made = []
    fields = {name: _sample(kind) for name, kind in Found.__annotations__.items()}
    found = [Found(**fields) for _ in range(3)]
    columns = [[b"a\0", b"", b"b\0c\0"] for _ in range(5)]
    tree = cache.Tree(found, [b"a.ko", b"b.ko", b"c.ko"], columns, [[1], [], [0, 1]])
    for compat in (False, True):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cache")
            cache.save(path, compat, True, 10**18, tree, [cache.Output("/x/modules.dep", 3, 4)])
            made.append(Path(path).read_bytes())
    return made


def _sample(kind: object) -> Any:
    return 7 if "int" in str(kind) else "kernel/a.ko" if "str" in str(kind) else b"kernel/a.ko"


def depmod_config(data: bytes) -> None:
    """Files of depmod.d, and the patterns in them, as either kmod reads them."""
    for kmod in (30, 34):
        config.parse(iter([("fuzz.conf", data)]), "6.1.0-56-amd64", lambda warning: None, kmod)
    for word in os.fsdecode(data[:400]).split():
        with contextlib.suppress(BadPattern):
            matches(word, "6.1.0-56-amd64")


def depmod_lists(data: bytes) -> None:
    """modules.order, modules.builtin and modules.builtin.modinfo."""

    def warn(text: str) -> None:
        assert "\n" not in text, "a warning is one line"

    with tempfile.TemporaryDirectory() as root:
        (Path(root) / "modules.order").write_bytes(data)
        for kmod in (30, 34):
            read_order(os.path.realpath(root), "/", warn, kmod)
    for forward in (True, False):
        _answer(lambda d: builtin.name_index(d, forward, warn), data)  # noqa: B023 - called at once
        _answer(lambda d: builtin.alias_index(d, forward, warn), data)  # noqa: B023 - called at once


def trie(data: bytes) -> None:
    """Index files of kmod."""
    for key, _ in list(trie_read.entries(data, "fuzz"))[:20]:
        trie_read.lookup(data, key)
    trie_read.match(data, b"pci:v0d7")


def data_set(data: bytes) -> None:
    """The packed data set, as bundled."""
    _in_file(data, pack.load)


def bundled() -> Sequence[bytes]:
    """The data set that comes with the lab."""
    from lab.core import dataset

    return [dataset.find(BUNDLED).path.read_bytes()]


TARGETS: dict[str, Target] = {
    "bulk": Target(seeds.modules, bulk_reader),
    "slow": Target(lambda: (*seeds.modules(), *seeds.kernels()), slow_reader),
    "images": Target(seeds.images, images),
    "kallsyms": Target(seeds.memories, kallsyms),
    "payload": Target(seeds.packs, unpacking),
    "symvers": Target(lambda: seeds.SYMVERS, symvers),
    "system-map": Target(lambda: seeds.SYSTEM_MAP, system_map),
    "module-file": Target(lambda: (*seeds.modules(), *seeds.packs()), module_file),
    "index": Target(seeds.indexes, index),
    "why": Target(seeds.modules, explain),
    "structure": Target(seeds.structures, structure),
    "depmod-cache": Target(caches, depmod_cache),
    "depmod-config": Target(lambda: seeds.CONFIG, depmod_config),
    "depmod-lists": Target(lambda: (*seeds.ORDER, b"a.alias=pci:v*[0-9]\0b.alias=x-y\0c.alias=[\0"), depmod_lists),
    "trie": Target(seeds.tries, trie),
    "data-set": Target(bundled, data_set),
}
