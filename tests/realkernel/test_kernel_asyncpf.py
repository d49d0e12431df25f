"""What asyncpf's settings mean: the VMM's words, whom KVM tells, and what they predict."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.core.scenario import from_json, to_json
from lab.realkernel.asyncpf.prediction import COUNTS, predict
from lab.realkernel.asyncpf.recorded import settings_in
from lab.realkernel.asyncpf.settings import FLAGS, ORDERS, PRESETS, Settings, named, parse_flags

SETTINGS = st.builds(
    Settings,
    tasks=st.integers(1, 96),
    pages=st.integers(1, 130),
    flags=st.sampled_from(FLAGS),
    user_mode=st.booleans(),
    write=st.booleans(),
    compute=st.integers(0, 1000),
    order=st.sampled_from(ORDERS),
    batch=st.integers(1, 100),
    seed=st.integers(0, (1 << 63) - 1),
    pace=st.sampled_from(["settled", "timed"]),
    delay=st.integers(0, 5000).map(float),
    gap=st.integers(0, 5000).map(float),
)


@given(SETTINGS)
def test_the_words_for_the_vmm_say_all_of_the_settings(asked: Settings) -> None:
    heading = f"# vmm {' '.join(asked.words())} --quiet 20000 --limit 60\n"
    assert settings_in(heading, "x") == asked
    assert from_json(Settings, to_json(asked)) == asked


@given(SETTINGS)
def test_a_name_is_one_that_a_file_may_have(asked: Settings) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]{0,79}", asked.name)


def test_settings_that_are_called_alike_get_names_of_their_own() -> None:
    one = Settings()
    found = named([one, dataclasses.replace(one, gap=1.0), Settings(tasks=1), dataclasses.replace(one, gap=2.0)])
    assert list(found) == ["fifo-t4-p32-f0xb", "fifo-t4-p32-f0xb-2", "fifo-t1-p32-f0xb", "fifo-t4-p32-f0xb-3"]
    assert [one.gap for one in found.values()] == [500.0, 1.0, 500.0, 2.0]


@pytest.mark.parametrize(
    ("flags", "user", "told", "enabled"),
    [
        ("0x0", False, False, False),
        ("0x0", True, False, False),
        ("0x1", True, False, False),  # without the interrupt bit KVM takes it for off
        ("0x3", False, False, False),
        ("0x9", False, False, True),
        ("0x9", True, True, True),
        ("0xb", False, True, True),
        ("0xb", True, True, True),
    ],
)
def test_whom_kvm_tells(flags: str, user: bool, told: bool, enabled: bool) -> None:
    asked = Settings(flags=flags, user_mode=user)
    assert (asked.told, asked.enabled) == (told, enabled)
    counts = predict(asked).counts
    assert counts["told"] == counts["woken"] == (32 if told else 0)
    assert counts["untold"] == (0 if told else 32)
    assert counts["wake_all"] == int(enabled)
    assert counts["try"] == counts["not_present"] == counts["completed"] == counts["ready"] == 32


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"tasks": 0}, "--tasks: 0 is out of range"),
        ({"tasks": 97}, "--tasks: 97 is out of range, allowed is 1 to 96"),
        ({"pages": 5000}, "--pages: 5000 is out of range"),
        ({"flags": "0x20"}, "--flags: '0x20' is not one of 0x0, 0x1, 0x3, 0x9, 0xb"),
        ({"order": "any"}, "--order: 'any' is not one of fifo, lifo, random"),
        ({"delay": 1e6, "pages": 100}, "--delay: the pauses before 100 pages could come to 100 s"),
        ({"gap": 1e6, "pages": 100}, "give a shorter --delay and --gap"),
        ({"seed": -1}, "--seed: -1 is out of range"),
    ],
)
def test_what_cannot_be_run_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(LabError, match=re.escape(said)):
        Settings(**wrong)


def test_flags_may_be_written_in_any_base() -> None:
    assert [parse_flags(text) for text in ("11", "0xB", "0b1001", "0", "nine", "")] == [
        "0xb", "0xb", "0x9", "0x0", "nine", "",
    ]  # fmt: skip


def test_lifo_batches_come_in_the_order_that_the_readme_of_the_vmm_gives() -> None:
    said = predict(Settings(order="lifo", batch=4))
    arrivals = [page for kind, _, page in said.order if kind == "ready"]
    assert arrivals[:12] == [3, 2, 1, 0, 4, 5, 6, 7, 11, 10, 9, 8]
    tokens = [token for kind, token, _ in said.order if kind == "not_present"]
    assert tokens == [number << 12 for number in range(1, 33)]


def test_fifo_one_page_arrives_and_one_is_asked_for() -> None:
    order = predict(Settings(pages=8)).order
    assert [(kind, page) for kind, _, page in order] == [
        *(("not_present", page) for page in range(4)),
        *((kind, page + 4 * (kind == "not_present")) for page in range(4) for kind in ("ready", "not_present")),
        *(("ready", page) for page in range(4, 8)),
    ]


def test_above_64_a_fault_is_synchronous_and_its_token_is_used_up() -> None:
    said = predict(Settings(tasks=66, pages=66))
    assert said.counts["synchronous"] == 1
    assert said.counts["try"] == 66
    assert [token >> 12 for kind, token, _ in said.order if kind == "not_present"] == [*range(1, 65), 66]
    assert predict(Settings(tasks=64, pages=64)).counts["synchronous"] == 0
    assert predict(Settings(tasks=66, pages=66, flags="0x0")).counts["synchronous"] == 0


@given(SETTINGS)
@settings(max_examples=40)
def test_every_prediction_is_whole(one: Settings) -> None:
    said = predict(one)
    counts = said.counts
    assert tuple(counts) == COUNTS
    assert counts["try"] == one.pages == counts["not_present"] + counts["synchronous"]
    assert counts["not_present"] == counts["ready"] == counts["completed"] == counts["told"] + counts["untold"]
    assert counts["synchronous"] == 0 or one.over_limit
    asked = [event for event in said.order if event[0] == "not_present"]
    assert sorted(event[1:] for event in asked) == sorted(event[1:] for event in said.order if event[0] == "ready")
    assert [token for _, token, _ in asked] == sorted({token for _, token, _ in asked})


def test_the_seed_matters_to_random_alone() -> None:
    def orders(order: str) -> set[Any]:
        return {predict(Settings(order=order, batch=4, seed=seed)).order for seed in range(4)}

    assert len(orders("random")) == 4
    assert len(orders("fifo")) == len(orders("lifo")) == 1


def test_a_pace_that_waits_for_the_guest_makes_times_irrelevant() -> None:
    base = Settings(tasks=8, pages=64, order="random", batch=5)
    for other in ({"delay": 0.0, "gap": 0.0}, {"compute": 10**6}, {"delay": 1.0, "gap": 9000.0}):
        assert predict(dataclasses.replace(base, **other)).order == predict(base).order
    timed = dataclasses.replace(base, pace="timed")
    orders = {predict(dataclasses.replace(timed, delay=delay, compute=10**5)).order for delay in (10.0, 100.0, 9000.0)}
    assert len(orders) > 1


def test_presets_are_told_apart() -> None:
    assert [preset.id for preset in PRESETS] == [f"A{n}" for n in range(1, len(PRESETS) + 1)]
    assert len({preset.scenario.name for preset in PRESETS}) == len(PRESETS) >= 6


def test_importing_it_brings_no_notebook_and_no_simulator() -> None:
    code = (
        "import sys, lab.realkernel.asyncpf.run, lab.realkernel.asyncpf.recorded, lab.realkernel.asyncpf.lanes;"
        "heavy = {'simpy', 'numpy', 'numba', 'IPython', 'ipywidgets', 'anywidget', 'pyroute2'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout == "[]\n"
