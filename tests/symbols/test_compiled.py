"""Compiled lookups give the plain ones' answers and counts, and the compiled code is kept or not kept safely."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.symbols.corpus import bundled
from lab.symbols.ksymtab import ksymtab, pack_names
from lab.symbols.lookup import build_index
from lab.symbols.structures import STRUCTURES, batch
from lab.symbols.workload import scattered, versions

HERE = Path(__file__).resolve()


@pytest.mark.parametrize("method", STRUCTURES)
def test_compiled_is_plain(method: str) -> None:
    """Answers and comparisons; names of one byte, of bytes from 0x80 on and of 500 bytes among the hits and misses."""
    exports = bundled().exports
    rare = [(b"a", 1), (b"\x80\xff", 2), (b"\xff" * 500, 3), (b"z" * 200, 4)]
    real = [(name, 5 + row) for row, name in enumerate(exports.names[: exports.kernel : 20])]
    index = build_index(method, ksymtab([*rare, *real[::2]], real[1::2]))
    keys = index.table.keys
    wanted = [k if i % 3 else k + b"\xe9" for i, k in enumerate(keys)] + [b"", b"\xff\xff", b"~", b"z" * 199, b"a"]
    wanted = [wanted[i] for i in scattered(len(wanted))]
    plain, made = index.lookup_many(wanted)
    assert list(plain) == [index.table.find(key) for key in wanted]
    assert index.lookup_many(wanted, compiled=True) == (plain, made)
    if method != "merge":
        assert made == sum(index.counts(wanted))


@pytest.mark.parametrize("method", STRUCTURES)
def test_compiled_lookups_in_an_empty_table(method: str) -> None:
    index = build_index(method, ksymtab([], []))
    assert index.lookup_many([b"a", b""], compiled=True) == index.lookup_many([b"a", b""])


def test_a_name_with_a_nul_in_it_is_found_nowhere() -> None:
    index = build_index("hash", ksymtab([(b"a", 1), (b"b", 2)], []))
    wanted = [b"a\0b", b"b", b"\0", b"a"]
    assert index.lookup_many(wanted, compiled=True) == index.lookup_many(wanted)
    assert list(index.lookup_many(wanted, compiled=True)[0]) == [-1, 1, -1, 0]


@given(st.lists(st.binary(max_size=9).map(lambda b: b.replace(b"\0", b"_"))))
def test_names_begin_where_their_lengths_say(names: list[bytes]) -> None:
    packed, offsets = pack_names(names)
    found = array("i", [7]) * (len(names) + 1)
    assert batch.begin(packed, found) == len(names)
    assert found == offsets


def test_merge_walks_each_table_once() -> None:
    """Its batch needs at most as many comparisons as there are names and keys; one by one it needs thousands."""
    exports = bundled().exports
    table = exports.table(range(exports.kernel), "split")
    index, wanted = build_index("merge", table), [*table.keys[::7], b"~", b"!"]
    entries, made = index.lookup_many(wanted, compiled=True)
    assert list(entries) == [table.find(key) for key in wanted]
    assert made <= len(table) + 2 * len(wanted) < sum(index.counts(wanted)) / 100
    batch = STRUCTURES["merge"].batch
    assert batch is not None
    assert made == batch(table, dict.fromkeys(wanted, 1))


def test_checksum_check_counts_what_the_closed_form_says() -> None:
    from lab.symbols.compiled import as_buffer, compiled_loop
    from lab.symbols.cost import crc_comparisons

    v = versions(bundled())
    found = array("i", [0]) * (len(v.offsets) - 1)
    run = compiled_loop(batch.verify, "linear")
    made = run(
        *(as_buffer(b) for b in (v.keys, v.offsets, v.starts, v.names, v.name_offsets, array("i", [0, 0]), found))
    )
    assert int(made) == crc_comparisons() == 11_659_983
    assert min(found) >= 0


COUNT = """
import json, sys
from lab.symbols import compiled
from lab.symbols.structures import batch
from array import array
b = compiled.as_buffer
loop = compiled.compiled_loop(batch.resolve, compiled.EMPTY)
one, two = array("i", [0]), array("i", [0, 3])
n = loop(*(b(x) for x in (b"ab\\0", two, one, b"ab\\0", two, array("i", [0, 1]), array("i"), array("i", [0]))))
folder = compiled.cache_folder()
import numba, os
assert numba.config.CACHE_DIR == os.environ.get("NUMBA_CACHE_DIR", ""), "the process's own setting stays"
assert "NUMBA_CACHE_DIR" not in os.environ
print(json.dumps([int(n), str(folder or ""), sum(loop.stats.cache_hits.values())]))
"""


def run(home: Path, **more: str) -> tuple[int, str, int]:
    env = {k: v for k, v in os.environ.items() if k not in ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME")}
    env |= {"HOME": str(home), "PYTHONPATH": str(HERE.parents[2]), **more}
    made = subprocess.run([sys.executable, "-c", COUNT], env=env, check=True, capture_output=True, text=True).stdout
    count, folder, hits = json.loads(made)
    return count, folder, hits


def test_compiled_code_is_kept_in_a_user_folder(tmp_path: Path) -> None:
    first = run(tmp_path)
    assert first[0] == len(b"ab")
    assert first[1].startswith(str(tmp_path / ".cache/kernel-feature-lab/numba/symbols-"))
    assert first[2] == 0
    assert run(tmp_path) == (first[0], first[1], 1), "the second process loads it"


def test_where_no_folder_can_be_written_it_compiles_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder can be made below a file")
    assert run(tmp_path / "file") == (len(b"ab"), "", 0)


def folder_now() -> Path | None:
    """The folder for compiled code as a new process would find it."""
    from lab.symbols.compiled import COMPILER

    return COMPILER._folder()


def test_code_of_older_sources_is_removed_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    base = tmp_path / "kernel-feature-lab/numba"
    for name in ("symbols-0123456789ab", "symbols-mine", "symbols-0123456789abc", "other-0123456789ab"):
        (base / name).mkdir(parents=True)
        (base / name / "code.nbc").write_bytes(b"x")
        os.utime(base / name, (0, 0))
    (base / "symbols-ba9876543210").mkdir()  # somebody else's, who is at work
    folder = folder_now()
    assert folder is not None
    assert {p.name for p in base.iterdir()} == {
        folder.name, "symbols-mine", "symbols-0123456789abc", "other-0123456789ab", "symbols-ba9876543210",
    }  # fmt: skip
    (base / "symbols-0123456789ab").mkdir()
    assert folder_now() == folder
    assert (base / "symbols-0123456789ab").is_dir(), "only who makes a folder clears up"


def test_a_folder_that_is_named_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "mine"))
    folder = folder_now()
    assert folder is not None
    assert folder.parent == tmp_path / "mine"
