"""Named devices: each is a scenario, says where it comes from, and its figures are what its words come to."""

import json
import math
import re

import pytest

from lab import cli
from lab.core.errors import LabError
from lab.core.scenario import command_line
from lab.pagefault.devices import DEVICES, device_by_id, with_device
from lab.pagefault.laws import parse_law
from lab.pagefault.scenario import PageFaultScenario


def test_the_eight_devices_of_the_contract() -> None:
    assert [d.id for d in DEVICES] == ["hdd", "sas", "sata-ssd", "nvme", "optane", "zram", "rdma", "postcopy"]


@pytest.mark.parametrize("device", DEVICES, ids=lambda d: d.id)
def test_each_makes_a_scenario_and_says_where_it_comes_from(device) -> None:  # type: ignore[no-untyped-def]
    made = with_device(PageFaultScenario(tasks=3), device)
    assert (made.tasks, made.page_in, made.page_in_dist, made.slots) == (3, device.page_in, device.dist, device.slots)
    assert parse_law(made.page_in_dist).kind in ("exp", "det", "lognormal")
    assert len(device.source) > 40
    # a figure without a publication says so
    assert device.source.startswith("assumed") or re.search(r"20\d\d|https?://|commit", device.source)


def test_the_figures_are_what_the_sources_come_to() -> None:
    found = {d.id: d for d in DEVICES}
    assert found["sata-ssd"].page_in == 1e6 / 10_000
    assert found["sata-ssd"].slots == 100_000 / 10_000
    assert found["nvme"].page_in == pytest.approx(1e6 / 20_176, rel=0.01)
    assert found["nvme"].slots == round(479_318 / 20_176)
    assert found["optane"].slots == int(584_800 / 108_300)
    assert found["zram"].page_in == pytest.approx(1.64e6 / (5 * 2**30 / 4096), rel=0.01)
    assert found["postcopy"].slots == int(30 / (1e6 / (2 * 90_724)))
    # the mean of a lognormal is its median times exp(sigma^2/2)
    assert parse_law(found["nvme"].dist).spread == pytest.approx(math.sqrt(2 * math.log(77.9 / 76)), abs=0.03)
    # uniform over a revolution beside a mean of 8 ms
    assert parse_law(found["hdd"].dist).spread == pytest.approx(
        math.sqrt(math.log1p((8333 / math.sqrt(12) / found["hdd"].page_in) ** 2)), abs=0.01
    )


def test_the_sas_disk_s_sigma_lies_between_what_its_extremes_say() -> None:
    z = 4.2  # of 50,000 normal numbers the largest is about as many standard deviations away
    longest, shortest = math.log(55.7e3 / 1700), math.log(36 / 1700)
    # log(x / mean) = +-z sigma - sigma^2 / 2
    upper = z - math.sqrt(z * z - 2 * longest)
    lower = -z + math.sqrt(z * z - 2 * shortest)
    assert lower < parse_law(device_by_id("sas").dist).spread < upper


def test_an_unknown_device_is_refused_with_the_list() -> None:
    with pytest.raises(LabError, match="hdd, sas, sata-ssd"):
        device_by_id("floppy")


def test_the_command_prints_them_with_their_source(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pagefault", "devices"]) == 0
    said = capsys.readouterr().out
    for device in DEVICES:
        assert f"{device.id}: {device.title}" in said
    assert max(map(len, (line for line in said.splitlines() if "http" not in line))) <= 100


def test_the_command_s_json_names_the_parameters_as_a_scenario_does(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pagefault", "devices", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["devices"]
    assert [row["id"] for row in rows] == [d.id for d in DEVICES]
    assert set(rows[0]) == {"id", "title", "page_in", "page_in_dist", "slots", "source", "note"}
    assert [row["slots"] for row in rows] == ["inf" if d.slots is None else d.slots for d in DEVICES]


def theory(capsys: pytest.CaptureFixture[str], *options: str) -> dict[str, object]:
    assert cli.main(["pagefault", "theory", *options, "--json"]) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)["scenario"]
    return found


def test_the_option_sets_what_is_not_given(capsys: pytest.CaptureFixture[str]) -> None:
    found = theory(capsys, "--device", "nvme", "--tasks", "2")
    assert (found["page_in"], found["page_in_dist"], found["slots"], found["tasks"]) == (50, "lognormal:0.2", 24, 2)
    found = theory(capsys, "--device", "nvme", "--page-in", "1ms", "--slots", "3")
    assert (found["page_in"], found["page_in_dist"], found["slots"]) == (1000, "lognormal:0.2", 3)
    found = theory(capsys, "--preset", "P2", "--device", "zram")
    assert (found["page_in"], found["slots"], found["tasks"]) == (1.25, "inf", 8)


def test_the_option_refuses_another_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["pagefault", "theory", "--device", "tape"]) == 2
    assert "--device" in capsys.readouterr().err


def test_a_device_s_scenario_can_be_written_as_options() -> None:
    for device in DEVICES:
        line = command_line(with_device(PageFaultScenario(), device))
        assert "--page-in" in line
