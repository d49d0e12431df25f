"""The load of one module on the page, without a page: presets, table, errors, command."""

from __future__ import annotations

import pytest

from lab.core.errors import LabError
from lab.ui import symbols_module


def test_opens_on_libata() -> None:
    explorer = symbols_module()
    assert repr(explorer).startswith(
        "symbols_module explorer, L1: `libata` asks for 232 names: 205 found in the kernel"
    )
    assert explorer.why.line.startswith("`scsi_device_get`: exported by `scsi_mod`")
    assert explorer.bar.command == "kernel-lab symbols why kernel/drivers/ata/libata.ko --on INDEX --all"
    assert len(explorer.subject.primary) <= 4
    bundle = explorer._repr_mimebundle_()
    assert "image/svg+xml" in (bundle[0] if isinstance(bundle, tuple) else bundle)


@pytest.mark.parametrize("preset", ["L1", "L2", "L3", "L4", "L5"])
def test_the_table_has_every_name_and_the_headlines_sums(preset: str) -> None:
    explorer = symbols_module(preset)
    rows = explorer.view.table.rows
    columns = explorer.view.table.columns
    said = explorer.bar.headline
    assert f"asks for {len(rows):,} names" in said
    assert f"compares {sum(int(r[columns.index('binary search (comparisons)')]) for r in rows):,} strings" in said
    assert f"CRC check {sum(int(r[-1]) for r in rows):,}." in said
    assert explorer.subject.picture.svg.count("data-key=") == len(rows)


def test_any_module_by_typing() -> None:
    explorer = symbols_module()
    assert len(explorer.controls["module"].options) == 4_023
    explorer.controls["module"].value = "kvm-intel"
    assert "197 in `kvm`" in explorer.bar.headline
    explorer.subject.picture.selected = "3"
    assert explorer.why.line.startswith(f"`{explorer.view.table.rows[3][1]}`")
    before = explorer.bar.headline
    explorer.controls["module"].value = "no_such_module"
    assert (explorer.bar.error_at, explorer.bar.headline) == ("module", before)
    assert "has no module 'no_such_module'" in explorer.bar.error
    explorer.controls["search"].value = "hash"
    assert "hash table compares" in explorer.bar.headline or explorer.bar.error


def test_bad_calls() -> None:
    with pytest.raises(LabError, match="'S1' is not one of L1"):
        symbols_module("S1")
    with pytest.raises(LabError, match="has no module 'nothing'"):
        symbols_module(module="nothing")
    assert "`crc16` asks for 1 name" in symbols_module(module="crc16").bar.headline
