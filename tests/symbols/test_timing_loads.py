"""What `time` looks up: one module, a coldplug, misses; warm or cold; and the counts that stand beside the time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lab.cli import main
from lab.core.errors import LabError
from lab.core.timing import Cache, Machine
from lab.symbols import coldplug
from lab.symbols.corpus import bundled
from lab.symbols.lookup import Index, table_of
from lab.symbols.scenario import SymbolScenario, TimeScenario, timed
from lab.symbols.structures import STRUCTURES
from lab.symbols.timing import measure_lookups
from lab.symbols.timing.cold import LEAST_SWEEP, MOST_SWEEP, sweep_bytes
from lab.symbols.touch import touched
from lab.symbols.workload import Workload, loaded, modules_of, versions

TABLE = SymbolScenario()


def names(work: Workload) -> list[bytes]:
    return [work.keys[work.offsets[k] : work.offsets[k + 1] - 1] for k in work.order]


def asked_by(module: str) -> list[bytes]:
    corpus = bundled()
    (span,) = [(a, b) for name, a, b in corpus.references.each() if name == module]
    return [corpus.asked_for(s) for s in corpus.references.symbols[slice(*span)]]


def test_one_module_in_the_order_of_its_symbol_table() -> None:
    work = loaded("module", bundled(), table_of(TABLE), "libata")
    assert names(work) == asked_by("libata")
    assert work.lookups == len(work.order)
    assert "the module libata" in work.text
    with pytest.raises(LabError, match="has no module 'nosuch'"):
        loaded("module", bundled(), table_of(TABLE), "nosuch")


def test_the_coldplug_is_loaded_in_order_and_counted() -> None:
    work = loaded("coldplug", bundled(), table_of(TABLE), methods=("binary",))
    assert names(work) == [name for module in coldplug.MODULES for name in asked_by(module)]
    assert (len(coldplug.MODULES), len(coldplug.MODALIASES), work.lookups) == (47, 22, 4350)


def test_misses_are_names_that_other_modules_export() -> None:
    table, corpus = table_of(TABLE), bundled()
    work = loaded("misses", corpus, table, methods=("hash",))
    assert work.lookups == 41_045
    exported = set(corpus.exports.names[corpus.exports.kernel :])
    assert all(name in exported and table.find(name) < 0 for name in names(work))
    whole = table_of(SymbolScenario(size=24_683))
    with pytest.raises(LabError, match="smaller --size"):
        loaded("misses", corpus, whole)


def test_slow_methods_have_a_sample_and_quick_ones_all() -> None:
    table, corpus = table_of(TABLE), bundled()
    sizes = {m: len(loaded("references", corpus, table, methods=(m,)).order) for m in ("linear", "hash", "kallsyms")}
    assert sizes["hash"] == 184_890
    assert sizes["linear"] < 20_000
    assert sizes["kallsyms"] <= 20_000


def test_checksum_check_of_some_modules_only() -> None:
    v = versions(bundled(), modules_of("module", bundled(), "libata"))
    keys = [v.keys[a : b - 1] for a, b in zip(v.offsets, v.offsets[1:], strict=False)]
    assert keys == asked_by("libata")
    assert list(v.starts) == [0, len(keys)]
    assert sorted(keys) == sorted(v.names[a : b - 1] for a, b in zip(v.name_offsets, v.name_offsets[1:], strict=False))


def test_cold_lookups_count_what_warm_ones_do() -> None:
    table = table_of(SymbolScenario(size=64))
    found = measure_lookups(table, ("linear", "binary", "hash"), rounds=5, cache="cold")
    assert found.cache == "cold"
    assert "swept before every call" in found.protocol
    warm = measure_lookups(table, ("binary",), rounds=5)
    binary, linear = found.row("binary"), found.row("linear")
    assert binary is not None
    assert linear is not None
    # five rounds of 32 scattered names of 64: each name was looked up twice or thrice
    assert binary.comparisons == pytest.approx(warm.rows[0].comparisons or 0, abs=0.5)
    assert linear.comparisons == pytest.approx(32.5, abs=8)
    assert (binary.bytes, binary.lines) == (warm.rows[0].bytes, warm.rows[0].lines)


def test_bytes_and_lines_are_those_of_single_lookups() -> None:
    table = table_of(SymbolScenario(size=64))
    found = measure_lookups(table, ("hash", "merge"), rounds=5)
    index = Index(STRUCTURES["hash"], table, STRUCTURES["hash"].build(table))
    each = [touched(index, key) for key in table.keys]
    row = found.row("hash")
    assert row is not None
    assert row.bytes == pytest.approx(sum(t.bytes for t in each) / 64)
    assert row.lines == pytest.approx(sum(t.lines for t in each) / 64)
    merge = found.row("merge")
    assert merge is not None
    assert merge.lines is None


@pytest.mark.parametrize(("kib", "swept"), [((), LEAST_SWEEP), ((32, 36608), 36608 * 1536), ((10**6,), MOST_SWEEP)])
def test_the_sweep_is_larger_than_the_caches(kib: tuple[int, ...], swept: int) -> None:
    here = Machine("cpu", 1, "Linux", "3.11", tuple(Cache(f"L{i}", k) for i, k in enumerate(kib)))
    assert sweep_bytes(here) == swept


def test_a_question_of_the_explorer_is_timed_as_it_was_asked() -> None:
    assert timed(SymbolScenario()).load == "names"
    assert timed(SymbolScenario(load="references", crc=True)).crc
    assert TimeScenario(load="coldplug", crc=True).cache == "warm"
    with pytest.raises(LabError, match="--crc"):
        TimeScenario(load="misses", crc=True)


def ask(capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    assert main(["symbols", "time", *words, "--rounds", "5", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    data = ask(capsys, "--load", "module", "--module", "libata", "--crc", "--methods", "binary")
    rows = {r["method"]: r for r in data["timing"]["rows"]}
    assert data["timing"]["lookups"] == len(asked_by("libata"))
    n = len(asked_by("libata"))
    assert rows["crc"]["comparisons"] == pytest.approx((n + 1) / 2)
    assert data["ratios"]["crc/binary"] > 0
    assert rows["binary"]["lines"] > 1
    assert "numba" in data["timing"]["machine"]
    assert ask(capsys, "--load", "name", "--size", "16", "--cache", "cold")["timing"]["cache"] == "cold"
    assert main(["symbols", "time", "--load", "references", "--crc", "--cache", "cold"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
