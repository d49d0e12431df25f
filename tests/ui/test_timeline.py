"""The timeline widget without a page: what it sends, how it reads as text and as a still picture."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from array import array
from xml.etree import ElementTree

import pytest

from lab.core.lanes import Lanes, State, Writer
from lab.ui.timeline import Timeline

STATES = (
    State("good", "computes", "task {who} computes, {for}"),
    State("wait", "waits", "task {who} waits for page 0x{what:x}, {for}"),
    State("new", "ready", "task {who} is ready, {for}", outline=True),
)


def lanes(count: int = 2, segments: int = 6, span: tuple[float, float] = (0.0, 60.0)) -> Lanes:
    writer = Writer()
    each = (span[1] - span[0]) * count / segments
    for i in range(segments):
        at = span[0] + (i // count) * each
        writer.add(i % count, (i // count) % 3, at, at + each, who=i - 3, what=0x1000 + i, group=i // 2 - 1)
    notes, shares = tuple("69 %" for _ in range(count)), (0.69, *(None for _ in range(count - 1)))
    return writer.lanes(tuple(f"lane {n}" for n in range(count)), STATES, "ms", span, notes, shares, shares)


def test_repr_has_no_address() -> None:
    assert repr(Timeline()) == "Timeline()"
    assert repr(Timeline(lanes())) == "Timeline(2 lanes, 6 segments, 0–60 ms)"
    assert repr(Timeline(lanes(1, 1234))) == "Timeline(1 lane, 1234 segments, 0–60 ms)"


def test_columns_are_what_the_script_unpacks() -> None:
    shown = lanes()
    timeline = Timeline(shown)
    n = len(shown)
    assert timeline.meta["count"] == n == 6
    read = struct.unpack(f"<{n}d{n}d{n}i{n}i{n}i{n}H{n}B", timeline.columns)
    columns = [list(read[k * n : (k + 1) * n]) for k in range(7)]
    wanted: list[array[float] | array[int]] = [
        shown.start,
        shown.end,
        shown.who,
        shown.what,
        shown.group,
        shown.lane,
        shown.state,
    ]
    assert columns == [list(column) for column in wanted]


def test_names_travel_as_plain_json() -> None:
    meta = json.loads(json.dumps(Timeline(lanes()).meta, allow_nan=False))
    assert meta["names"] == ["lane 0", "lane 1"]
    assert meta["span"] == [0.0, 60.0]
    assert meta["shares"] == [0.69, None]
    assert [s["pattern"] for s in meta["states"]] == ["solid", "dots", "plus"]
    assert [s["outline"] for s in meta["states"]] == [False, False, True]


def test_new_data_forget_the_choice_and_leave_in_one_message() -> None:
    timeline = Timeline(lanes(), "before")
    timeline.selected = 4
    sent: list[set[str]] = []
    timeline.send_state = lambda key=None: sent.append({key} if isinstance(key, str) else set(key))
    timeline.show(lanes(2, 8), "after")
    assert timeline.selected == -1
    assert sent == [{"columns", "meta", "headline", "selected"}]


def test_the_same_data_shown_again_keep_the_choice() -> None:
    timeline = Timeline(lanes())
    timeline.selected = 4
    timeline.show(lanes(), "for another size of letters")
    assert timeline.selected == 4


def test_the_bundle_holds_a_still_picture_beside_the_widget() -> None:
    bundle = Timeline(lanes(), "`pv` keeps the vCPU 69 % busy.")._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["text/plain"] == "Timeline(2 lanes, 6 segments, 0–60 ms)"
    assert "application/vnd.jupyter.widget-view+json" in data
    svg = ElementTree.fromstring(data["image/svg+xml"])
    assert svg.findtext("{http://www.w3.org/2000/svg}desc") == "`pv` keeps the vCPU 69 % busy."
    assert "var(--" not in data["image/svg+xml"]
    empty = Timeline()._repr_mimebundle_()
    assert "image/svg+xml" not in (empty[0] if isinstance(empty, tuple) else empty)


@pytest.mark.parametrize("count", [1, 2, 12, 40])
def test_a_still_picture_of_a_hundred_thousand_segments_is_small_and_says_what_is_merged(count: int) -> None:
    shown = lanes(count, 100_000)
    svg = Timeline(shown).picture().standalone()
    assert len(svg.encode()) < 200_000
    found = re.search(r">([\d,]+) merged into others<", svg)
    assert found is not None
    assert int(found[1].replace(",", "")) >= 100_000 - count * 920  # at most one a lane and pixel is drawn


def test_nothing_shown_has_no_picture() -> None:
    with pytest.raises(ValueError, match="nothing is shown"):
        Timeline().picture()


def test_a_machine_of_the_other_byte_order_sends_the_same() -> None:
    program = (
        "import sys; from array import array; from lab.ui import timeline;"
        "sys.byteorder = 'big'; print(timeline._little(array('d', [1.5])).hex())"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert bytes.fromhex(found.stdout) == array("d", [1.5]).tobytes()[::-1]
