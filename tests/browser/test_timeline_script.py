"""The timeline's script on a bare page: its words, numbers and pixels against what Python says of the same."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from lab.core.lanes import Lanes, Writer, amount, ticks
from lab.ui.timeline import Timeline
from tests.browser.made_lanes import made

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def bare(browser: Browser) -> Iterator[Page]:
    """A page on which `script` is the widget's module and nothing else is."""
    page = browser.new_page()
    page.evaluate(
        "async source => { window.script = await import(URL.createObjectURL(new Blob([source],"
        " { type: 'text/javascript' }))); }",
        Timeline._esm,
    )
    yield page
    page.close()


def test_numbers_are_said_as_python_says_them(bare: Page) -> None:
    dice = random.Random(7)
    values = [dice.uniform(-1, 1) * 10 ** dice.uniform(-9, 14) for _ in range(2000)]
    values += [n / 64 for n in range(1500)] + [n + 0.5 for n in range(9980, 10020)] + [1000.5, 1.0625, 12.345, 99995.0]
    values += [9999.4999, 9999.5, 1e-5, 1.5e-7, 123456789.5, 1e21, -0.0, 0.0, -12345.6]
    said = bare.evaluate("values => values.map(script.amount)", values)
    wrong = [(v, s, amount(v)) for v, s in zip(values, said, strict=True) if s != amount(v)]
    assert wrong == []


def test_ticks_are_where_python_puts_them(bare: Page) -> None:
    dice = random.Random(8)
    cases = [(low, low + 10 ** dice.uniform(-6, 6), dice.randint(1, 12)) for low in range(-40, 400, 4)]
    for case, (values, decimals) in zip(
        cases, bare.evaluate("c => c.map(x => script.ticks(...x))", cases), strict=True
    ):
        wanted, digits = ticks(*case)
        assert values == pytest.approx(wanted, rel=1e-12, abs=1e-12)
        assert decimals == digits
        shown = bare.evaluate("([v, n]) => v.map(x => script.axis_number(x, n))", [values, decimals])
        assert [float(text.replace(",", "")) for text in shown] == pytest.approx(wanted, abs=10**-decimals / 2)


def test_placeholders(bare: Page) -> None:
    text, values = "{{{who}}} {what:x} {what} {at} {for}", {"who": -3, "what": 4097, "at": "1 ms", "for": "2 ms"}
    assert bare.evaluate("([t, v]) => script.fill(t, v)", [text, values]) == text.format(**values)


SCAN = """([meta, columns, lane, low, scale, width]) => {
  const bytes = Uint8Array.from(atob(columns), c => c.charCodeAt(0));
  const d = script.unpack(meta, new DataView(bytes.buffer));
  const pixels = Array(width).fill(null);
  script.scan(d, lane, low, scale, width,
    (x0, x1, j) => { for (let x = x0; x < x1; x++) pixels[x] = pixels[x] ? "twice" : d.order[j]; },
    (x, shares, n) => { pixels[x] = pixels[x] ? "twice" : [n, ...shares]; });
  return pixels;
}"""


def expected(lanes: Lanes, lane: int, low: float, scale: float, width: int) -> list[Any]:
    """What each pixel holds, straight from the definition: looked at one by one, with every segment."""
    boxes = [
        (i, max((lanes.start[i] - low) * scale, 0.0), min((lanes.end[i] - low) * scale, float(width)))
        for i in range(len(lanes))
        if lanes.lane[i] == lane and lanes.end[i] > low and lanes.start[i] < low + width / scale
    ]
    pixels: list[Any] = []
    for x in range(width):
        inside = [(i, x0, x1) for i, x0, x1 in boxes if x1 > x and x0 < x + 1]
        parts = [min(x1, x + 1) - max(x0, x) for _, x0, x1 in inside]
        if len(inside) > 1 and any(x0 >= x and x1 < x + 1 for _, x0, x1 in inside):
            shares = [0.0] * len(lanes.states)
            for (i, _, _), part in zip(inside, parts, strict=True):
                shares[lanes.state[i]] += part
            pixels.append([len(inside), *shares])
        else:
            pixels.append(inside[parts.index(max(parts))][0] if inside else None)
    return pixels


@pytest.mark.parametrize(
    ("segments", "low", "wide", "crowded"),
    [(60, 0, 60, False), (900, 0, 60, True), (900, 31.7, 2.5, False), (5000, -3, 80, True)],
)
def test_every_pixel_shows_what_lies_in_it(bare: Page, segments: int, low: float, wide: float, crowded: bool) -> None:
    lanes, width = made(3, segments), 240
    timeline = Timeline(lanes)
    packed = [json.loads(json.dumps(timeline.meta)), base64.b64encode(timeline.columns).decode()]
    piles = 0
    for lane in range(3):
        found = bare.evaluate(SCAN, [*packed, lane, low, width / wide, width])
        for pixel, wanted in zip(found, expected(lanes, lane, low, width / wide, width), strict=True):
            if isinstance(wanted, list):
                piles += 1
                assert pixel == pytest.approx(wanted)
            else:
                assert pixel == wanted
    assert (piles > 100) == crowded  # both ways of drawing are met


def test_an_area_is_the_mean_of_its_counts_in_every_pixel(bare: Page) -> None:
    """And its words, and the mark nearest to the pointer, are as Python has them."""
    dice, writer, states = random.Random(5), Writer(), made(1, 10).states
    at = 0.0
    while at < 60.0:
        counts = [dice.randint(0, 3) for _ in states]
        until = at + dice.choice((0.05, 0.4, 3.0))
        writer.area(0, counts, at, until)
        at = until
    for at in (3.0, 10.0, 10.5, 44.0):
        writer.instant(1, 1, at)
    lanes = writer.lanes(("all", "marks"), states, "ms", (0.0, 60.0), tops=(15, 0))
    timeline, width = Timeline(lanes), 240
    packed = [json.loads(json.dumps(timeline.meta)), base64.b64encode(timeline.columns).decode()]
    pixels = bare.evaluate(SCAN, [*packed, 0, 0, width / 60, width])
    inside = [i for i in range(len(lanes)) if lanes.lane[i] == 0]
    piles = 0
    for x, pixel in enumerate(pixels):
        low, high = x * 60 / width, (x + 1) * 60 / width
        parts = {i: min(lanes.end[i], high) - max(lanes.start[i], low) for i in inside}
        parts = {i: part for i, part in parts.items() if part > 1e-9}
        if not isinstance(pixel, list):
            assert list(parts) == [pixel]
            continue
        piles += 1
        mean = [
            sum(lanes.stack(i)[s] * part for i, part in parts.items()) / 15 / (high - low) for s in range(len(states))
        ]
        assert pixel[1:] == pytest.approx(mean, abs=1e-6)
    assert piles > 30
    said = bare.evaluate(
        """([meta, columns]) => {
          const bytes = Uint8Array.from(atob(columns), c => c.charCodeAt(0));
          const d = script.unpack(meta, new DataView(bytes.buffer));
          const near = [2.9, 10.2, 10.3, 43, 60].map(t => script.nearest(d, 1, t, 1.5)).map(j => j < 0 ? j : d.s[j]);
          const lasts = i => `${script.amount(d.end[i] - d.start[i])} ms`;
          const words = Array.from({ length: 9 }, (_, i) => script.stack_words(d, i, lasts(i)));
          return [near, words, [...d.points]];
        }""",
        packed,
    )
    assert said[0] == [3.0, 10.0, 10.5, 44.0, -1]
    assert said[1] == [lanes.sentence(i) for i in range(9)]
    assert said[2] == [0, 1]
