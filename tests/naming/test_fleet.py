"""A fleet against its hosts one by one, and the counts of fleets that were made so that the answer is known."""

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.naming import open_source
from lab.naming.choice import choose
from lab.naming.fleet import Fleet, census, outliers, sample, sample_lines, survey, write_sample
from lab.naming.fleet.answer import WORDS, under_all
from lab.naming.fleet.crew import Alone
from lab.naming.fleet.lines import blocks_of
from lab.naming.fleet.reads import Known
from lab.naming.fleet.role import chain, roles
from lab.naming.fleet.survey import survey_blocks
from lab.naming.model import Machine, machine_of
from lab.naming.schemes import predict
from lab.naming.schemes.flags import RELEASE, Scheme
from lab.naming.schemes.releases import release
from lab.naming.sources.snapshot import decode, encode
from tests.naming.synthetic import Board

SCHEMES = tuple(release(RELEASE).schemes.values())
RECORDINGS = ("t01", "t09a", "t09b", "t10a", "t10b")


def fleet_of(lines: Sequence[bytes], keep_going: bool = False) -> Fleet:
    """The fleet in these lines."""
    return survey_blocks(blocks_of(lines, 1 << 16), "lines", SCHEMES, keep_going=keep_going)


def one_by_one(machine: Machine, schemes: Sequence[Scheme]) -> dict[str, dict[str, dict[str, str | None]]]:
    """What `predict` and `choose` say of one host."""
    found: dict[str, dict[str, dict[str, str | None]]] = {card.devpath: {} for card in machine.cards}
    for scheme in schemes:
        own = choose(machine, "default", scheme)
        for card in machine.cards:
            names = {policy: offered.name for policy, offered in predict(machine, card, scheme).items()}
            found[card.devpath][scheme.name] = {"default": own[card.devpath].name, **names}
    return found


def test_random_hosts_of_a_generated_fleet_are_named_as_one_by_one() -> None:
    lines = list(sample_lines(7, 400, 12))
    fleet = fleet_of(lines)
    assert fleet.hosts == 400
    assert len(fleet.shapes) < 100
    for host in random.Random(7).sample(range(400), 10):
        assert fleet.names(host) == one_by_one(decode(lines[host], "host"), SCHEMES)
        assert fleet.called(host) == decode(lines[host], "host").name


def odd_hosts() -> list[Machine]:
    """Machines with what the generator does not make: odd addresses, recordings of real machines, one without cards."""
    found = [open_source(name) for name in RECORDINGS]
    for address, assigned in (
        ("00:00:00:00:00:00", "0"),
        ("0E:42:00:00:00:01", "0"),
        ("0c:42:00:00:00:01", "3"),
        ("0c:42:00:00:00", "0"),
        ("c7:5e:a9:c7:5e:a9", "0"),
    ):
        board = Board()
        card = board.pci("0000:00:03.0")
        board.net(card, address=address, addr_assign_type=assigned)
        board.net(card, address=address, dev_port="1", phys_port_name="c75ea9000001")
        board.net(board.pci("0000:00:04.0"), type="32")
        found.append(machine_of("odd", "test", board.tree()))
    found.append(machine_of("empty", "test", Board().tree()))
    return found


def test_odd_hosts_are_named_as_one_by_one() -> None:
    machines = odd_hosts()
    fleet = fleet_of([encode(machine).encode() for machine in machines])
    for host, machine in enumerate(machines):
        assert fleet.names(host) == one_by_one(machine, SCHEMES)


def test_an_older_release_is_asked_as_such() -> None:
    line = encode(open_source("t01")).encode()
    schemes = tuple(release(252).schemes.values())
    fleet = survey_blocks(blocks_of([line]), "lines", schemes)
    assert fleet.release == 252
    assert list(next(iter(fleet.names(0).values()))) == list(release(252).schemes)
    assert fleet.names(0) == one_by_one(decode(line, "t01"), schemes)


def test_processes_give_what_one_process_gives(tmp_path: Path) -> None:
    path = tmp_path / "fleet.jsonl"
    write_sample(path, 3, 200, 3)
    told: list[str] = []
    alone, many = (
        survey(str(path), SCHEMES[-2:], workers=n, progress=lambda done, total, label: told.append(label))
        for n in (1, 2)
    )
    assert alone == many
    assert told[-1].endswith(f": 200 hosts, {len(alone.shapes)} shapes")


class Backwards(Alone):
    """Does the newest of six calls first."""

    room = 6

    def take(self) -> tuple[Any, Any]:
        self._calls.rotate(1)
        return super().take()


def test_the_order_in_which_work_ends_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [*sample_lines(3, 60, 4), b"bad", *sample_lines(4, 20, 2), b"worse"]
    blocks = list(blocks_of(lines, 40_000))
    assert len(blocks) > 12
    in_order = survey_blocks(blocks, "lines", SCHEMES[-2:], keep_going=True)
    monkeypatch.setattr("lab.naming.fleet.crew.Alone", Backwards)
    assert survey_blocks(blocks, "lines", SCHEMES[-2:], keep_going=True) == in_order


def test_a_survey_can_be_stopped() -> None:
    def stop(done: int, total: int, label: str) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        survey_blocks(blocks_of(sample_lines(1, 5, 1)), "lines", SCHEMES, progress=stop)


BAD = (b"{", b"[1]", b'{"kind":"other"}', b"\xff", b"null", b'{"kind":"naming-machine","version":1,"body":{}}')


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_line_is_named_by_its_number_or_passed_over(bad: bytes) -> None:
    lines = [*sample_lines(1, 3, 1), bad, *sample_lines(2, 2, 1), bad]
    with pytest.raises(LabError, match=r"lines: line 4: .*--keep-going"):
        fleet_of(lines)
    fleet = fleet_of(lines, keep_going=True)
    assert fleet.hosts == 5
    assert list(fleet.line_of) == [1, 2, 3, 5, 6]
    assert [b.line for b in fleet.bad] == [4, 7]
    assert fleet.bad_count == 2
    assert fleet.names(3) == one_by_one(decode(lines[4], "host"), SCHEMES)


@pytest.mark.parametrize("lines", [[], [b""], [b"  ", b""]])
def test_a_fleet_without_a_host_is_refused(lines: list[bytes]) -> None:
    with pytest.raises(LabError, match="has no host"):
        fleet_of(lines, keep_going=True)


def host(name: str, change: Callable[[Board, str], None] = lambda board, card: None, bus: int = 1) -> bytes:
    """A host with one card behind a root port at 00:02.0, changed by `change`; its line."""
    board = Board()
    port = board.pci("0000:00:02.0", bridge=True)
    card = board.pci(f"0000:{bus:02x}:00.0", port)
    if bus > 1:
        board.pci("0000:00:01.0", bridge=True)
    board.net(card, address=f"0c:00:00:00:00:{len(name):02x}")
    change(board, card)
    return encode(machine_of(name, "test", board.tree())).encode()


def indexed(board: Board, card: str) -> None:
    board.files[f"{card}/acpi_index"] = b"2\n"


def named(board: Board, card: str) -> None:
    board.files[f"{card}/net/eth0/phys_port_name"] = b"p0\n"


def numbered(board: Board, card: str) -> None:
    board.slot("5", "0000:01:00")


def sunny(board: Board, card: str) -> None:
    board.firmware(card, "3")


@pytest.mark.parametrize(
    ("odd", "name", "policy", "because"),
    [
        (host("odd", indexed), "eno2", "ONBOARD", "acpi_index 2 instead of missing at 0000:00/02.0/00.0"),
        (host("odd", named), "enp1s0np0", "PATH", "phys_port_name p0 instead of missing at 0000:00/02.0/00.0/net/*"),
        (host("odd", bus=2), "enp2s0", "PATH", "bus 2 instead of 1 below 0000:00/02.0: 1 bridge more at 0000:00/01.0"),
        (host("odd", sunny), "ens3", "SLOT", "sun 3 instead of missing"),
        (host("odd", numbered), "ens5", "SLOT", "slot 5 holds the card; elsewhere no address is"),
    ],
    ids=["index", "port name", "bus", "sun", "slot"],
)
def test_an_outlier_is_explained_by_what_was_changed(odd: bytes, name: str, policy: str, because: str) -> None:
    found = census(fleet_of([host("a"), host("bb"), odd, host("cccc")]))
    (one,) = outliers(found)
    assert (one.hosts, one.usual, one.name, one.policy, one.example) == (1, "enp1s0", name, policy, "odd")
    assert because in one.because
    assert found.stability["default"][-1] == 0.75
    (role,) = found.roles
    assert role.role == "0000:00/02.0/00.0"
    assert role.names["default"][-1] == {"enp1s0": 3, name: 1}
    assert role.own["MAC"][-1] == (4, 1)
    assert found.stability["MAC"][-1] == 0.25


def test_a_rename_between_schemes_is_counted_and_shown() -> None:
    found = census(fleet_of([host("a"), host("bb", sunny), host("ccc", sunny)]))
    (step,) = [r for r in found.renames if r.ports]
    assert (step.old, step.new, step.ports, step.hosts, step.before, step.after) == (
        "v255",
        "v257",
        2,
        2,
        "enp1s0",
        "ens3",
    )
    assert "v255 → v257 renames 2 ports on 2 hosts" in found.headline


def test_collisions_and_long_names_are_counted() -> None:
    def twice(board: Board, card: str) -> None:
        board.files[f"{card}/acpi_index"] = b"1\n"
        other = board.pci("0000:00:09.0", attributes={"acpi_index": "1"})
        board.net(other)

    def long(board: Board, card: str) -> None:
        board.files[f"{card}/net/eth0/phys_port_name"] = b"averylongname\n"

    found = census(fleet_of([host("a", twice), host("bb"), host("ccc", long)]))
    assert found.collisions[-1] == (1, 2)
    assert found.too_long[-1] == (1, 1)
    assert "1 host offers one name to two cards" in found.headline


def test_clones_with_one_address_share_their_mac_name() -> None:
    fleet = fleet_of([host("same"), host("also"), host("other")])  # the address follows from the length of the name
    assert fleet.names(0) == fleet.names(1) != fleet.names(2)
    (role,) = census(fleet).roles
    assert role.usual("MAC", -1) == (None, 2)


def test_models_are_counted_apart() -> None:
    lines = list(sample_lines(1, 40, 3))
    every, apart = (census(fleet_of(lines), by) for by in ("all", "vendor-model"))
    assert {r.model for r in every.roles} == {""}
    assert len({r.model for r in apart.roles}) == 3
    assert sum(r.hosts for r in every.roles) == sum(r.hosts for r in apart.roles) == 320
    assert apart.stability["default"][-1] > every.stability["default"][-1]
    with pytest.raises(ValueError, match="colour"):
        census(every.fleet, "colour")


def test_a_role_does_not_depend_on_bus_numbers_or_drivers() -> None:
    assert chain("/devices/pci0000:00/0000:00:1c.0/0000:07:00.1") == "0000:00/1c.0/00.1"
    assert chain("/devices/pci0000:00/0000:00:03.0/virtio3/net/eth0") == "0000:00/03.0/net/eth0"
    assert chain("/devices/pci0000:00/0000:00:14.0/usb2/2-1/2-1.4/2-1.4:1.0") == "0000:00/14.0/usb 1.4:1.0"
    board = Board()
    card = board.pci("0000:00:05.0")
    for port in range(3):
        board.net(card, dev_port=str(port % 2))
    board.net(board.virtual_function(card, "0000:00:05.4", 1))
    machine = machine_of("m", "test", board.tree())
    assert sorted(roles(machine).values()) == ["0000:00/05.0", "0000:00/05.0 #2", "0000:00/05.0 d1", "0000:00/05.0 v1"]


def test_the_same_seed_writes_the_same_fleet(tmp_path: Path) -> None:
    write_sample(tmp_path / "a", 5, 50, 4)
    assert (tmp_path / "a").read_bytes().splitlines() == list(sample_lines(5, 50, 4))
    assert list(sample_lines(6, 50, 4)) != list(sample_lines(5, 50, 4))
    macs = [i.mac for line in sample_lines(5, 50, 4) for i in decode(line, "host").interfaces]
    assert len(set(macs)) == len(macs) == 50 * 8


@pytest.mark.parametrize(("hosts", "models"), [(0, 1), (1, 0), (10**8, 1), (1, 10**5)])
def test_a_sample_out_of_range_is_refused(hosts: int, models: int) -> None:
    with pytest.raises(LabError, match="out of range"):
        list(sample_lines(1, hosts, models))


def test_the_bundled_sample_has_a_sentence_tables_and_json() -> None:
    found = sample()
    assert found == sample()
    assert found.headline.startswith("60 hosts: under v261 ")
    assert len(found.to_table().rows) == len(found.roles) == 24
    assert len(found.to_table(most=3).rows) == 3
    shares = [row[4] for row in found.to_table(most=24).rows]
    assert all(isinstance(share, float) for share in shares)
    assert found.scheme_table().rows[-1][0].endswith("v261")  # type: ignore[union-attr]
    plain = json.loads(
        json.dumps(found.to_json(), default=lambda value: list(value) if isinstance(value, tuple) else {})
    )
    assert plain["hosts"] == 60
    assert sum(r["hosts"] for r in plain["roles"]) == 480
    for role in plain["roles"]:
        for scheme in role["names"].values():
            for counted in scheme.values():
                assert sum(counted["names"].values()) + counted["no_name"] + counted["from_mac"] == role["hosts"]


def test_schemes_that_are_asked_alike_are_worked_out_once() -> None:
    calls: list[str] = []

    def work(scheme: Scheme, _: int) -> str:
        word = "sun" if scheme.has("FIRMWARE_NODE_SUN") else "zero" if scheme.has("ZERO_ACPI_INDEX") else "none"
        calls.append(word)
        return word

    plain = [work(scheme, 0) for scheme in SCHEMES]
    calls.clear()
    assert under_all(SCHEMES, work) == plain
    assert calls == ["none", "zero", "sun"]
    assert under_all(SCHEMES, lambda scheme, _: scheme.name) == [scheme.name for scheme in SCHEMES]
    groups = [i // 7 for i in range(len(SCHEMES))]
    assert under_all(SCHEMES, lambda _, place: groups[place], groups) == groups


def test_known_answers_are_given_again_only_where_the_same_would_be_read() -> None:
    """Every file of a small machine is taken away or changed in turn; the answer is that of the rules themselves."""
    known: Known[str] = Known(1000)
    board = Board()
    card = board.pci("0000:01:00.0", board.pci("0000:00:02.0", bridge=True), {"acpi_index": "20000"})
    board.net(card)
    board.slot("4", "0000:01:00")
    board.firmware(card, "7")
    start = machine_of("m", "test", board.tree())
    (interface,) = start.cards
    asked = []

    def names(machine: Machine) -> str:
        asked.append(machine)
        return repr([{p: c.name for p, c in predict(machine, interface, s).items()} for s in SCHEMES])

    variants = [start]
    for path in start.tree.files:
        if path.startswith("/devices") and not path.endswith("/net/eth0/ifindex"):
            variants += [
                machine_of("m", "t", start.tree.without(path)),
                machine_of("m", "t", start.tree.with_file(path, b"1\n")),
            ]
    for turn in range(2):
        for machine in variants:
            before = len(asked)
            assert known.ask(interface, machine, names) == names(machine)
            assert turn == 0 or len(asked) == before + 1, "read again, though it was known"
    assert len(set(map(names, variants))) > 5
    assert known.results < len(variants)  # some files no rule reads
    assert len(WORDS) == 5


def test_what_is_known_is_bounded() -> None:
    known: Known[int] = Known(3)
    for number in range(20):
        board = Board()
        board.net(board.pci("0000:00:03.0"), type=str(number))
        machine = machine_of("m", "t", board.tree())
        asked = known.ask("key", machine, lambda m: len(str(m.tree.text("/class/net/eth0/type"))))
        assert asked == len(str(number))
        assert known.results <= 3
