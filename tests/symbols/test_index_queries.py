"""Questions to an index, against the slow reader of each file."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli import main
from lab.symbols.binary_file import BinaryFile, module_name, read
from lab.symbols.commands.deps import MOST, _names
from lab.symbols.store import Index, graph, open_index
from lab.symbols.store.build import build
from lab.symbols.store.graph import Edge
from lab.symbols.store.near import distance, near
from lab.symbols.undefined import read_versions
from tests.symbols.small_trees import LIBRARY, Made, Tree, small_tree


@pytest.fixture(scope="module", params=[(64, "<"), (32, "<"), (64, ">"), (32, ">")], ids=str)
def tree(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    tree = small_tree(tmp_path_factory.mktemp("queries"), *request.param)
    bits, order = request.param
    chain = (("step_one", 1, "", False),), (("lib_close", 0x12, False), ("lib_open", 0x11, False))
    tree.put("kernel/middle.ko", Made(*chain, bits=bits, order=order), 7)
    tree.put("kernel/top.ko", Made(needs=(("step_one", 1, False), ("lib_open", 2, False)), bits=bits, order=order), 7)
    rings = (("ring_a", 1, "", True),), (("ring_b", 1, True),)
    tree.put("kernel/ring-a.ko", Made(*rings, bits=bits, order=order), 7)
    tree.put("kernel/ring-b.ko", Made((("ring_b", 1, "", True),), (("ring_a", 1, False),), bits=bits, order=order), 7)
    build(str(tree.kernel), str(tree.modules), str(tree.index))
    return tree


@pytest.fixture
def index(tree: Tree) -> Iterator[Index]:
    with open_index(tree.index) as found:
        yield found


@pytest.fixture(scope="module")
def slow(tree: Tree) -> dict[str, BinaryFile]:
    files = [read(path) for path in (tree.kernel, *sorted(tree.modules.rglob("*.ko")))]
    return {file.owner: file for file in files}


def test_every_file_is_answered_as_the_slow_reader_reads_it(
    tree: Tree, index: Index, slow: dict[str, BinaryFile]
) -> None:
    assert [m.name for m in index.modules] == sorted(set(slow) - {"vmlinux"})
    for module in index.modules:
        file = slow[module.name]
        assert tree.modules / module.path == Path(file.path)
        told = (module.licence, module.vermagic, module.imports, module.signed)
        assert told == (file.licence, file.vermagic, file.imports, file.signed)
        asked = [(n.name, n.crc, n.weak) for n in index.undefined(module) if not n.checked_only]
        assert asked == [(u.name, u.crc, u.weak) for u in file.undefined]
        assert module.size == Path(file.path).stat().st_size
        assert module.mtime_ns == Path(file.path).stat().st_mtime_ns
    for owner, file in slow.items():
        got = index.exports(None if owner == "vmlinux" else index.module(owner))
        assert [(r.name, r.owner, r.address, r.section, r.crc, r.namespace, r.gpl) for r in got] == [
            (e.name, e.owner, e.address, e.section, e.crc, e.namespace, e.gpl) for e in file.exports
        ]
        for export in file.exports:
            assert export.name in [row.name for row in index.find(export.name) if row.owner == owner]


def test_names_that_are_only_checked(tree: Tree, index: Index) -> None:
    from lab.symbols.binary_file import open_elf

    for module in index.modules:
        elf, _ = open_elf(tree.modules / module.path)
        asked = {n.name for n in index.undefined(module) if not n.checked_only}
        checked = [(n.name, n.crc) for n in index.undefined(module) if n.checked_only]
        assert checked == [pair for pair in read_versions(elf) if pair[0] not in asked]
    assert index.importers("module_layout") == ()


def test_importers_are_a_recount(index: Index, slow: dict[str, BinaryFile]) -> None:
    for name in {u.name for file in slow.values() for u in file.undefined} | {"alpha_lock", "zeta_free", "no_such"}:
        wanted = sorted(o for o, file in slow.items() if any(u.name == name for u in file.undefined))
        assert [m.name for m in index.importers(name)] == wanted


def test_kernel(index: Index, tree: Tree) -> None:
    kernel = index.kernel
    assert (kernel.path, kernel.banner, kernel.release) == (str(tree.kernel), "", "6.1.0")
    assert kernel.size == tree.kernel.stat().st_size
    assert (kernel.bits, kernel.order) == (index.modules[0].bits, index.modules[0].order)
    assert index.has_crc
    assert index.vermagics() == {"6.1.0 SMP": 7}
    assert index.namespaces() == {"LIB": 1, "STORAGE": 2}
    assert index.folder == str(tree.modules)


def test_sequence_of_modules(index: Index) -> None:
    assert index.modules[-1] == index.modules[len(index.modules) - 1]
    assert index.modules[1:3] == (index.modules[1], index.modules[2])
    with pytest.raises(IndexError):
        index.modules[len(index.modules)]
    assert index.module("a-lib") == index.module("a_lib") is not None
    assert index.module("nobody") is None


def test_graph(index: Index) -> None:
    top, lib, ring = (index.module(name) for name in ("top", "a_lib", "ring_a"))
    assert top
    assert lib
    assert ring
    assert [(e.owner, e.symbols) for e in graph.dependencies(index, top)] == [
        ("a_lib", ("lib_open",)), ("middle", ("step_one",)),
    ]  # fmt: skip
    user = index.module("user")
    assert user
    assert [(e.owner, e.symbols) for e in graph.dependencies(index, user)] == [
        ("vmlinux", ("beta",)), ("a_lib", ("lib_open",)), ("", ("nowhere",)),
    ]  # fmt: skip
    assert [(e.owner, e.symbols) for e in graph.dependents(index, lib)] == [
        ("middle", ("lib_close", "lib_open")), ("top", ("lib_open",)), ("user", ("lib_open",)),
    ]  # fmt: skip
    assert [m.name for m in graph.load_order(index, top)] == ["a_lib", "middle", "top"]
    assert [m.name for m in graph.closure(index, lib, reverse=True)] == ["middle", "top", "user"]
    assert [m.name for m in graph.closure(index, ring)] == ["ring_b"]
    assert [m.name for m in graph.load_order(index, ring)] == ["ring_b", "ring_a"]


def test_prefix(index: Index) -> None:
    assert [r.name for r in index.prefixed("lib_", 10)] == ["lib_close", "lib_open"]
    assert [r.name for r in index.prefixed("lib_", 1)] == ["lib_close"]
    assert index.prefixed("zz", 5) == ()
    assert len(index.prefixed("", 99)) == index.counts()["exports"]


def edits(one: bytes, other: bytes) -> int:
    """The same distance by its recursive definition."""
    table: dict[tuple[int, int], int] = {}

    def of(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        if (i, j) not in table:
            least = min(of(i - 1, j) + 1, of(i, j - 1) + 1, of(i - 1, j - 1) + (one[i - 1] != other[j - 1]))
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                least = min(least, of(i - 2, j - 2) + 1)
            table[i, j] = least
        return table[i, j]

    return of(len(one), len(other))


WORDS = st.text("abc_", max_size=9).map(str.encode)


@given(WORDS, WORDS, st.integers(0, 4))
def test_distance(one: bytes, other: bytes, most: int) -> None:
    assert distance(one, other, most) == min(edits(one, other), most + 1)


@given(WORDS, st.lists(WORDS, unique=True, max_size=20))
def test_near_names_are_the_nearest(wanted: bytes, names: list[bytes]) -> None:
    most = min(3, max(1, len(wanted) // 4))
    expected = sorted((edits(wanted, name), name) for name in names if edits(wanted, name) <= most)
    if expected:
        assert near(wanted, names, 5) == [name for _, name in expected[:5]]


def run(capsys: pytest.CaptureFixture[str], *words: Any, status: int = 0) -> tuple[Any, str]:
    assert main(["symbols", *map(str, words), "--json"]) == status
    data = json.loads(capsys.readouterr().out)
    assert main(["symbols", *map(str, words)]) == status
    return data, capsys.readouterr().out


def test_lookup(capsys: pytest.CaptureFixture[str], tree: Tree) -> None:
    data, text = run(capsys, "lookup", "lib_close", "alpha_lock", "--on", tree.index)
    assert data["found"][0] == {
        "name": "lib_close", "owner": "a_lib", "address": "0x10", "section": ".text", "crc": "0x00000012",
        "namespace": "LIB", "gpl": False, "importers": 1,
    }  # fmt: skip
    assert (data["found"][1]["owner"], data["found"][1]["section"]) == ("vmlinux", None)
    assert data["missing"] == []
    assert ".text+0x10" in text
    data, text = run(capsys, "lookup", "lib_opne", "beta", "--on", tree.index, status=1)
    assert data["missing"] == [{"name": "lib_opne", "near": ["lib_open"]}]
    assert "lib_opne: not exported by 6.1.0 or its modules; near: lib_open" in text
    data, _ = run(capsys, "lookup", "--prefix", "lib", "--on", tree.index)
    assert [row["name"] for row in data["found"]] == ["lib_close", "lib_open"]


def test_who_uses_and_deps(capsys: pytest.CaptureFixture[str], tree: Tree) -> None:
    data, text = run(capsys, "who-uses", "lib_open", "--on", tree.index)
    assert data["symbol"] == {"owners": ["a_lib"], "importers": ["middle", "top", "user"]}
    assert data["module"] is None
    assert text.startswith("symbol lib_open, exported by a_lib: asked for by 3 modules\n")
    data, _ = run(capsys, "who-uses", "a-lib", "--on", tree.index)
    assert [user["module"] for user in data["module"]["users"]] == ["middle", "top", "user"]
    data, _ = run(capsys, "who-uses", "lib_opn", "--on", tree.index, status=1)
    assert data["near"] == ["lib_open"]
    data, text = run(capsys, "deps", "top", "--on", tree.index)
    assert data["edges"] == [
        {"owner": "a_lib", "symbols": ["lib_open"]}, {"owner": "middle", "symbols": ["step_one"]},
    ]  # fmt: skip
    assert (data["all"], data["load_order"]) == (["a_lib", "middle"], ["a_lib", "middle", "top"])
    assert text.splitlines()[0] == "top needs 2 modules directly, 2 in all"
    _, text = run(capsys, "deps", "top", "--tree", "--on", tree.index)
    assert text.splitlines()[:4] == [
        "top", "  a_lib: lib_open", "  middle: step_one", "    a_lib: see above",
    ]  # fmt: skip
    data, _ = run(capsys, "deps", "a_lib", "--reverse", "--on", tree.index)
    assert [edge["owner"] for edge in data["edges"]] == ["middle", "top", "user"]
    _, text = run(capsys, "deps", "ring_a", "--tree", "--on", tree.index)
    assert text.splitlines()[:3] == ["ring_a", "  ring_b: ring_b", "    ring_a: see above"]


def test_refusals(capsys: pytest.CaptureFixture[str], tree: Tree) -> None:
    for words, says in (
        (["deps", "nobody", "--on", tree.index], "no module of that name"),
        (["deps", "ext-four", "--on", tree.index], "is built into the kernel"),
        (["lookup", "x", "--on", tree.kernel], "is no symbol index"),
        (["who-uses", "x", "--on", tree.root / "gone"], "No such file"),
    ):
        assert main(["symbols", *map(str, words)]) == 2
        out = capsys.readouterr()
        assert out.out == ""
        assert says in out.err
        assert out.err.count("\n") == 1


def test_build_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    (tree.modules / "gone.ko").symlink_to("nothing")
    words = ("build", "--kernel", tree.kernel, "--modules", tree.modules, "-o", tree.index)
    assert main(["symbols", *map(str, words), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["modules"], data["read"], data["exports"], data["references"]) == (3, 3, 6, 4)
    assert (data["note"], data["dangling"]) == (None, ["gone.ko"])
    tree.later()
    tree.put("kernel/lib/a-lib.ko", LIBRARY, 4000)
    assert main(["symbols", *map(str, words)]) == 0
    out = capsys.readouterr().out
    assert "read: 1 modules; kept: 2; removed: 0" in out
    assert "gone.ko is a link that leads nowhere" in out
    assert module_name("a-lib.ko") == "a_lib"


def test_deps_shows_a_few_symbols_of_each_owner() -> None:
    names = tuple(f"s{i}" for i in range(MOST + 5))
    assert _names(Edge("o", None, names), False).endswith(f"s{MOST - 1} and 5 more")
    assert _names(Edge("o", None, names), True).endswith(names[-1])


def test_a_name_that_is_no_utf8_is_shown_by_its_bytes(capsys: pytest.CaptureFixture[str], tree: Tree) -> None:
    assert main(["symbols", "lookup", "x\udcff", "--on", str(tree.index)]) == 1
    assert capsys.readouterr().out.startswith("x\\xff: not exported")
