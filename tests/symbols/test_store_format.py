"""The index file: its bytes as documented, and what happens where they are not."""

from __future__ import annotations

import json
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.store import Index, graph, open_index
from lab.symbols.store.build import build
from lab.symbols.store.diff import compare
from lab.symbols.store.format import SECTIONS, WIDTH
from lab.symbols.store.listing import listing
from lab.symbols.store.mapped import Mapped
from tests.symbols.small_trees import Tree, small_tree


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = small_tree(tmp_path_factory.mktemp("format"))
    build(str(tree.kernel), str(tree.modules), str(tree.index))
    return tree


def parts(data: bytes) -> dict[str, bytes]:
    """The sections, read by the format's documentation alone."""
    magic, version, count, size = struct.unpack_from("<8sIIQ", data)
    assert (magic, version, size) == (b"KLSYMIDX", 1, len(data))
    found, at = {}, 24
    end = 24 + 40 * count
    assert struct.unpack_from("<I", data, end)[0] == zlib.crc32(data[:end])
    used = bytearray(b"\1" * (end + 4) + bytes(len(data) - end - 4))
    for _ in range(count):
        name, crc, offset, length = struct.unpack_from("<20sIQQ", data, at)
        at += 40
        content = data[offset : offset + length]
        assert (offset % 8, zlib.crc32(content), len(content)) == (0, crc, length)
        assert not any(used[offset : offset + length])
        used[offset : offset + length] = b"\1" * length
        found[name.rstrip(b"\0").decode()] = content
    assert not any(byte for byte, taken in zip(data, used, strict=True) if not taken)
    return found


def ask_everything(index: Index) -> None:
    names = [b"", b"alpha_lock", b"lib_open", b"nowhere", b"zzz", *index._mapped.texts("names")[:40]]
    _ = (
        index.kernel,
        index.builtin,
        index.has_crc,
        index.vermagics(),
        index.namespaces(),
        index.counts(),
        index.listing(),
    )
    for name in names:
        _ = (index.find(name), index.importers(name), index.prefixed(name[:2], 50), index.near(name))
    for module in index.modules:
        _ = (index.undefined(module), index.exports(module), index.files(module.name))
        _ = (graph.dependencies(index, module), graph.dependents(index, module), graph.load_order(index, module))
        graph.closure(index, module, reverse=True)
    index.exports(None)


def asked(path: Path) -> None:
    with open_index(path) as index:
        ask_everything(index)
    compare(listing(path), listing(path))


def test_layout_is_as_documented(made: Tree) -> None:
    found = parts(made.index.read_bytes())
    assert list(found) == list(SECTIONS)
    about = json.loads(found["about"])
    assert about["folder"] == str(made.modules)
    assert about["kernel"]["path"] == str(made.kernel)
    assert found["builtin"] == b"ext_four\0loop\0"
    names = found["names"].split(b"\0")[:-1]
    assert names == sorted({*b"alpha_lock beta gamma_init zeta_free lib_open lib_close nowhere module_layout".split()})
    assert found["paths"].split(b"\0")[:-1] == [
        b"", b"kernel/lib/a-lib.ko", b"extra/alone.ko", b"kernel/drivers/user.ko",
    ]  # fmt: skip
    assert struct.unpack("<4q", found["owner_mtime"]) == (0, 1000 * 10**9, 1002 * 10**9, 1001 * 10**9)
    needs = [names[n] for n in struct.unpack("<4I", found["need_name"])]
    assert needs == [b"alpha_lock", b"lib_open", b"beta", b"nowhere"]
    starts = struct.unpack(f"<{len(names) + 1}I", found["importer_start"])
    owners = struct.unpack("<4H", found["importer"])
    at = names.index(b"lib_open")
    assert owners[starts[at] : starts[at + 1]] == (3,)


def test_mapped_columns_have_whole_rows(made: Tree) -> None:
    mapped = Mapped(made.index)
    for name, code in SECTIONS.items():
        assert len(mapped.content(name)) == len(mapped.column(name)) * WIDTH[code]
    mapped.close()


@pytest.mark.parametrize("name", SECTIONS)
def test_damage_in_a_section_is_found_when_it_is_used(made: Tree, tmp_path: Path, name: str) -> None:
    data = bytearray(made.index.read_bytes())
    at = 24 + 40 * list(SECTIONS).index(name)
    offset, length = struct.unpack_from("<QQ", data, at + 24)
    if not length:
        pytest.skip(f"section {name} is empty in this index")
    data[offset + length // 2] ^= 0x10
    path = tmp_path / "damaged"
    path.write_bytes(data)
    with pytest.raises(LabError, match=f"section {name} of the symbol index is damaged") as error:
        asked(path)
    assert "\n" not in str(error.value)


def test_truncation(made: Tree, tmp_path: Path) -> None:
    data = made.index.read_bytes()
    for size in (0, 1, 7, 8, 23, 24, 100, 24 + 40 * len(SECTIONS), len(data) // 2, len(data) - 1):
        path = tmp_path / "cut"
        path.write_bytes(data[:size])
        with pytest.raises(LabError, match="symbol index"):
            open_index(path)
    (tmp_path / "cut").write_bytes(data + b"\0")
    with pytest.raises(LabError, match="its header says"):
        open_index(tmp_path / "cut")


def test_other_files(made: Tree, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("words\n" * 100)
    (tmp_path / "newer").write_bytes(b"KLSYMIDX" + struct.pack("<I", 2) + bytes(200))
    for path, says in (
        (tmp_path / "text", "is no symbol index"), (tmp_path / "newer", "version 2 is not known"),
        (tmp_path, "cannot be read|is no file"), (tmp_path / "gone", "No such file"), ("a\0b", "no path"),
        ("/dev/null", "no file"),
    ):  # fmt: skip
        with pytest.raises(LabError, match=says):
            open_index(path)


def sealed(data: bytearray) -> bytes:
    """`data` with checksums that are right again, so that what they would find is found by the bounds alone."""
    _, _, count, _ = struct.unpack_from("<8sIIQ", data)
    count = min(count, (len(data) - 28) // 40)
    for at in range(24, 24 + 40 * count, 40):
        offset, length = struct.unpack_from("<QQ", data, at + 24)
        struct.pack_into("<I", data, at + 20, zlib.crc32(data[offset : offset + length]))
    struct.pack_into("<Q", data, 16, len(data))
    struct.pack_into("<I", data, 24 + 40 * count, zlib.crc32(data[: 24 + 40 * count]))
    return bytes(data)


EDITS = st.lists(st.tuples(st.floats(0, 0.9999), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4)


def refusal(path: Path) -> str:
    """What stands against the file, "" if all questions were answered."""
    try:
        asked(path)
    except LabError as error:
        return str(error)
    return ""


@settings(max_examples=60)
@given(edits=EDITS, seal=st.booleans(), cut=st.integers(0, 300))
def test_mutations_end_in_an_answer_or_one_line(
    made: Tree, tmp_path_factory: pytest.TempPathFactory, edits: list[tuple[float, bytes]], seal: bool, cut: int
) -> None:
    data = bytearray(made.index.read_bytes())
    for place, put in edits:
        at = int(place * len(data))
        data[at : at + len(put)] = put[: len(data) - at]
    if cut > 270:
        del data[-cut:]
    path = tmp_path_factory.getbasetemp() / "mutated"
    path.write_bytes(sealed(data) if seal else bytes(data))
    assert "\n" not in refusal(path)
    # the build takes it or leaves it, and its result is the one from scratch as long as checksums hold
    if not path.read_bytes().startswith(b"KLSYMIDX"):  # no index any more, but perhaps somebody's file
        with pytest.raises(LabError, match="is not overwritten"):
            build(str(made.kernel), str(made.modules), str(path))
    elif not seal:
        build(str(made.kernel), str(made.modules), str(path))
        assert path.read_bytes() == made.index.read_bytes()


def test_importing_the_store_is_light() -> None:
    rooms = ("store", "store.build", "store.index", "store.diff", "store.graph", "commands.build", "commands.lookup")
    heavy = ("elftools", "multiprocessing", "statistics", "numpy", "numba", "zstandard", "hypothesis")
    names = ", ".join(f"lab.symbols.{room}" for room in rooms)
    code = f"import sys, {names}; print([m for m in {heavy!r} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
