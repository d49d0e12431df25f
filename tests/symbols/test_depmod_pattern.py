"""Patterns of kernel versions against the C library's own `regcomp` and `regexec`, which kmod asks."""

from __future__ import annotations

import contextlib
import ctypes
import platform
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lab.symbols.depmod.pattern import BadPattern, matches

EXTENDED, NOSUB = 1, 8
NOT_HERE = "is not understood here"
ATOMS = st.sampled_from(
    [*"61.-ab^$|()[]*+?{},:=", "\\", "\\.", "\\-", "\\w", "\\S", ".*", "[0-9]", "[^a-z]", "[[:digit:]]", "[]a]", "{2}",
     "{1,2}", "{,1}", "{0,}", "amd64", "(6|5)", "[[.a.]-c]"]
)  # fmt: skip
VERSIONS = st.sampled_from(["6.1.0-56-amd64", "6", "", "5.10-a]b", "aab{2}", "a.b^c$d", "-|*+"])


def by_libc(pattern: str, text: str) -> bool | None:
    """What the C library says; None for no pattern."""
    libc = ctypes.CDLL(None)
    compiled = ctypes.create_string_buffer(256)  # regex_t has 64 bytes
    if libc.regcomp(compiled, pattern.encode(), EXTENDED | NOSUB):
        return None
    try:
        return bool(libc.regexec(compiled, text.encode(), 0, None, 0) == 0)
    finally:
        libc.regfree(compiled)


def by_us(pattern: str, text: str) -> bool | None:
    try:
        return matches(pattern, text)
    except BadPattern as error:
        if NOT_HERE in str(error):
            raise
        return None


@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the C library here is not glibc, which kmod was read with"
)
@example("^*", "6")
@example("a|", "6")
@example("()", "6")
@example("6.1*(56){1}-", "6.1.0-56-amd64")
@example("[a-", "a")
@example("[--0]", "-")
@example("a{2,1}", "aa")
@example("+", "+")
@example("x)", "x)")
@example("(a{2}){2}{2}", "aaaaaaaa")
@given(st.lists(ATOMS, max_size=7).map("".join), VERSIONS)
def test_as_the_c_library_decides(pattern: str, text: str) -> None:
    try:
        ours = by_us(pattern, text)
    except BadPattern:
        return
    assert ours == by_libc(pattern, text)


@pytest.mark.parametrize(
    "pattern",
    ["(" * 5000 + ")" * 5000, "a" + "*" * 5000, "(a*)*" * 2000, "((((a{30000}){30000}){30000}){30000})",
     "[" + "a-z" * 3000, "(((((((((a|b)*|c)*|d)*|e)*|f)*|g)*|h)*|i)*|j)*$"],
)  # fmt: skip
def test_hostile_patterns_take_no_time(pattern: str) -> None:
    before = time.process_time()
    with contextlib.suppress(BadPattern):
        matches(pattern, "a" * 200 + "!")
    assert time.process_time() - before < 2


def test_what_is_not_understood_is_said() -> None:
    for pattern in ("(a)\\1", "\\bx", "\\<x"):
        with pytest.raises(BadPattern, match=NOT_HERE):
            matches(pattern, "a")
