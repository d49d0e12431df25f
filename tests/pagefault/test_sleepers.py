"""The guest's table of sleeping tasks, against a dict in the order in which entries came."""

from typing import Any

import numpy
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.compiled.buffer import Buffer
from lab.pagefault.compiled import COMPILER
from lab.pagefault.guest.sleepers import CHAINS, DUMMY, NO_ROOM, NOBODY, chain_of, new, sleep, wake, wake_all_next

ROOM = 12
SAME_CHAIN = [t for t in range(1 << 12, 1 << 24, 1 << 12) if chain_of(t) == chain_of(1 << 12)][:8]
tokens = st.one_of(st.sampled_from(SAME_CHAIN), st.integers(1, 0xFFFFFFFE), st.sampled_from([0x1000, 0x1001, 0x2000]))
steps = st.lists(
    st.tuples(st.sampled_from(["sleep", "wake", "wake all"]), tokens, st.integers(0, 2)), max_size=60
)  # fmt: skip


class Oracle:
    """token -> (task or DUMMY, vCPU), newest last; takes the rules' own view of what the kernel does."""

    def __init__(self, room: int) -> None:
        self.room, self.entries = room, dict[int, tuple[int, int]]()

    def sleep(self, token: int, task: int, vcpu: int) -> int:
        if token in self.entries:
            if self.entries[token][0] == DUMMY:
                del self.entries[token]
            return 0
        return self._enter(token, task, vcpu, 1)

    def wake(self, token: int, vcpu: int) -> int:
        if token not in self.entries:
            return self._enter(token, DUMMY, vcpu, DUMMY)
        if self.entries[token][0] == DUMMY:
            return DUMMY
        return self.entries.pop(token)[0]

    def wake_all(self, vcpu: int) -> list[int]:
        newest_first = reversed(list(self.entries.items()))
        mine = [(token, task) for token, (task, cpu) in newest_first if cpu == vcpu]
        for token, _ in mine:
            del self.entries[token]
        mine.sort(key=lambda entry: chain_of(entry[0]))  # chain after chain, in each the newest first
        return [task for _, task in mine if task != DUMMY]

    def _enter(self, token: int, task: int, vcpu: int, answer: int) -> int:
        if len(self.entries) == self.room:
            return NO_ROOM
        self.entries[token] = (task, vcpu)
        return answer


def everyone(s: Any, vcpu: int, rule: Any = wake_all_next) -> list[int]:
    found = list[int]()
    while (task := rule(s, vcpu)) != NOBODY:
        found.append(int(task))
    return found


def content(s: Any) -> dict[int, tuple[int, int]]:
    """What stands in the table, and that each node is in one chain, the right one, or free."""
    found, seen = dict[int, tuple[int, int]](), set[int]()
    for chain in range(CHAINS + 1):
        at = s[chain]
        while at != 0:
            assert at not in seen
            seen.add(at)
            if chain < CHAINS:
                assert chain_of(s[at]) == chain
                assert s[at] not in found
                found[int(s[at])] = (int(s[at + 1]), int(s[at + 2]))
            at = s[at + 3]
    assert len(seen) == (len(s) - CHAINS - 1) // 4
    return found


@settings(max_examples=150)
@given(steps)
def test_what_sleeps_wakes_once_and_on_its_own_token(done: list[tuple[str, int, int]]) -> None:
    s, oracle = new(ROOM), Oracle(ROOM)
    for task, (what, token, vcpu) in enumerate(done):
        if what == "sleep":
            assert sleep(s, token, task, vcpu) == oracle.sleep(token, task, vcpu)
        elif what == "wake":
            assert wake(s, token, vcpu) == oracle.wake(token, vcpu)
        else:
            assert everyone(s, vcpu) == oracle.wake_all(vcpu)
    assert content(s) == oracle.entries


@given(st.lists(tokens, unique=True, max_size=ROOM), st.data())
def test_in_whatever_order_ready_and_not_present_come_nobody_sleeps_on(
    all_tokens: list[int], data: st.DataObject
) -> None:
    """Each token's not-present and ready once, in any order: in the end the table is empty, everybody goes on."""
    s = new(ROOM)
    order = data.draw(st.permutations([(token, half) for token in all_tokens for half in ("sleep", "wake")]))
    goes_on = list[int]()
    for token, half in order:
        if half == "sleep":
            if sleep(s, token, token, 0) == 0:
                goes_on.append(token)
        elif (task := wake(s, token, 0)) != DUMMY:
            goes_on.append(task)
    assert sorted(goes_on) == sorted(all_tokens)
    assert content(s) == {}


def test_a_second_sleeper_on_a_token_is_turned_away_and_the_first_stays() -> None:
    s = new(2)
    assert sleep(s, 0x1000, 7, 0) == 1
    assert sleep(s, 0x1000, 8, 0) == 0
    assert wake(s, 0x1000, 0) == 7


def test_wake_all_is_for_the_sleepers_of_one_vcpu_and_takes_its_dummies_away() -> None:
    s = new(4)
    sleep(s, 0x1000, 1, 0)
    sleep(s, 0x2001, 2, 1)
    wake(s, 0x3000, 0)
    wake(s, 0x3001, 1)
    assert everyone(s, 0) == [1]
    assert content(s) == {0x2001: (2, 1), 0x3001: (DUMMY, 1)}
    assert everyone(s, 0) == []


@given(st.integers(0, 0xFFFFFFFF))
def test_the_chain_is_the_kernels_hash_32(token: int) -> None:
    assert chain_of(token) == (token * 0x61C88647 % 2**32) // 2**24


@settings(max_examples=25)
@given(steps)
def test_compiled_the_table_is_the_same(done: list[tuple[str, int, int]]) -> None:
    s = new(ROOM)
    array: Any = numpy.array(s)
    a = Buffer(array)
    fast_sleep, fast_wake, fast_wake_all = (COMPILER.compiled(rule) for rule in (sleep, wake, wake_all_next))
    for task, (what, token, vcpu) in enumerate(done):
        if what == "sleep":
            assert sleep(s, token, task, vcpu) == fast_sleep(a, token, task, vcpu)
        elif what == "wake":
            assert wake(s, token, vcpu) == fast_wake(a, token, vcpu)
        else:
            assert everyone(s, vcpu) == everyone(a, vcpu, fast_wake_all)
    assert s == array.tolist()
