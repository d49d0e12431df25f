"""What two kernels export differently."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.cli import main
from lab.symbols.store.build import build
from lab.symbols.store.diff import Exported, Listing, compare
from lab.symbols.store.listing import listing
from tests.symbols.conftest import EXPORTS
from tests.symbols.small_trees import LIBRARY, Made, small_tree

ROWS = st.builds(
    Exported,
    st.sampled_from(["a", "b", "c", "d"]),
    st.sampled_from(["vmlinux", "m", "n"]),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, "NS"]),
    st.booleans(),
)
ONE_OWNER = st.lists(ROWS, unique_by=lambda e: e.name, max_size=4)
ANY_OWNERS = st.lists(ROWS, unique_by=lambda e: (e.name, e.owner), max_size=8)


@given(ONE_OWNER, ONE_OWNER)
def test_compare_is_what_sets_say(one: list[Exported], other: list[Exported]) -> None:
    found = compare(Listing("a", one, frozenset("xy")), Listing("b", other, frozenset("yz")))
    old, new = {e.name: e for e in one}, {e.name: e for e in other}
    both = sorted(old.keys() & new.keys())
    assert [e.name for e in found.added] == sorted(new.keys() - old.keys())
    assert [e.name for e in found.removed] == sorted(old.keys() - new.keys())
    assert [c.before.name for c in found.moved] == [n for n in both if old[n].owner != new[n].owner]
    assert [c.after.name for c in found.namespace] == [n for n in both if old[n].namespace != new[n].namespace]
    assert [c.after.name for c in found.gpl] == [n for n in both if old[n].gpl != new[n].gpl]
    assert found.crc_compared == (any(e.crc for e in one) and any(e.crc for e in other))
    assert [c.after.name for c in found.crc] == [n for n in both if found.crc_compared and old[n].crc != new[n].crc]
    assert (found.modules_added, found.modules_removed) == (("z",), ("x",))
    assert not found.equal


@settings(max_examples=50)
@given(ANY_OWNERS, ANY_OWNERS)
def test_every_export_is_told_of_once(one: list[Exported], other: list[Exported]) -> None:
    found = compare(Listing("a", one, None), Listing("b", other, None))
    back = compare(Listing("b", other, None), Listing("a", one, None))
    assert len(one) - len(found.removed) == len(other) - len(found.added)
    assert sorted(found.added, key=repr) == sorted(back.removed, key=repr)
    assert {(c.before, c.after) for c in found.moved} == {(c.after, c.before) for c in back.moved}
    assert compare(Listing("a", one, None), Listing("a", one, None)).equal
    assert (found.modules_added, found.modules_removed) == (None, None)


def test_diff_command(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    first, second = tmp_path / "first", tmp_path / "second"
    build(str(tree.kernel), str(tree.modules), str(first))
    assert main(["symbols", "diff", str(first), str(first)]) == 0
    assert capsys.readouterr().out == "no difference\n"
    moved = (("lib_open", 0x99, "NEW", False), ("lib_more", 1, "", True))
    tree.put("kernel/lib/a-lib.ko", dataclasses.replace(LIBRARY, exports=()), 5)
    tree.put("kernel/lib/b-lib.ko", Made(moved), 5)
    (tree.modules / "extra/alone.ko").unlink()
    build(str(tree.kernel), str(tree.modules), str(second))
    assert main(["symbols", "diff", str(first), str(second), "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["counts"] == {
        "added": 1, "removed": 1, "moved": 1, "crc": 1, "namespace": 1, "gpl": 1, "modules_added": 1,
        "modules_removed": 1,
    }  # fmt: skip
    assert data["added"] == [
        {"name": "lib_more", "owner": "b_lib", "crc": "0x00000001", "namespace": None, "gpl": True}
    ]
    assert [e["name"] for e in data["removed"]] == ["lib_close"]
    assert data["moved"] == [{"name": "lib_open", "before": "a_lib", "after": "b_lib"}]
    assert data["crc"] == [{"name": "lib_open", "owner": "b_lib", "before": "0x00000011", "after": "0x00000099"}]
    assert data["namespace"] == [{"name": "lib_open", "owner": "b_lib", "before": None, "after": "NEW"}]
    assert data["gpl"] == [{"name": "lib_open", "owner": "b_lib", "before": True, "after": False}]
    assert (data["modules_added"], data["modules_removed"]) == (["b_lib"], ["alone"])
    assert main(["symbols", "diff", str(first), str(second)]) == 1
    text = capsys.readouterr().out.splitlines()
    assert "! lib_open: licence class GPL only -> any licence" in text
    assert "- lib_close (a_lib)" in text
    assert "+ module b_lib" in text


def test_an_index_against_its_module_symvers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    tree = small_tree(tmp_path)
    build(str(tree.kernel), str(tree.modules), str(tree.index))
    rows = [(e.crc, e.name, "vmlinux", e.gpl, e.namespace or "") for e in EXPORTS]
    rows += [(crc, name, "kernel/lib/a-lib", gpl, space) for name, crc, space, gpl in LIBRARY.exports]
    lines = [f"0x{c:08x}\t{n}\t{o}\tEXPORT_SYMBOL{'_GPL' if g else ''}\t{s}" for c, n, o, g, s in rows]
    symvers = tmp_path / "Module.symvers"
    symvers.write_text("\n".join(lines) + "\n")
    assert main(["symbols", "diff", str(tree.index), str(symvers)]) == 0
    assert capsys.readouterr().out == "no difference\n"
    assert listing(symvers).modules is None
    symvers.write_text("\n".join(lines[1:]) + "\n")
    assert main(["symbols", "diff", str(symvers), str(tree.index)]) == 1
    assert "+ alpha_lock (vmlinux)" in capsys.readouterr().out


def test_kernels_without_checksums(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    symvers = tmp_path / "with"
    symvers.write_text("0x00000005\ta\tvmlinux\tEXPORT_SYMBOL\t\n")
    without = tmp_path / "without"
    without.write_text("0x00000000\ta\tvmlinux\tEXPORT_SYMBOL\t\n")
    assert main(["symbols", "diff", str(symvers), str(without)]) == 0
    assert "CRCs were not compared" in capsys.readouterr().out


def test_trouble_is_status_2(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "text").write_text("words\n")
    for path in (tmp_path / "text", tmp_path / "gone", tmp_path):
        assert main(["symbols", "diff", str(path), str(path)]) == 2
        assert capsys.readouterr().err.count("\n") == 1
