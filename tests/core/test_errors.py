"""A user's error is one printable line, whatever it quotes."""

from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError


@given(st.text(st.characters(exclude_categories=())))
def test_a_message_is_one_printable_line(message: str) -> None:
    line = str(LabError(message))
    assert line.isprintable()
    assert len(line.splitlines()) <= 1


def test_what_is_printable_stays() -> None:
    assert str(LabError("größer als 2 µs – `x`")) == "größer als 2 µs – `x`"
    assert str(LabError("a\x1b[31mred\nline")) == "a\\x1b[31mred line"
