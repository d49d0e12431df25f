"""The counts of the presets, from the real data, against the design guide and against plain counting."""

from __future__ import annotations

import dataclasses
import itertools
import re
import time

import pytest

from lab.core.errors import LabError
from lab.core.scenario import from_json, to_json
from lab.symbols import cost
from lab.symbols.corpus import bundled
from lab.symbols.cost_picture import size_picture
from lab.symbols.lane_picture import draw_state, draw_still, race_picture
from lab.symbols.lookup import choose_rows, encoded, indexes, table_of, trace
from lab.symbols.presets import LOAD, MISSING_NAMES, PRESETS, RACE
from lab.symbols.race import race
from lab.symbols.scenario import ALL_EXPORTS, KERNEL_EXPORTS, SIZES, SYNTHETIC_SIZES, SymbolScenario
from lab.symbols.structures import FIRST_THREE, STRUCTURES

S1, S2 = (p.scenario for p in RACE)
S3, S4 = (p.scenario for p in LOAD)


def test_ids() -> None:
    assert [p.id for p in PRESETS] == ["S1", "S2", "S3", "S4"]


def test_s1_mean_hit() -> None:
    """The means of all, and a name that costs about what the mean costs."""
    counts = cost.name_cost(S1)
    assert [round(c.mean, 2) for c in counts] == [5252.0, 17.93, 1.24]
    assert [c.comparisons for c in counts] == [5237, 18, 1]
    assert [c.most for c in counts] == [10503, 26, 10]
    assert [c.extra_bytes for c in counts] == [0, 0, 131072]


def test_s2_missing_name() -> None:
    assert not {encoded(name) for name in MISSING_NAMES} & set(bundled().exports.names)
    assert [c.comparisons for c in cost.name_cost(S2)] == [10503, 24, 0]
    merged = dataclasses.replace(S2, layout="merged")
    assert [c.comparisons for c in cost.name_cost(merged)] == [10503, 14, 0]
    assert [c.most for c in cost.name_cost(merged)][1] == 14


def test_s3_all_references() -> None:
    costs = cost.load_cost(S3)
    assert {(c.references, c.hits, c.crc) for c in costs} == {(184_890, 143_845, 0)}
    assert [c.comparisons for c in costs] == [853_736_618, 2_953_490, 183_651]


def test_s4_checksum_check() -> None:
    assert {c.crc for c in cost.load_cost(S4)} == {11_659_983}
    assert cost.load_table(S4).rows[-1][1] == 11_659_983


def test_most_asked() -> None:
    assert cost.most_asked(3) == ["__fentry__", "__x86_return_thunk", "__stack_chk_fail"]


def test_crc_comparisons_by_scanning_for_real() -> None:
    """The closed form against the scan itself, for some modules."""
    corpus = bundled()
    r = corpus.references
    for _, start, end in itertools.islice(r.each(), 0, None, 97):
        records = [corpus.asked_for(r.symbols[start + p]) for p in r.versions[start:end]]
        scanned = sum(records.index(corpus.asked_for(s)) + 1 for s in r.symbols[start:end])
        assert scanned == (end - start) * (end - start + 1) // 2


def test_load_by_looking_up() -> None:
    """Comparisons of a hundred modules' references by real lookups (binary and hash)."""
    corpus = bundled()
    indices = [i for i in indexes(S3) if i.structure.id != "linear"]
    for symbol in corpus.references.symbols[::1500]:
        key = corpus.asked_for(symbol)
        for index in indices:
            assert trace(index, key).comparisons == index.counts([key])[0]


@pytest.mark.parametrize("size", SIZES)
def test_tables_of_every_size(size: int) -> None:
    rows = choose_rows(bundled().exports, size)
    assert len(rows) == len(set(rows)) == size
    assert rows == sorted(rows)
    assert (max(rows) < KERNEL_EXPORTS) == (size <= KERNEL_EXPORTS)
    kept = choose_rows(bundled().exports, size, 5236)
    assert 5236 in kept
    assert len(set(kept)) == size
    assert table_of(SymbolScenario(size=size)).find(encoded(S1.name)) >= 0


def test_sizes_are_those_of_the_data() -> None:
    assert (bundled().exports.kernel, len(bundled().exports)) == (KERNEL_EXPORTS, ALL_EXPORTS)


def test_a_modules_name_is_in_the_large_tables_only() -> None:
    here = SymbolScenario(name="ata_link_abort")
    assert not race(here).lanes[0].found
    assert "exported by libata, which is not in this table" in race(here).origin()
    assert race(dataclasses.replace(here, size=ALL_EXPORTS)).lanes[0].found


def test_cost_against_size_grows_as_it_should() -> None:
    made = cost.size_cost(("linear", "binary", "hash"))
    by = {m: [c for c in made if c.method == m] for m in ("linear", "binary", "hash")}
    assert [c.mean for c in by["linear"]] == [(s + 1) / 2 for s in SIZES]
    assert all(c.most <= 2 * s.bit_length() for c, s in zip(by["binary"], SIZES, strict=True))
    assert all(1 <= c.mean < 1.7 for c in by["hash"])


def test_tables_larger_than_the_real_ones_are_called_synthetic() -> None:
    wide = SymbolScenario(size=SYNTHETIC_SIZES[0])
    table = table_of(wide)
    assert wide.synthetic
    assert not SymbolScenario(size=ALL_EXPORTS).synthetic
    assert len(table) == len(table.entries) == wide.size
    assert list(table.rows).count(-1) == wide.size - ALL_EXPORTS
    assert cost.name_table(wide).caption.endswith("in a table of 32,768 names, 8,085 of them synthetic")
    assert abs(cost.name_cost(wide)[1].mean - cost.name_cost(dataclasses.replace(wide, size=ALL_EXPORTS))[1].mean) < 1
    made_up = table.keys[list(table.rows).index(-1)].decode()
    assert race(dataclasses.replace(wide, name=made_up)).origin() == f"`{made_up}` is synthetic: no kernel exports it"


def test_three_structures_at_the_start_and_all_by_asking() -> None:
    """Comparisons of the typical name and the means in every structure: as many lines as there are structures."""
    assert SymbolScenario().methods == FIRST_THREE == ("linear", "binary", "hash")
    every = dataclasses.replace(S1, methods=tuple(STRUCTURES))
    costs = {c.method: c for c in cost.name_cost(every)}
    assert {m: c.comparisons for m, c in costs.items()} == {
        "linear": 5237, "binary": 18, "eytzinger": 24, "sysv-hash": 2, "gnu-hash": 1, "hash": 1, "fingerprint": 1,
        "perfect-hash": 1, "trie": 5, "merge": 557, "kallsyms": 13,
    }  # fmt: skip
    assert {m: c.mean for m, c in costs.items() if c.mean == 1} == {
        "gnu-hash": 1, "fingerprint": 1, "perfect-hash": 1,
    }  # fmt: skip
    assert [m for m, c in costs.items() if c.extra_bytes == 0] == ["linear", "binary", "merge"]


def test_load_in_other_structures() -> None:
    """One comparison a reference, or a hit; a merge join walks each table once."""
    more = dataclasses.replace(S3, methods=("perfect-hash", "fingerprint", "merge"))
    assert [c.comparisons for c in cost.load_cost(more)] == [184_890, 143_845, 260_530]
    assert cost.load_cost(dataclasses.replace(more, layout="merged"))[2].comparisons <= 184_890 + KERNEL_EXPORTS


@pytest.mark.parametrize("name", [S1.name, S2.name])
def test_every_structure_can_run_in_the_race(name: str) -> None:
    """Each comparison is told, each state drawn; what is open shrinks and ends at the name or at nothing."""
    result = race(dataclasses.replace(S1, name=name, methods=tuple(STRUCTURES)))
    assert len({line.partition(":")[0] for line in result.trace()}) == len(STRUCTURES)
    for lane in result.lanes:
        ends = {0, 1, lane.comparisons // 2, lane.comparisons}
        sizes = [sum(b - a for a, b in lane.open_after(k)) for k in sorted(ends & set(range(lane.comparisons + 1)))]
        assert sizes == sorted(sizes, reverse=True)
        assert sizes[-1] == (1 if lane.found else 0)
        assert all(0 <= p < lane.index.places for p in lane.trace.probes)
        assert {p for a, b in lane.lit(9_000) for p in range(a, b)} == set(lane.trace.probes[:9_000])
    for step in (0, 1, 5, result.steps):
        picture = draw_still(result, 920, 14)
        draw_state(picture, result, 920, 14, step)
        assert len(picture.svg()) < 200_000
    shown = race_picture(result).svg()
    assert all(f"{s.mark} {s.word}" in shown for s in STRUCTURES.values())


def test_every_structure_has_a_marker_of_its_own() -> None:
    costs = cost.size_cost(tuple(STRUCTURES), sizes=(16, 64))
    svg = size_picture(costs, 64, "headline").svg()
    paths = set(re.findall(r'<g data-key="[a-z-]+:64".*?</g>', svg))
    assert len(paths) == len(STRUCTURES)


def test_synthetic_sizes_are_marked_in_the_picture() -> None:
    real = cost.size_cost(("binary",))
    more = cost.size_cost(("binary",), sizes=(*SIZES, SYNTHETIC_SIZES[0]))
    assert more[: len(real)] == real
    shown = [size_picture(costs, SYNTHETIC_SIZES[0], "headline").svg() for costs in (real, more)]
    assert ["synthetic" in svg for svg in shown] == [False, True]
    assert "32,768" in shown[1]


def test_race_lanes() -> None:
    result = race(S1)
    assert result.steps == 5237
    assert result.headline == "Linear scan compares 5,237 strings, binary search 18, hash table 1."
    linear, binary, hashed = result.lanes
    assert linear.open_after(0) == ((0, 10503),)
    assert linear.open_after(100) == ((100, 10503),)
    assert linear.open_after(5237) == ((5236, 5237),)
    assert binary.open_after(1) == ((0, 2488), (4977, 10503))
    assert binary.open_after(18) == ((5236, 5237),)
    assert sum(b - a for a, b in hashed.open_after(0)) == 1
    assert binary.announce(1).endswith("comparison 1, entry 2,488: the name sorts before `irq_stat`; 8,014 left")
    assert "GPL only, checksum 0xb05c2dc2" in result.why(0)
    assert len([line for line in result.trace() if line.startswith("binary")]) == 18


def test_race_of_a_missing_name() -> None:
    result = race(S2)
    assert result.headline == "Missing: linear scan 10,503 comparisons, binary search 24, hash table 0."
    assert [lane.open_after(lane.comparisons) for lane in result.lanes] == [(), (), ()]
    assert "exported by nobody" in result.why(0)
    assert "slot is empty" in result.lanes[2].announce(1)
    assert "done after 24 comparisons" in result.lanes[1].announce(25)


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"name": "  "}, "--name"),
        ({"name": "x" * 513}, "--name"),
        ({"size": 15}, "--size: 15 is out of range"),
        ({"size": SYNTHETIC_SIZES[-1] + 1}, "--size"),
        ({"methods": ()}, "--methods: none given"),
        ({"methods": ("linear", "guess")}, "--methods: guess; known are linear, binary, eytzinger, sysv-hash"),
        ({"methods": ("hash", "hash")}, "--methods: one is given twice"),
        ({"layout": "round"}, "--layout"),
        ({"load": "all"}, "--load"),
        ({"crc": True}, "--crc: checksums are checked while modules load"),
    ],
)
def test_scenarios_out_of_range(changes: dict[str, object], match: str) -> None:
    with pytest.raises(LabError, match=match):
        dataclasses.replace(S1, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_scenarios_through_json(preset: object) -> None:
    scenario = next(p.scenario for p in PRESETS if p is preset)
    assert from_json(type(scenario), to_json(scenario)) == scenario


def test_any_text_can_be_a_name() -> None:
    for name in ("é", "\udcff", "a\0b", "`x`", " x "):
        assert not race(SymbolScenario(name=name)).lanes[0].found


def test_first_answer_is_quick() -> None:
    bundled()
    start = time.perf_counter()
    race(SymbolScenario(name="vfs_read", size=9_999))
    assert time.perf_counter() - start < 0.5
