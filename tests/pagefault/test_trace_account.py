"""A trace against the logs of both sides: the recordings with their oddities, and logs that were changed."""

from __future__ import annotations

import re

import pytest

from lab.core import dataset
from lab.core.errors import LabError
from lab.pagefault.trace import Finding, account, parse_log
from tests.pagefault.recorded import NOT_TOLD, PAGES, TOLD, recorded


def findings(name: str, log: str | None = None) -> dict[str, Finding]:
    trace, pairing, read = recorded(name)
    found = account(trace, read if log is None else parse_log(log), pairing)
    assert len({one.name for one in found}) == len(found)
    return {one.name: one for one in found}


def log_of(name: str) -> str:
    return dataset.find(f"pagefault/{name}").path.with_name(f"{name}.vmm.txt").read_text("ascii")


@pytest.mark.parametrize("name", PAGES)
def test_the_log_of_a_recording_is_read_wholly(name: str) -> None:
    log, text = recorded(name).log, log_of(name)
    assert log.unread_count == 0
    assert log.lines == len(text.splitlines())
    read = len(log.wanted) + len(log.arrivals) + len(log.guest) + (1 if log.result else 0) + log.headings + log.blank
    assert read == log.lines
    assert len(log.guest) == log.result["log"] == text.count("\nG ")
    assert len(log.wanted) == text.count("UFFD fault ")
    assert len(log.arrivals) == text.count("UFFD copy ")


@pytest.mark.parametrize("name", TOLD)
def test_all_agree_where_the_guest_is_told(name: str) -> None:
    found = findings(name)
    assert [one.name for one in found.values() if not one.agrees] == []
    assert set(found) >= {"try-arrivals", "not_present-arrivals", "completed-arrivals", "told", "woken", "injected"}
    assert found["told"].said.startswith(f"the guest was told of all {PAGES[name]} faults")


def test_a_guest_that_did_not_enable_it_is_told_nothing() -> None:
    found = findings("off-hostonly")
    assert [one.name for one in found.values() if not one.agrees] == ["told", "woken"]
    assert found["told"].said == (
        "the guest was told of 0 of 32 faults: it has not enabled that (flags 0x0), so each fault halts its vCPU"
    )
    assert len(found["told"].values) == 32
    assert "wake-all" not in found


def test_a_guest_that_asked_for_user_mode_only_is_told_nothing_and_one_arrival_is_not_logged() -> None:
    found = findings("on-nosendalways")
    odd = {one.name: one for one in found.values() if not one.agrees}
    assert set(odd) == {"try-arrivals", "not_present-arrivals", "completed-arrivals", "told", "woken"}
    for kind in ("try", "not_present", "completed"):
        assert odd[f"{kind}-arrivals"].values == (0x101F000,)
        assert "the line of its arrival is what is missing" in odd[f"{kind}-arrivals"].said
    assert "told of 0 of 32 faults: it asked to be told in user mode only (flags 0x9" in odd["told"].said


@pytest.mark.parametrize("name", PAGES)
def test_the_wake_all_at_enable_wakes_nobody(name: str) -> None:
    found = findings(name)
    if name == "off-hostonly":
        assert "wake-all" not in found
        return
    assert found["wake-all"].agrees
    assert found["wake-all"].values == (0xFFFFFFFF,)
    assert found["wake-all"].said.endswith("woke nobody: the guest logs it as SPURIOUS")


def without(text: str, part: str) -> str:
    lines = text.splitlines(keepends=True)
    gone = [line for line in lines if part in line]
    assert len(gone) == 1
    return "".join(line for line in lines if part not in line)


def test_the_oddities_are_found_and_not_known_by_heart() -> None:
    text = log_of("on-int")
    found = findings("on-int", without(text, "UFFD copy   t=14.967ms gpa=0x1001000"))
    assert found["completed-arrivals"].values == (0x1001000,)
    whole = log_of("on-nosendalways") + "UFFD copy   t=223.0ms gpa=0x101f000 rc=0\n"
    assert findings("on-nosendalways", whole)["try-arrivals"].agrees
    more = findings("on-int", text + "UFFD copy   t=99.0ms gpa=0x1020000 rc=0\n")
    assert more["try-arrivals"].values == (0x1020000,)
    assert more["try-arrivals"].said.startswith("0x1020000 arrived by the VMM's log, but not try in the trace")


def test_each_check_can_fail() -> None:
    text = log_of("on-int")
    changed = {
        "told": without(text, "NOT_PRESENT 0x5000"),
        "injected": without(text, "NOT_PRESENT 0x5000"),
        "woken": without(text, "READY 0x5000"),
        "wake-all": without(text, "SPURIOUS 0xffffffff"),
        "touched": without(text, "TOUCHED 0x1004000"),
        "result": text.replace("not_present=32", "not_present=31"),
        "workers": text.replace("gpa=0x1004000 by tid 17", "gpa=0x1004000 by tid 18"),
        "arrivals-failed": text.replace("gpa=0x1004000 rc=0", "gpa=0x1004000 rc=-1File exists"),
        "clock": re.sub(r"host_tsc=54(\d+ task\d+ NOT_PRESENT)", r"host_tsc=53\1", text),
    }
    for check, log in changed.items():
        assert log != text, check
        found = findings("on-int", log)
        assert not found[check].agrees, check
    assert findings("on-int", without(text, "RESULT"))["result"].said.startswith("the log has no RESULT line")
    swapped = text.replace("NOT_PRESENT 0x5000", "NOT_PRESENT 0x!").replace("NOT_PRESENT 0x6000", "NOT_PRESENT 0x5000")
    swapped = swapped.replace("NOT_PRESENT 0x!", "NOT_PRESENT 0x6000")
    assert (
        findings("on-int", swapped)["told"].said == "the guest's 32 NOT_PRESENT are in another order than the trace's"
    )


def test_a_log_s_lines_that_are_not_understood_are_kept() -> None:
    log = parse_log("UFFD copy   t=1.0ms gpa=0x1000 rc=0\nUFFD copy   t=x gpa=0x1000 rc=0\nRESULT rc=0.0.0\n\n", "n")
    assert (len(log.arrivals), log.unread_count, log.blank, log.lines) == (1, 2, 1, 4)
    assert [one.line for one in log.unread] == [2, 3]
    for data in ("", "hello\n", b"\x00\xff" * 50):
        with pytest.raises(LabError, match=r"^n: no log of the VMM: none of its \d+ lines is an UFFD, RESULT or guest"):
            parse_log(data, "n")


def test_who_is_not_told_is_halted_one_fault_after_the_other() -> None:
    for name in NOT_TOLD:
        last = 0
        for one in recorded(name).pairing.intervals:
            assert one.asked is not None
            assert one.asked > last
            last = one.ready or 0
