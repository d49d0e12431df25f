"""The C file that compiled Python is measured against gives the same entries and the same counts."""

from __future__ import annotations

import ctypes
from array import array

import pytest

from lab.core.binding import bind
from lab.symbols.corpus import bundled
from lab.symbols.cost import crc_comparisons
from lab.symbols.ksymtab import LAYOUTS, Ksymtab, pack_names
from lab.symbols.structures import STRUCTURES, batch
from lab.symbols.workload import Workload, scattered, versions
from tests.symbols import bench_c


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> ctypes.CDLL:
    built = bench_c.build(tmp_path_factory.mktemp("c"))
    if built is None:
        pytest.skip("gcc is missing: the C side cannot be built")
    return built


def work_for(table: Ksymtab) -> Workload:
    """Hits, names that differ at their end, and the extremes, in an order that no cache foresees."""
    wanted = [k if i % 3 else k + b"\xe9" for i, k in enumerate(table.keys)] + [b"", b"\xff\xff", b"~", b"a" * 300]
    keys, offsets = pack_names(wanted)
    return Workload(keys, offsets, scattered(len(wanted)), len(wanted), "hits and misses")


def test_every_structure_has_its_c_side() -> None:
    assert set(bench_c.SAME) == set(STRUCTURES)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("method", STRUCTURES)
def test_c_finds_and_counts_the_same(library: ctypes.CDLL, method: str, layout: str) -> None:
    exports = bundled().exports
    table = exports.table(range(0, exports.kernel, 40), layout)
    slots, work = STRUCTURES[method].build(table), work_for(table)
    names = [work.keys[work.offsets[k] : work.offsets[k + 1] - 1] for k in range(len(work.offsets) - 1)]
    order = array("i", sorted(work.order, key=names.__getitem__)) if method == "merge" else work.order
    plain = array("i", [0]) * len(order)
    loop = STRUCTURES[method].resolve
    if loop is batch.resolve:
        loop = bind(loop, lookup=STRUCTURES[method].lookup)
    made = loop(work.keys, work.offsets, order, table.names, table.offsets, table.parts, slots, plain)
    for name in (bench_c.SAME[method], *bench_c.LIBC.get(method, ())):
        run, found = bench_c.resolver(library, name, table, slots, work, order)
        assert run() == made > 0 or name == "binary_libc"  # glibc's bsearch chooses its own middle
        assert found == plain, name
    assert list(plain) == [table.find(names[k]) for k in order]


def test_c_checks_checksums_as_often(library: ctypes.CDLL) -> None:
    run, found = bench_c.verifier(library, versions(bundled()))
    assert run() == crc_comparisons() == 11_659_983
    assert min(found) >= 0
