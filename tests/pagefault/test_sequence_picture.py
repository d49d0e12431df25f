"""The steps drawn: the present one is marked, what can be chosen has its key, the state stands beside."""

from __future__ import annotations

import re

import pytest

from lab.pagefault.sequence import CASES, sequence
from lab.pagefault.sequence.picture import draw


def texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


@pytest.mark.parametrize("case", [case.id for case in CASES])
@pytest.mark.parametrize("width", [560, 920])
def test_the_present_step_is_marked(case: str, width: int) -> None:
    found = sequence(case)
    for asked in (1, 0, len(found.steps)):
        svg = draw(found, asked, width).svg()
        number = found.number(asked)
        said = texts(svg)
        assert f"▶{number}" in said
        keys = [int(key) for key in re.findall(r'data-key="step:(\d+)"', svg)]
        assert number in keys
        assert keys == sorted(keys)
        assert 3 <= len(keys) <= 9
        assert svg == draw(found, asked, width).svg()
        assert len(svg) < 30_000
        if width == 920:
            state = found.at(asked).state
            assert any(text.startswith(f"queued: {state.queued} of ") for text in said)
            assert state.slot_said in said
            assert f"After step {number}" in said


def test_no_word_is_smaller_than_the_text() -> None:
    for text in (14, 22):
        sizes = re.findall(r'font-size="([0-9.]+)"', draw(sequence("limit"), 0, 920, text).svg())
        assert min(float(size) for size in sizes) >= text
