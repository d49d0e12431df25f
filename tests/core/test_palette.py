"""Colours: contrast after WCAG 2.1, a definition for every use, no variable left in a stand-alone picture."""

import re

import pytest

from lab.core import palette
from lab.core.svg import Picture


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("name", palette.TOKENS)
def test_text_on_every_fill_is_readable(name: str) -> None:
    token = palette.TOKENS[name]
    assert contrast(token.light, token.light_ink) >= 4.5
    assert contrast(token.dark, token.dark_ink) >= 4.5


@pytest.mark.parametrize("dark", [False, True])
def test_text_on_the_page_is_readable_and_edges_are_seen(dark: bool) -> None:
    colour = {name: pair[dark] for name, pair in palette.SURFACES.items()}
    assert contrast(colour["surface"], colour["ink"]) >= 7
    assert contrast(colour["surface"], colour["secondary"]) >= 4.5
    assert contrast(colour["surface"], colour["edge"]) >= 3


def test_the_formula_itself() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


def test_every_state_has_a_mark_of_its_own() -> None:
    marks = [token.mark for token in palette.TOKENS.values()]
    assert len(set(marks)) == len(marks)


def test_css_defines_every_name_in_light_and_dark() -> None:
    text = palette.css()
    for name in [*palette.TOKENS, *palette.SURFACES, *(f"on-{n}" for n in palette.TOKENS)]:
        assert palette.var(name) == f"var(--lab-{name})"
        assert len(re.findall(rf"--lab-{name}:#[0-9A-F]{{6}};", text)) == 3


def test_an_unknown_name_is_a_bug() -> None:
    with pytest.raises(KeyError):
        palette.var("purple")


@pytest.mark.parametrize("dark", [False, True])
def test_standalone_leaves_no_variable(dark: bool) -> None:
    picture = Picture(10, 10, "t", "d")
    for name in palette.TOKENS:
        picture.rect(0, 0, 1, 1, name, edge="edge")
        picture.text(0, 0, "x", ink=f"on-{name}")
    text = palette.standalone(picture.svg(), dark)
    assert "var(" not in text
    assert palette.TOKENS["good"].dark in text if dark else palette.TOKENS["good"].light in text
