"""Who pays for the wait: shares of one vCPU under every scheduler, and their picture."""

from __future__ import annotations

import re

import pytest

from lab.pagefault import theory
from lab.pagefault.sharing import MEETINGS, SharingScenario, sharing
from lab.pagefault.sharing_picture import draw

SMALL = SharingScenario(faults=200)


def test_shares_add_up_and_the_wait_is_charged() -> None:
    found = sharing(SMALL)
    assert [one.scheduler for one in found.shares] == [s for s in ("rr", "cfs", "eevdf") for _ in range(3)]
    for one in found.shares:
        assert one.faulter + one.waits + one.calculator + one.rest == pytest.approx(1, abs=1e-9)
        assert (one.waits > 0) == (one.mode != "pv")
        assert one.charged == one.faulter + (one.waits if one.mode != "pv" else 0)
    for scheduler in ("cfs", "eevdf"):
        assert found.of(scheduler, "sync").charged == pytest.approx(theory.charged_share(), abs=0.02)
    told = found.of("cfs", "pv")
    assert told.calculator == pytest.approx(theory.vruntime_share(SMALL.compute, SMALL.page_in), abs=0.05)
    assert found.refused == (("fifo", "a task that never sleeps keeps its vCPU for ever under fifo or without a tick"),)
    with pytest.raises(KeyError):
        found.of("fifo", "pv")


@pytest.mark.parametrize("width", [560, 920])
def test_the_picture(width: int) -> None:
    found = sharing(SMALL)
    svg = draw(found, width).svg()
    keys = re.findall(r'data-key="([a-z:]+)"', svg)
    assert keys == [f"{one.scheduler}:{one.mode}" for one in found.shares] + ["fifo:"]
    assert svg == draw(found, width).svg()
    assert len(svg) < 60_000
    for key in keys:
        line, trace = found.why(key)
        assert line.startswith(key.split(":")[0])
        assert trace
    assert found.why("")[0].startswith("cfs, sync")


def test_the_presets_are_ordered_by_what_the_calculator_gains() -> None:
    disk, arm64, old = (preset.scenario for preset in MEETINGS)
    assert arm64.compute == pytest.approx(120, abs=1)
    assert old.page_in / old.compute == pytest.approx(20.8, abs=0.1)
    gain = [theory.vruntime_share(s.compute, s.page_in) for s in (arm64, disk, old)]
    assert gain == sorted(gain)
