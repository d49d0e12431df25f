"""Patterns of .link files: what the C library's fnmatch answers is the measure."""

import ctypes
import ctypes.util
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.naming.link import glob
from lab.naming.link.glob import matches

LETTERS = "ab*?[]!^-\\:/."
NO_MATCH = 1  # FNM_NOMATCH


def libc_says(pattern: str, text: str) -> bool:
    name = ctypes.util.find_library("c")
    if name is None or not hasattr(ctypes.CDLL(name), "fnmatch"):
        pytest.skip("there is no fnmatch of the C library here")
    return int(ctypes.CDLL(name).fnmatch(pattern.encode(), text.encode(), 0)) != NO_MATCH


@given(st.text(LETTERS, max_size=8), st.text("ab-/.!]\\", max_size=5))
def test_patterns_fit_what_they_fit_for_the_c_library(pattern: str, text: str) -> None:
    assert matches(pattern, text) == libc_says(pattern, text)


@given(st.text("[]ab-!^", min_size=1, max_size=7).map("[".__add__), st.text("ab-]!", max_size=3))
def test_brackets(pattern: str, text: str) -> None:
    assert matches(pattern, text) == libc_says(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*-usb-*", "pci-0000:00:14.0-usb-0:2:1.0"),
        ("pci-*", "platform-1"),
        ("en[[:alpha:]]*[[:digit:]]", "enp0s3"),
        ("[[:nonsense:]]", "a"),
        ("e*", ".e"),
        ("*", "a/b"),
        ("[!e]*", "wlan0"),
        ("a\\*", "a*"),
        ("a\\", "a\\"),
        ("[a", "[a"),
        ("[]a]", "]"),
        ("[z-a]", "b"),
        ("*" * 60 + "b", "a" * 60),
    ],
)
def test_single_patterns(pattern: str, text: str) -> None:
    assert matches(pattern, text) == libc_says(pattern, text)


def test_case_is_ignored_when_asked() -> None:
    assert matches("WEB*", "web1.example", ignore_case=True)
    assert not matches("WEB*", "web1.example")


def test_a_hostile_pattern_costs_no_more_than_the_two_lengths() -> None:
    for pattern, text in (
        ("*a" * 6 + "b", "a" * 100),
        ("*[ab]" * 40 + "c", "ab" * 2000),
        ("*?" * 100 + "x", "y" * 500),
    ):
        tried = 0
        made = glob._compiled(pattern, False)
        assert made is not None

        def counted(test: Callable[[str], object]) -> Callable[[str], object]:
            def ask(letter: str) -> object:
                nonlocal tried
                tried += 1
                return test(letter)

            return ask

        steps = tuple(None if step is None else counted(step) for step in made)
        assert not glob._fits(steps, text)
        assert not matches(pattern, text)
        assert 0 < tried <= 2 * len(pattern) * len(text)
