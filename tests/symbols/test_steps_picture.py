"""A lookup to be walked through: what was read after each step, where each looks, and the picture of it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.anatomy import ANATOMY, anatomy
from lab.symbols.ksymtab import LAYOUTS, ksymtab
from lab.symbols.lookup import build_index
from lab.symbols.step_reads import reads_by_step
from lab.symbols.steps import steps
from lab.symbols.steps_picture import steps_picture
from lab.symbols.structures import STRUCTURES
from lab.symbols.touch import touched
from lab.symbols.walk import WALKED, WALKS, WalkScenario, walk

word = st.binary(min_size=1, max_size=5).map(lambda b: b.replace(b"\0", b"_"))
words = st.lists(st.sampled_from([b"a", b"ab", b"abc", b"b", b"\xff"]) | word, max_size=30)


def texts(svg: str) -> list[str]:
    return [e.text or "" for e in ET.fromstring(svg).iter() if e.tag.endswith("text")]


@pytest.mark.parametrize("method", STRUCTURES)
@settings(deadline=None, max_examples=12)
@given(words, words, st.lists(word, max_size=5), st.sampled_from(list(LAYOUTS)))
def test_steps_read_what_the_lookup_reads(
    method: str, plain: list[bytes], gpl: list[bytes], more: list[bytes], layout: str
) -> None:
    index = build_index(
        method, ksymtab(list(zip(plain, range(100), strict=False)), [(k, 100 + i) for i, k in enumerate(gpl)], layout)
    )
    for key in {*plain, *gpl, *more}:
        told = steps(index, key)
        read = reads_by_step(index, key, told)
        assert read[-1] == touched(index, key)
        assert [r.bytes for r in read] == sorted(r.bytes for r in read)
        assert [r.lines for r in read] == sorted(r.lines for r in read)
        for before, after, step in zip(read, read[1:], told[1:], strict=False):
            assert after.comparisons - before.comparisons == (step.kind in ("compare", "node"))
        made = anatomy(index, key, told)
        assert len(made.spots) == len(told)
        for spots in made.spots:
            for spot in spots:
                assert 0 <= spot.place < made.areas[spot.area].places
                assert isinstance(made.areas[spot.area].cell(spot.place), str)


def test_every_structure_has_an_anatomy() -> None:
    assert list(ANATOMY) == list(STRUCTURES)
    assert set(STRUCTURES) - set(WALKED) == {"merge"}


def test_a_gnu_hash_is_understood() -> None:
    found = walk(WalkScenario(size=1024))
    assert [s.kind for s in found.steps][:3] == ["hash", "bloom", "bucket"]
    read = [r.bytes for r in found.read]
    assert read[0] == 12, "three words of the header"
    assert read[2] == read[1] + 4, "one bucket"
    made = texts(steps_picture(found, 2).svg())
    assert sum("set ✓" in t for t in made) == 2
    assert any(t.startswith("bloom filter: ") for t in made)
    missing = walk(WalkScenario(name="do_gettimeofday", size=1024))
    assert missing.headline == "GNU hash: known to be missing after 2 steps, 0 names compared, 16 bytes read."
    assert any("not set ✕" in t for t in texts(steps_picture(missing, 2).svg()))


@pytest.mark.parametrize("method", WALKED)
@pytest.mark.parametrize("name", [p.scenario.name for p in WALKS])
def test_the_picture_of_each_step(method: str, name: str) -> None:
    found = walk(WalkScenario(structure=method, name=name, size=256))
    for step in sorted({1, 2, len(found.steps) // 2 + 1, len(found.steps)}):
        if step > len(found.steps):
            continue
        for width, text in ((920, 14), (580, 14), (920, 22)):
            svg = steps_picture(found, step, width, text).svg()
            assert len(svg) < 60_000
            assert svg == steps_picture(found, step, width, text).svg()
            assert f'data-key="step:{step}"' in svg
            assert min(float(s) for s in re.findall(r'font-size="([\d.]+)"', svg)) >= 14
            assert found.headline in svg.replace("&#x27;", "'")


def test_what_is_said_of_a_step() -> None:
    found = walk(WalkScenario(structure="binary", size=1024))
    assert found.say(1).startswith("Entry 243: the name sorts before `")
    assert found.why(1).startswith("Step 1 of ")
    assert "the name is further to the front. So far " in found.why(1)
    assert found.left(1) == ((0, 243), (486, 1024)) or found.left(1) is not None
    assert walk(WalkScenario(size=1024)).left(1) is None
    long = walk(WalkScenario(structure="linear", size=1024))
    assert long.trace()[3].startswith("… ")
    assert len(long.table(10).rows) == 10
    assert "the first 10 of" in long.table(10).caption


def test_bad_scenarios() -> None:
    with pytest.raises(LabError, match="--structure: 'merge' is not one of linear"):
        WalkScenario(structure="merge")
    with pytest.raises(LabError, match="--name: a symbol's name"):
        WalkScenario(name=" ")
