"""Pictures: an XML parser reads every one, whatever text is put into it."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.palette import TOKENS
from lab.core.svg import Picture, number

SVG = "{http://www.w3.org/2000/svg}"
FINITE = st.floats(-1e7, 1e7)
ANY_TEXT = st.text(st.characters(exclude_categories=()))


def drawn(picture: Picture) -> ElementTree.Element:
    return ElementTree.fromstring(picture.svg())


@given(FINITE)
def test_a_number_is_short_and_right(value: float) -> None:
    text = number(value)
    assert re.fullmatch(r"-?\d+(\.\d{1,2})?", text)
    assert text != "-0"
    assert float(text) == pytest.approx(value, abs=0.00501)


@given(ANY_TEXT, ANY_TEXT, ANY_TEXT, ANY_TEXT)
def test_any_text_gives_well_formed_xml(title: str, desc: str, label: str, tip: str) -> None:
    picture = Picture(100, 50, title, desc)
    picture.open(key="k" + label, label=label)
    picture.rect(0, 0, 10, 10, "bad", tip=tip)
    picture.text(5, 5, label)
    picture.close()
    root = drawn(picture)
    ElementTree.fromstring(picture.standalone().encode())
    assert root.find(f"{SVG}title") is not None
    assert root.find(f"{SVG}g/{SVG}text") is not None


def test_text_arrives_unchanged() -> None:
    picture = Picture(100, 50, "a < b & c", 'says "x"')
    picture.text(1, 2, "eth0 → <enp1s0> & 'more'", mono=True, bold=True, turn=-90, anchor="middle")
    root = drawn(picture)
    assert root.findtext(f"{SVG}title") == "a < b & c"
    assert root.findtext(f"{SVG}desc") == 'says "x"'
    text = root.find(f"{SVG}text")
    assert text is not None
    assert text.text == "eth0 → <enp1s0> & 'more'"
    assert text.get("transform") == "rotate(-90 1 2)"
    assert text.get("text-anchor") == "middle"


@pytest.mark.parametrize("token", TOKENS)
def test_every_pattern_that_is_used_is_defined(token: str) -> None:
    picture = Picture(10, 10, "t", "d")
    picture.rect(0, 0, 5, 5, token)
    svg = picture.svg()
    assert set(re.findall(r"url\(#([^)]+)\)", svg)) <= set(re.findall(r' id="([^"]+)"', svg))


def test_the_same_calls_give_the_same_bytes() -> None:
    def make() -> str:
        picture = Picture(10, 10, "t", "d")
        picture.path("M0 0L1 1", ink="ink", dash="4 3")
        picture.line(0, 0, 1, 1, "edge")
        return picture.standalone()

    assert make() == make()


def test_a_thing_to_choose_is_announced() -> None:
    picture = Picture(10, 10, "t", "d")
    picture.open(key="enp1s0", label="enp1s0, taken")
    picture.close()
    group = drawn(picture).find(f"{SVG}g")
    assert group is not None
    assert group.attrib == {"data-key": "enp1s0", "role": "button", "aria-label": "enp1s0, taken"}


def test_standalone_has_its_own_ground() -> None:
    root = ElementTree.fromstring(Picture(10, 10, "t", "d").standalone().encode())
    ground = root.find(f"{SVG}rect")
    assert ground is not None
    assert ground.attrib == {"width": "100%", "height": "100%", "fill": "#FFFFFF"}


def test_an_unknown_colour_is_a_bug() -> None:
    with pytest.raises(KeyError):
        Picture(10, 10, "t", "d").rect(0, 0, 1, 1, "purple")
