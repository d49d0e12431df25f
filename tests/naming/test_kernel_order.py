"""The kernel's own names: allocation against the running kernel, and the orders in which cards can be found."""

import itertools
import json
import os
import random
import shutil
import subprocess
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming.compare import run
from lab.naming.model import Interface, Machine
from lab.naming.scenario import NamingScenario
from lab.naming.schemes.kernel import allocate, kernel_names
from lab.naming.schemes.probe import PATTERN, ProbeOrder, in_order, outcomes
from lab.naming.sources import open_source
from lab.naming.tree import tree_of

# -- %d -------------------------------------------------------------------------------------------


@given(st.sets(st.integers(0, 60)), st.sampled_from(["eth%d", "%d", "p%dp", "x%d0"]))
def test_the_lowest_free_unit_in_front_and_behind(units: set[int], pattern: str) -> None:
    taken = {pattern.replace("%d", str(n)) for n in units}
    unit = next(n for n in itertools.count() if pattern.replace("%d", str(n)) not in taken)
    assert allocate(pattern, taken | {"eth01", "eth", "eth-1", "eth+1", "eth 1"}) == pattern.replace("%d", str(unit))


@pytest.mark.parametrize("pattern", ["eth", "eth%d%d", "eth%s", "%eth%d", "abcdefghijklmn%d"])
def test_no_pattern(pattern: str) -> None:
    with pytest.raises(ValueError, match="no pattern"):
        allocate(pattern, ())


def test_no_unit_is_left_where_the_name_gets_too_long() -> None:
    taken = [f"abcdefghijklm{n}" for n in range(100)]
    assert allocate("abcdefghijklm%d", taken[:99]) == "abcdefghijklm99"
    with pytest.raises(ValueError, match="no unit is left"):
        allocate("abcdefghijklm%d", taken)


SCRIPT = """
ip link add probe0 type bridge || exit 9
ip link del probe0
while read verb one two; do
    case $verb in
    add) ip link add name "$one" type bridge && echo done || echo refused ;;
    del) ip link del "$one" && echo done || echo refused ;;
    alt) ip link property add dev "$one" altname "$two" && echo done || echo refused ;;
    esac
    ip -j link
done
"""


def asked(steps: Sequence[str]) -> list[tuple[str, list[dict[str, object]]]]:
    """What the kernel makes of `steps` in a network namespace of its own: after each, "done" or not, and all links."""
    if shutil.which("ip") is None or shutil.which("unshare") is None:
        pytest.skip("ip or unshare is not installed")
    space = ["-n"] if os.geteuid() == 0 else ["-Urn"]
    done = subprocess.run(
        ["unshare", *space, "sh", "-c", SCRIPT],
        input="\n".join(steps) + "\n",
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    if done.returncode == 9 or (done.returncode and not done.stdout):
        pytest.skip(f"no link can be made in a network namespace here: {done.stderr.strip()[:100]}")
    lines = done.stdout.splitlines()
    return [(lines[n], json.loads(lines[n + 1])) for n in range(0, len(lines), 2)]


@pytest.mark.parametrize("seed", range(3))
def test_the_running_kernel_allocates_as_we_say(seed: int) -> None:
    dice = random.Random(seed)
    patterns = ["eth%d", "eth%d", "x%dy", "eth0%d", "eth%d%d"]
    taken: dict[str, list[str]] = {}
    steps: list[str] = []
    expected: list[list[str]] = []
    for _ in range(40):
        verb = dice.choice(["add", "add", "add", "del", "alt"])
        every = [*taken, *itertools.chain.from_iterable(taken.values())]
        if verb == "add":
            pattern = dice.choice(patterns)
            steps.append(f"add {pattern}")
            if pattern.count("%") == 1:
                taken[allocate(pattern, every)] = []
        elif taken:
            name = dice.choice(sorted(taken))
            if verb == "del":
                steps.append(f"del {name}")
                del taken[name]
            else:
                free = next(n for n in itertools.count(dice.randrange(9)) if f"eth{n}" not in every)
                steps.append(f"alt {name} eth{free}")
                taken[name].append(f"eth{free}")
        else:
            continue
        expected.append(sorted([*taken, *itertools.chain.from_iterable(taken.values())]))
    answers = asked(steps)
    assert len(answers) == len(steps) > 30
    for step, (word, links), names in zip(steps, answers, expected, strict=True):
        assert word == ("refused" if step.count("%") > 1 else "done"), step
        found = [str(link["ifname"]) for link in links if link["ifname"] != "lo"]
        found += [str(a) for link in links for a in link.get("altnames", [])]  # type: ignore[attr-defined]
        assert sorted(found) == names, step


# -- the order of probing -------------------------------------------------------------------------


def machine(*cards: tuple[str, str | None, str]) -> Machine:
    """Cards given as (bus path, driver, kind)."""
    made = [
        Interface(f"if{n}", f"/devices/pci0000:00/{place}/net/if{n}", n + 2, None, driver, kind, "pci", place)
        for n, (place, driver, kind) in enumerate(cards)
    ]
    return Machine("made up", "synthetic", tree_of({}, {}), tuple(sorted(made, key=lambda i: i.devpath)))


def names(of: Machine, order: ProbeOrder) -> dict[str, str | None]:
    """Bus path -> the kernel's name."""
    found = kernel_names(of, order)
    return {str(c.bus_path): found[c.devpath].name for c in of.cards}


FOUR = machine(
    ("0000:02:00.0", "igb", "ether"),
    ("0000:02:00.1", "igb", "ether"),
    ("0000:01:00.0", "tg3", "ether"),
    ("0000:03:00.0", "ath9k", "wlan"),
)


def test_by_address() -> None:
    found = names(FOUR, ProbeOrder("pci"))
    assert found == {"0000:01:00.0": "eth0", "0000:02:00.0": "eth1", "0000:02:00.1": "eth2", "0000:03:00.0": "wlan0"}


def test_addresses_are_numbers_and_domains_come_first() -> None:
    wide = machine(("10000:00:00.0", "a", "ether"), ("0001:00:00.0", "a", "ether"), ("0000:ff:00.0", "a", "ether"))
    assert names(wide, ProbeOrder("pci")) == {"0000:ff:00.0": "eth0", "0001:00:00.0": "eth1", "10000:00:00.0": "eth2"}


def test_one_driver_after_the_other() -> None:
    found = names(FOUR, ProbeOrder("driver", ("igb",)))
    assert found == {"0000:02:00.0": "eth0", "0000:02:00.1": "eth1", "0000:01:00.0": "eth2", "0000:03:00.0": "wlan0"}
    assert names(FOUR, ProbeOrder("driver", ("tg3",)))["0000:01:00.0"] == "eth0"
    assert names(FOUR, ProbeOrder("driver"))["0000:02:00.0"] == "eth0"


def test_a_recorded_race_is_repeated_by_driver_order() -> None:
    first, other = open_source("t10a"), open_source("t10b")
    for machine_, drivers in ((first, ("e1000e", "virtio_net")), (other, ("virtio_net", "e1000e"))):
        recorded = {p: c.name for p, c in kernel_names(machine_).items()}
        assert {p: c.name for p, c in kernel_names(machine_, ProbeOrder("driver", drivers)).items()} == recorded


def test_a_card_without_a_known_driver_is_uncertain() -> None:
    lost = machine(("0000:01:00.0", None, "ether"))
    assert not next(iter(kernel_names(lost, ProbeOrder("race")).values())).certain
    assert next(iter(kernel_names(lost, ProbeOrder("pci")).values())).certain


def test_an_interface_without_a_pattern_gets_no_name() -> None:
    can = machine(("0000:01:00.0", "peak_pci", "type 280"))
    assert names(can, ProbeOrder("pci")) == {"0000:01:00.0": None}


cards = st.lists(
    st.tuples(st.sampled_from(["igb", "tg3", "e1000e"]), st.sampled_from(["ether", "ether", "wlan"])), max_size=6
)


def every_interleaving(queues: Sequence[Sequence[Interface]]) -> list[tuple[Interface, ...]]:
    """All orders that keep each queue's own."""
    if not any(queues):
        return [()]
    found = []
    for n, queue in enumerate(queues):
        if queue:
            rest = [*queues[:n], queue[1:], *queues[n + 1 :]]
            found += [(queue[0], *tail) for tail in every_interleaving(rest)]
    return found


@settings(deadline=None, max_examples=60)
@given(cards, st.integers(0, 2**31 - 1))
def test_a_race_ends_in_one_of_all_ways_and_they_are_counted(drawn: list[tuple[str, str]], seed: int) -> None:
    made = machine(*((f"0000:{n + 1:02x}:00.0", driver, kind) for n, (driver, kind) in enumerate(drawn)))
    queues = [[c for c in made.cards if c.driver == d] for d in ("e1000e", "igb", "tg3")]
    ways = every_interleaving(queues)
    raced = in_order(made.cards, ProbeOrder("race", seed=seed))
    assert tuple(raced) in ways
    assert raced == in_order(made.cards, ProbeOrder("race", seed=seed))
    found = outcomes(made)
    for kind in ("ether", "wlan"):
        seen = {tuple(c.devpath for c in way if c.kind == kind) for way in ways}
        assert found.count.get(PATTERN[kind], 1) == len(seen)
        for card in (c for c in made.cards if c.kind == kind):
            assert set(found.units[card.devpath]) == {way.index(card.devpath) for way in seen}


def test_every_outcome_of_a_small_race_is_reached() -> None:
    seen = {tuple(names(FOUR, ProbeOrder("race", seed=n)).values()) for n in range(200)}
    assert len(seen) == outcomes(FOUR).count["eth"] == 3
    because = {str(c.bus_path): kernel_names(FOUR, ProbeOrder("race"))[c.devpath].because for c in FOUR.cards}
    assert because["0000:01:00.0"].endswith("; it can be eth0 to eth2 (3 orders)")
    assert because["0000:02:00.1"].endswith("; it can be eth1 to eth2 (3 orders)")
    assert because["0000:03:00.0"].endswith("; it can be wlan0 (1 order)")
    assert [c.bus_path for c in outcomes(FOUR).can_be("eth0", FOUR)] == ["0000:01:00.0", "0000:02:00.0"]


def test_the_comparison_takes_the_order_for_the_machine_after() -> None:
    answer = run(NamingScenario("t10a", "t10a", policy="kernel", probe="driver", driver=("virtio_net",)))
    assert answer.headline == "`eth0` and `eth1` have changed places."
    assert all(row.certain for row in answer.rows)
    assert "card 1 of a boot, driver: virtio_net" in answer.why("after 52:54:00:00:00:02")


def test_an_unknown_order_is_an_error() -> None:
    with pytest.raises(LabError, match=r"--probe: 'fifo' is not one of recorded, pci, driver, race"):
        NamingScenario(probe="fifo")
    with pytest.raises(LabError, match=r"--probe: 'fifo' is not one of"):
        ProbeOrder("fifo")
