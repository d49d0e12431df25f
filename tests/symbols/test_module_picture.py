"""The load of one module: where each name is found, what that costs, and the picture of it."""

from __future__ import annotations

import re

import pytest

from lab.core.errors import LabError
from lab.symbols.bundled_index import bundled_index
from lab.symbols.corpus import bundled
from lab.symbols.lookup import build_index
from lab.symbols.module_load import LOADS, ModuleLoad, ModuleScenario, module_load
from lab.symbols.module_picture import module_picture
from lab.symbols.store.graph import load_order

LARGEST = "i915"


def rects(svg: str) -> list[tuple[str, float, float, float, float]]:
    """Key, place and size of each cell."""
    cells = re.findall(r'data-key="(\d+)"[^>]*><rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"', svg)
    return [(key, *map(float, rest)) for key, *rest in cells]


@pytest.mark.parametrize("preset", LOADS, ids=lambda p: p.id)
def test_every_name_is_found_where_the_index_finds_it(preset: object) -> None:
    load = module_load(preset.scenario)  # type: ignore[attr-defined]
    index = bundled_index()
    module = index.module(load.scenario.name)
    assert module is not None
    needs = [need for need in index.undefined(module) if not need.checked_only]
    assert [row.name for row in load.rows] == [need.name for need in needs]
    assert [row.owner for row in load.rows] == [index.find(need.name)[0].owner for need in needs]
    assert [row.export.crc for row in load.rows if row.export] == [need.crc for need in needs]
    assert sum(len(rows) for _, rows in load.owners) == len(load.rows)
    assert load.loaded == tuple(m.name for m in load_order(index, module)[:-1])


def test_comparisons_are_those_of_lookups() -> None:
    load = module_load(ModuleScenario("kvm_intel"))
    exports = bundled().exports
    tables = {
        owner: exports.table([r for r, o in enumerate(exports.owner) if exports.owners[o] == owner], "split")
        for owner in ("vmlinux", *load.loaded)
    }
    indexes = {(m, o): build_index(m, table) for m in load.rows[0].comparisons for o, table in tables.items()}
    for row in load.rows[::20]:
        for method, counts in row.comparisons.items():
            for (owner, size), count in zip(row.steps, counts, strict=True):
                index = indexes[method, owner]
                assert len(index.table) == size
                entry, made = index.lookup(row.name.encode())
                assert (entry >= 0, made) == (owner == row.owner, count)


def test_the_crc_check_is_a_scan_from_the_start() -> None:
    load, references = module_load(ModuleScenario("ext4")), bundled().references
    number = references.modules.index("ext4")
    first, last = references.starts[number], references.starts[number + 1]
    records = [load.rows[place].name for place in references.versions[first:last]]
    for row in load.rows:
        assert row.crc == records.index(row.name) + 1
    assert load.crc == len(records) * (len(records) + 1) // 2


def test_headlines_and_why() -> None:
    load = module_load(ModuleScenario())
    assert load.headline == (
        "`libata` asks for 232 names: 205 found in the kernel, 27 in 2 modules; binary search compares 3,957 strings, "
        "the CRC check 27,028."
    )
    assert "197 in `kvm`" in module_load(ModuleScenario("kvm-intel")).headline
    assert module_load(ModuleScenario("crc16", "hash")).headline.startswith("`crc16` asks for 1 name: 1 found in the k")
    said = load.why("")
    assert said.startswith("`scsi_device_get`: exported by `scsi_mod`, for every module, checksum 0x3fce353b;")
    place = next(str(r.place) for r in load.rows if r.export and r.export.gpl and r.owner == "vmlinux")
    assert "exported by the kernel, for GPL-compatible modules only" in load.why(place)
    assert load.trace("")[1].startswith("the kernel, 10,503 exports: not there; comparisons: linear scan 10,503")
    assert "in namespace" in "".join(
        module_load(ModuleScenario("snd_sof_pci_intel_tgl")).why(str(i)) for i in range(10)
    )
    assert module_load(ModuleScenario(layout="merged")).total("binary") < load.total("binary")


def test_what_nobody_exports_is_said() -> None:
    load = module_load(ModuleScenario("crc16"))
    missing = ModuleLoad(load.scenario, (*load.rows, _lonely(load)), ())
    assert "1 nowhere" in missing.headline
    assert (
        missing.why("1") == "`nobody`: exported by nobody; comparisons: linear scan 5, binary search 2, hash table 0."
    )
    assert missing.owners[-1][0] == ""
    assert ">?</text>" in module_picture(missing).svg()
    empty = ModuleLoad(load.scenario, (), ())
    assert empty.headline == "`crc16` asks for no name: nothing is searched."
    assert (empty.why("0"), empty.trace(""), empty.table().rows) == ("`crc16` asks for nothing.", (), ())
    assert module_picture(empty).svg()


def _lonely(load: ModuleLoad):  # type: ignore[no-untyped-def]
    import dataclasses

    costs: dict[str, tuple[int, ...]] = {"linear": (5,), "binary": (2,), "hash": (0,)}
    return dataclasses.replace(load.rows[0], place=1, name="nobody", export=None, comparisons=costs, crc=0)


@pytest.mark.parametrize("name", ["nouveu", "", "x" * 600])
def test_no_such_module(name: str) -> None:
    with pytest.raises(LabError, match="has no module"):
        module_load(ModuleScenario(name))


@pytest.mark.parametrize(("module", "width", "text"), [("libata", 920, 14), (LARGEST, 920, 14), ("nouveau", 560, 22)])
def test_picture_has_one_cell_a_name(module: str, width: int, text: int) -> None:
    load = module_load(ModuleScenario(module))
    picture = module_picture(load, width, text)
    svg = picture.standalone()
    cells = rects(picture.svg())
    assert len(svg) < 200_000
    assert sorted(int(key) for key, *_ in cells) == [row.place for row in load.rows]
    assert len({(x, y) for _, x, y, _, _ in cells}) == len(cells)
    assert all(x >= 0 and x + w <= width and y + h <= picture.height for _, x, y, w, h in cells)
    assert svg == module_picture(load, width, text).standalone()
    for owner, rows in load.owners:
        assert f"{'the kernel' if owner == 'vmlinux' else owner}: {len(rows):,}</text>" in svg
