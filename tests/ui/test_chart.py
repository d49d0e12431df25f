"""The chart widget: what it sends, how it reads as text."""

from __future__ import annotations

from lab.core.svg import Picture
from lab.ui.chart import Chart


def drawn(title: str) -> Picture:
    picture = Picture(100, 50, title, "a description")
    picture.rect(0, 0, 10, 10, "bad")
    return picture


def test_shows_the_picture_and_keeps_the_chosen_key() -> None:
    chart = Chart(drawn("one"))
    chart.selected = "k"
    chart.show(drawn("two"))
    assert "<title>two</title>" in chart.svg
    assert chart.selected == "k"


def test_repr_has_no_address_and_the_bundle_a_standalone_picture() -> None:
    chart = Chart(drawn("one"))
    assert repr(chart) == "Chart('one')"
    assert repr(Chart()) == "Chart()"
    bundle = chart._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    assert data["image/svg+xml"].startswith("<?xml")
    assert data["text/plain"] == "Chart('one')"
