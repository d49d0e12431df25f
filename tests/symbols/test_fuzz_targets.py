"""Every fuzz target runs: on its whole seeds, and on a few damaged ones, the same in every run."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.__main__ import try_one
from tests.fuzz.mutate import damaged
from tests.fuzz.targets import TARGETS


@pytest.mark.parametrize("name", TARGETS)
def test_whole_files_are_read(name: str) -> None:
    seeds = TARGETS[name].seeds()
    assert seeds
    assert all(seeds), "an empty seed says nothing"
    for data in seeds:
        try_one(name, data)


@pytest.mark.parametrize("name", TARGETS)
def test_damaged_files_cost_a_line(name: str) -> None:
    @settings(max_examples=12, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(damaged(list(TARGETS[name].seeds())))
    def body(data: bytes) -> None:
        try_one(name, data)

    body()


@settings(max_examples=50, deadline=None)
@given(st.data(), st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=3))
def test_damage_is_bounded(data: st.DataObject, seeds: list[bytes]) -> None:
    assert len(data.draw(damaged(seeds))) < 200_000


def test_a_bug_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import dataclasses

    def crash(data: bytes) -> None:
        raise IndexError

    monkeypatch.setitem(TARGETS, "trie", dataclasses.replace(TARGETS["trie"], run=crash))
    with pytest.raises(IndexError):
        try_one("trie", b"x")
