"""The story's counts by another way, and the pictures of story and time."""

from __future__ import annotations

import math
import re

import pytest

from lab.symbols.cost import load_cost
from lab.symbols.scenario import SymbolScenario
from lab.symbols.story import chapters, story_headline, story_table, times
from lab.symbols.story_picture import story_picture
from lab.symbols.structures import STRUCTURES
from lab.symbols.time_picture import nanoseconds, time_picture
from lab.symbols.timing import TimedLookup, Timing, recorded


def test_the_counts_are_counted() -> None:
    by = {c.id: c for c in chapters()}
    whole = load_cost(SymbolScenario(load="references", methods=("linear", "binary")))
    assert by["2011"].ratio == whole[0].comparisons / whole[1].comparisons
    assert 200 < by["2009"].ratio < 400
    assert "4,350 references" in by["2009"].what
    assert by["2022"].before == (24_683 + 1) / 2
    assert math.log2(24_683) - 1.5 < by["2022"].after < math.log2(24_683)
    assert by["btf"].before == (87_584 + 1) / 2
    assert (by["table"].before, by["table"].after) == (24, 14)
    assert [c.year for c in chapters()] == sorted(c.year for c in chapters())
    assert all(c.source and c.told for c in chapters())
    assert story_headline().count("×") == 3
    assert times(1.71) == "1.7×"
    assert len(story_table().rows) == len(chapters())


@pytest.mark.parametrize(("width", "text"), [(920, 14), (590, 14), (920, 22)])
def test_the_story_in_one_picture(width: int, text: int) -> None:
    svg = story_picture(width, text).svg()
    assert svg == story_picture(width, text).svg()
    for chapter in chapters():
        assert f'data-key="{chapter.id}"' in svg
        assert f">{times(chapter.ratio)} counted here<" in svg
    assert svg.count("url(#lab-cost)") == 3 + 1, "published bars are hatched, and so is their key"
    assert min(float(s) for s in re.findall(r'font-size="([\d.]+)"', svg)) >= 14


def test_times_are_told_with_their_ratio_first() -> None:
    svg = time_picture([recorded()], {"linear": 853_736_618}, "headline").svg()
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert texts.index("118×") + 1 == texts.index("15.9 µs")
    assert "854 M comparisons" in texts
    assert nanoseconds(-1) == nanoseconds(0)


def test_many_methods_stay_in_order_and_small() -> None:
    rows = tuple(TimedLookup(m, s.word, 50.0, (45, 80), m == "trie", 1.0) for m, s in reversed(STRUCTURES.items()))
    here = Timing("here", "m", "p", "w", 1000, (TimedLookup("crc", "CRC check", 70.0, None, False, 1.0), *rows))
    picture = time_picture([recorded(), here], {}, "headline")
    keys = re.findall(r'data-key="([^"]+)"', picture.svg())
    assert keys == [*STRUCTURES, "crc"]
    assert "noisy 1×" in picture.svg()
    assert picture.height < 45 * len(keys) + 100, "two thin bars a method"
    few = time_picture([here], {}, "headline", 400)
    assert few.width == 400
