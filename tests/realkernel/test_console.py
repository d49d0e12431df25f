"""What a guest prints, whole and in pieces, honest and not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.realkernel.machine.console import LIMIT, Console

SHA = "0123456789abcdef" * 4
SAID = f"[    0.1] booting\r\n##lab mark up\r\nhello\n##lab mark two words\n##lab out 345 {SHA}\n##lab end 3\n".encode()


@given(st.lists(st.integers(1, 20), max_size=40))
def test_the_pieces_do_not_matter(cuts: list[int]) -> None:
    console, at = Console(), 0
    for size in [*cuts, len(SAID)]:
        console.take(SAID[at : at + size], 1.5)
        at += size
    assert [mark.text for mark in console.marks] == ["up", "two words"]
    assert console.sent is not None
    assert (console.sent.size, console.sent.sha256, console.status, console.panic) == (345, SHA, 3, "")
    assert "hello" in console.text
    assert console.last(2) == "hello"


@given(st.binary(max_size=300))
def test_nothing_a_guest_prints_is_an_error(data: bytes) -> None:
    console = Console()
    console.take(data, 0)
    console.take(b"\n##lab end 0\n", 1)
    assert console.status == 0
    assert console.text.count("\n") == data.count(b"\n") + 2


@pytest.mark.parametrize(
    "line",
    ["##lab end -1", "##lab end 1000", "##lab end", "x##lab end 0", "##lab out 3 abc", f"##lab out -3 {SHA}",
     f"##lab out 3 {SHA.upper()}"],
)  # fmt: skip
def test_a_damaged_line_counts_as_none(line: str) -> None:
    console = Console()
    console.take(line.encode() + b"\n", 0)
    assert (console.status, console.sent, console.marks) == (None, None, [])


def test_init_says_why_there_are_no_results() -> None:
    console = Console()
    console.take(b"abc\n##lab fault /dev/ttyS1 is no \x1b[1mline\n##lab fault second\n##lab end 0\n", 0)
    assert console.fault.startswith("/dev/ttyS1 is no ")
    assert "\x1b" not in console.fault
    assert (console.status, console.sent) == (0, None)


def test_a_panic_is_told_by_its_reason() -> None:
    console = Console()
    console.take(b"[    2.7] Kernel panic - not syncing: Attempted to kill init! exitcode=0x1\n", 2.8)
    console.take(b"[    2.8] Kernel panic - not syncing: second\n", 2.9)
    assert console.panic == "Attempted to kill init! exitcode=0x1"


def test_before_the_first_mark_the_kernels_lines_are_the_last() -> None:
    console = Console()
    console.take(b"[    0.1] one\n[    0.2] two\n\n[    0.3] reboot: Restarting system\n", 0)
    assert console.last(2) == "[    0.1] one | [    0.2] two"


def test_control_characters_do_not_reach_a_message() -> None:
    console = Console()
    console.take(b"\x1b[31mred\x07\n##lab mark \x1b[2Jgone\n", 0)
    assert "\x1b" not in console.last(1)
    assert "\x1b" not in console.marks[0].text


def test_a_guest_that_prints_without_end_is_stopped() -> None:
    console = Console()
    for _ in range(8):
        console.take(b"y" * (LIMIT // 8), 0)
    with pytest.raises(LabError, match="prints without end: more than 2 MiB"):
        console.take(b"y", 0)
