"""How names spread over a fleet, counted again host by host, and the picture of it."""

from __future__ import annotations

import functools
import re
import xml.etree.ElementTree as ET
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.core.scenario import preset_by_id
from lab.naming.fleet import sample
from lab.naming.fleet.answer import WORDS
from lab.naming.fleet.columns import Fleet
from lab.naming.fleet.count import census
from lab.naming.fleet.picture import draw
from lab.naming.fleet.role import roles
from lab.naming.fleet.scenario import PRESETS, FleetScenario, command, drawn_fleet, first_hosts
from lab.naming.fleet.spread import OWN, Spread, key_of, spread

SVG = "{http://www.w3.org/2000/svg}"
fleet_of = functools.lru_cache(6)(drawn_fleet)


@functools.lru_cache(16)
def answer_of(scenario: FleetScenario) -> Spread:
    fleet = first_hosts(fleet_of(scenario.seed, scenario.models, 1000 if scenario.hosts > 60 else 60), scenario.hosts)
    return spread(census(fleet, scenario.by), scenario.policy, scenario.place)


def drawn(scenario: FleetScenario, width: int = 920, text: int = 14) -> ET.Element:
    return ET.fromstring(draw(answer_of(scenario), width, text).standalone())


def words(root: ET.Element) -> list[str]:
    return [t.text or "" for t in root.iter(f"{SVG}text")]


@functools.lru_cache(4)
def hosts_of(seed: int, models: int) -> list[dict[tuple[str, str], str]]:
    """By host, model and port the devpath, from the machines themselves."""
    fleet = fleet_of(seed, models, 60)
    ports = []
    for shape in fleet.shapes:
        machine = shape.machine()
        ports.append({(shape.model, role): path for path, role in roles(machine).items()})
    return [ports[shape] for shape in fleet.shape_of]


def called(fleet: Fleet, seed: int, models: int, policy: str, scheme: str) -> list[dict[tuple[str, str], str | None]]:
    """By host, model and port the name, asked host by host."""
    found = []
    for host, ports in enumerate(hosts_of(seed, models)):
        names = fleet.names(host)
        found.append({port: names[path][scheme][policy] for port, path in ports.items()})
    return found


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(1, 4),
    models=st.integers(1, 3),
    policy=st.sampled_from([word for word in WORDS if word != "MAC"]),
    scheme=st.sampled_from(["v238", "v245", "v255", "v261"]),
)
def test_every_part_is_counted_as_host_by_host(seed: int, models: int, policy: str, scheme: str) -> None:
    scenario = FleetScenario(seed=seed, models=models, policy=policy, scheme=scheme)
    answer = answer_of(scenario)
    hosts = called(answer.census.fleet, seed, models, policy, scheme)
    counts: dict[tuple[str, str], Counter[str | None]] = {}
    for host in hosts:
        for port, name in host.items():
            counts.setdefault(port, Counter())[name] += 1
    assert {(row.role.model, row.role.role) for row in answer.every} == set(counts)
    usual = {}
    for row in answer.every:
        port = row.role.model, row.role.role
        found: Counter[str | None] = Counter()
        for part in row.parts:
            found[part.name] += part.hosts
        assert found == counts[port]
        most = max((n for name, n in counts[port].items() if name is not None), default=0)
        usual[port] = row.usual
        assert row.usual is None if not most else counts[port][row.usual] == most
    odd = [host for host in hosts if any(name != usual[port] for port, name in host.items())]
    assert answer.odd_hosts == len(odd)
    others = {(model, name): role for (model, role), name in usual.items() if name is not None}
    for row in answer.every:
        for part in row.parts:
            if part.state == "collision":
                continue
            mine = others.get((row.role.model, part.name or ""), row.role.role)
            taken = part.name not in (None, row.usual) and mine != row.role.role
            assert (part.state == "taken") == taken


def test_fewer_hosts_are_the_first_of_more() -> None:
    few, many = sample(1, 60, 3, "vendor-model"), census(first_hosts(fleet_of(1, 3, 1000), 60), "vendor-model")
    assert [r.to_json(few.schemes) for r in few.roles] == [r.to_json(many.schemes) for r in many.roles]
    assert (few.stability, few.renames) == (many.stability, many.renames)
    assert [few.fleet.called(h) for h in range(60)] == [many.fleet.called(h) for h in range(60)]
    assert few.fleet.names(59) == many.fleet.names(59)


def test_the_first_preset_and_the_attribute_that_explains_it() -> None:
    answer = answer_of(FleetScenario())
    assert answer.headline == "On 7 of 60 hosts a port is called otherwise (v261)."
    assert answer.why() == (
        "`enp5s0` instead of `enp3s0` on 4 of 23 hosts: "
        "bus 5 instead of 3 below 0000:00/04.0/00.0: 2 bridges more at 0000:00/01.0 (PATH)"
    )
    assert answer.trace()[-1].startswith("4 hosts: m000-host000001, m000-host")
    assert [(str(interval), round(100 * share, 1)) for interval, share, _ in answer.cut] == [
        ("v238–v245", 95.4),
        ("v247–v261", 94.2),
    ]
    assert answer.cut[1][2] == "v247 renames 46 ports on 23 hosts"


def test_a_name_that_is_another_ports_is_taken_and_comes_first() -> None:
    answer = answer_of(preset_by_id(PRESETS, "F2").scenario)
    assert answer.headline == "On 7 of 60 hosts a port is called otherwise (PATH, v261), on 1 by another port's name."
    found = answer.part("")
    assert found is not None
    row, part = found
    assert (part.state, part.name, part.other) == ("taken", "enp4s0", "0000:00/08.0/00.0")
    assert f"the usual name of {part.other}" in answer.why()
    assert row is answer.rows[0]


def test_names_from_addresses_are_nobodys_usual_ones() -> None:
    answer = answer_of(FleetScenario(policy="MAC"))
    assert answer.headline.startswith("Each of 60 hosts has names of its own (MAC, v261)")
    assert {part.state for row in answer.every for part in row.parts} == {OWN}
    assert {row.usual for row in answer.every} == {None}
    assert re.search(r"made from the card's address: such as `enx0c42[0-9a-f]{8}`", answer.why())


def test_ports_of_one_card_that_go_together_are_one_row() -> None:
    answer = answer_of(FleetScenario())
    assert sum(1 + len(row.alike) for row in answer.rows) == len(answer.every) == len(answer.to_table().rows)
    row = next(r for r in answer.rows if r.usual == "ens1f0")
    assert [role.role[-4:] for role in row.alike] == ["00.1", "00.2", "00.3"]


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
@pytest.mark.parametrize(("width", "text"), [(920, 14), (810, 14), (600, 14), (440, 14), (920, 18), (810, 22)])
def test_the_table_stands_in_the_picture_and_nothing_leaves_it(preset: object, width: int, text: int) -> None:
    scenario = preset.scenario  # type: ignore[attr-defined]
    answer, root = answer_of(scenario), drawn(scenario, width, text)
    said = words(root)
    shown = answer.rows[: 4 if width < 46 * text else 6]
    for row in shown:
        assert row.usual in said
        for part in row.odd[:2]:
            assert part.word in said
            assert any(part.state in word for word in said)
    height = float(root.get("height", "0"))
    for element in root.iter(f"{SVG}text"):
        size, x, y = (float(element.get(name, "0")) for name in ("font-size", "x", "y"))
        long = len(element.text or "") * size * (0.602 if element.get("font-family") else 0.55)
        left = x - {"middle": long / 2, "end": long}.get(element.get("text-anchor", ""), 0.0)
        assert size >= text
        assert -1 <= left <= left + long * 0.97 <= width + 2, element.text
        assert y + size * 0.25 <= height, element.text
    if width in (920, 810) and text == 14:
        assert height <= 330


def test_every_part_can_be_chosen_is_announced_and_explained() -> None:
    answer = answer_of(preset_by_id(PRESETS, "F2").scenario)
    keys = {g.get("data-key"): g.get("aria-label") for g in drawn(preset_by_id(PRESETS, "F2").scenario).iter(f"{SVG}g")}
    for row in answer.rows[:6]:
        for part in row.parts:
            key = key_of(row, part)
            assert keys[key] == f"{row.role.role}: {part.word}, {part.state}, on {part.hosts} of {row.role.hosts} hosts"
            assert f"on {part.hosts:,} of {row.role.hosts:,} hosts" in answer.why(key)


def test_the_same_fleet_gives_the_same_bytes_and_a_fleet_without_cards_a_picture() -> None:
    answer = answer_of(FleetScenario())
    again = spread(sample(1, 60, 3, "vendor-model"), "default", answer.place)
    assert draw(answer).svg() == draw(again).svg()
    nobody = spread(census(first_hosts(answer.census.fleet, 0), "all"), "default", 0)
    assert "no port" in draw(nobody).svg()
    assert nobody.why() == "No host of this fleet has a card."
    assert nobody.trace() == ()


def test_the_equal_command_and_bad_scenarios() -> None:
    assert command(FleetScenario(scheme="v247", file="my fleet.jsonl", by="all")) == (
        "kernel-lab naming fleet 'my fleet.jsonl' --scheme v247 --by all"
    )
    assert command(FleetScenario()).startswith("kernel-lab naming fleet-sample -o fleet.jsonl --hosts 60 --models 3")
    for bad in ({"hosts": 0}, {"hosts": 1001}, {"models": 0}, {"policy": "kernel"}, {"scheme": "v9"}, {"by": "rack"}):
        with pytest.raises(LabError, match="--"):
            FleetScenario(**bad)
