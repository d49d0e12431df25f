"""Compiled lookups give the plain ones' answers and counts, and the compiled code is kept or not kept safely."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from array import array
from pathlib import Path

import pytest

from lab.symbols.corpus import bundled
from lab.symbols.ksymtab import pack_names
from lab.symbols.structures import STRUCTURES, batch
from lab.symbols.workload import scattered, versions

HERE = Path(__file__).resolve()


@pytest.mark.parametrize("method", STRUCTURES)
def test_compiled_is_plain(method: str) -> None:
    from lab.symbols.compiled import as_array, compiled_loop

    exports = bundled().exports
    table = exports.table(range(0, exports.kernel, 12), "split")
    slots = STRUCTURES[method].build(table)
    wanted = [k if i % 3 else k + b"\xe9" for i, k in enumerate(table.keys)] + [b"", b"\xff\xff", b"~"]
    keys, offsets = pack_names(wanted)
    order = scattered(len(wanted))
    plain_found, fast_found = array("i", [0]) * len(order), array("i", [0]) * len(order)
    shared = (keys, offsets, order, table.names, table.offsets, table.parts, slots)
    plain = batch.bind(batch.resolve, lookup=STRUCTURES[method].lookup)(*shared, plain_found)
    fast = compiled_loop(batch.resolve, method)(*(as_array(b) for b in (*shared, fast_found)))
    assert int(fast) == plain > 0
    assert fast_found == plain_found
    assert list(plain_found) == [table.find(wanted[k]) for k in order]


def test_checksum_check_counts_what_the_closed_form_says() -> None:
    from lab.symbols.compiled import as_array, compiled_loop
    from lab.symbols.cost import crc_comparisons

    v = versions(bundled())
    found = array("i", [0]) * (len(v.offsets) - 1)
    run = compiled_loop(batch.verify, "linear")
    made = run(
        *(as_array(b) for b in (v.keys, v.offsets, v.starts, v.names, v.name_offsets, array("i", [0, 0]), found))
    )
    assert int(made) == crc_comparisons() == 11_659_983
    assert min(found) >= 0


COUNT = """
import json, sys
from lab.symbols import compiled
from lab.symbols.structures import batch
from array import array
b = compiled.as_array
loop = compiled.compiled_loop(batch.resolve, "binary")
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
    assert first[0] == 1
    assert first[1].startswith(str(tmp_path / ".cache/kernel-feature-lab/numba/symbols-"))
    assert first[2] == 0
    assert run(tmp_path)[2] == 1, "the second process loads it"
    assert run(tmp_path, XDG_CACHE_HOME=str(tmp_path / "x"))[1].startswith(str(tmp_path / "x"))


def test_code_of_older_sources_is_removed_and_nothing_else(tmp_path: Path) -> None:
    base = tmp_path / ".cache/kernel-feature-lab/numba"
    for name in ("symbols-0123456789ab", "symbols-mine", "symbols-0123456789abc", "other-0123456789ab"):
        (base / name).mkdir(parents=True)
        (base / name / "code.nbc").write_bytes(b"x")
    folder = Path(run(tmp_path)[1])
    assert {p.name for p in base.iterdir()} == {
        folder.name, "symbols-mine", "symbols-0123456789abc", "other-0123456789ab",
    }  # fmt: skip
    (base / "symbols-0123456789ab").mkdir()
    assert run(tmp_path)[2] == 1
    assert (base / "symbols-0123456789ab").is_dir(), "only who makes a folder clears up"


def test_where_no_folder_can_be_written_it_compiles_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder can be made below a file")
    assert run(tmp_path / "file") == (1, "", 0)
