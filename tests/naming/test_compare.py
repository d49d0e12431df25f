"""Two machines side by side: the five presets with the figures of the design guide, and every state."""

import pytest

from lab.core.dataset import find
from lab.core.errors import LabError
from lab.core.scenario import command_line, from_json, preset_by_id, to_json
from lab.naming import PRESETS, NamingScenario, run
from lab.naming.choice import choose
from lab.naming.compare import Comparison, compare
from lab.naming.ifname import refusal
from lab.naming.intervals import intervals
from lab.naming.model import Machine, machine_of
from lab.naming.row import STATES
from lab.naming.schemes.flags import SCHEMES, scheme
from lab.naming.sources import open_source
from lab.naming.whatif import apply, parse_step
from tests.naming.synthetic import Board

ONE, TWO, THREE = (f"52:54:00:00:00:0{n}" for n in (1, 2, 3))


def preset(wanted: str, **changes: str) -> Comparison:
    base = to_json(preset_by_id(PRESETS, wanted).scenario)
    return run(from_json(NamingScenario, {**base, **changes}))


def names(answer: Comparison) -> dict[str, tuple[str | None, str | None, str]]:
    return {
        row.identity: (row.before.name if row.before else None, row.after.name if row.after else None, row.state)
        for row in answer.rows
    }


def test_n1_the_new_card_takes_the_name() -> None:
    answer = preset("N1")
    assert answer.headline == "`enp1s0` now belongs to another card."
    assert names(answer) == {ONE: ("enp1s0", "enp2s0", "changed"), TWO: (None, "enp1s0", "taken")}
    assert {row.identity: row.driver for row in answer.rows} == {ONE: "e1000e", TWO: "virtio_net"}
    assert answer.why() == (
        "PATH: `0000:01:00.0` = bus 1, device 0 → `enp1s0`; SLOT refused: `slots/0` is no number above 0; "
        "ONBOARD refused: no firmware index"
    )
    assert answer.rows[0].note == f"its old name now means {TWO}"


def test_n1_only_mac_names_stay() -> None:
    answer = preset("N1", policy="MAC")
    assert names(answer) == {
        ONE: ("enx525400000001", "enx525400000001", "kept"), TWO: (None, "enx525400000002", "new")
    }  # fmt: skip
    assert answer.headline == "Every card keeps its name; `enx525400000002` is new."


def test_n2_the_kernels_names_cross_and_path_stays() -> None:
    answer = preset("N2")
    assert answer.headline == "`eth0` and `eth1` have changed places."
    assert names(answer) == {ONE: ("eth0", "eth1", "taken"), TWO: ("eth1", "eth0", "taken")}
    assert all(row.certain for row in answer.rows)
    path = preset("N2", policy="PATH")
    assert names(path) == {ONE: ("enp0s3", "enp0s3", "kept"), TWO: ("enp0s4", "enp0s4", "kept")}
    assert path.headline == "Every card keeps its name."


def test_n3_other_firmware_other_names() -> None:
    answer = preset("N3")
    assert names(answer) == {ONE: ("ens11", "enp1s0", "changed"), TWO: ("ens42", "enp2s0", "changed")}
    assert answer.headline == "`ens11`, `ens42` are now called `enp1s0`, `enp2s0`."
    for row in answer.rows:
        assert row.before is not None
        assert row.after is not None
        assert row.before.card.bus_path == row.after.card.bus_path
    assert "`slots/0-2` is no number above 0" in answer.why(f"after {TWO}")
    assert answer.why(f"before {TWO}").startswith("SLOT: `slots/42` = 0000:02:00 → `ens42`")


def test_n4_an_upgrade_renames() -> None:
    answer = preset("N4")
    assert names(answer)[ONE] == ("enp0s3", "ens3", "changed")
    assert {names(answer)[c][2] for c in (TWO, THREE)} == {"kept"}
    assert answer.headline == "v255 → v257: `enp0s3` is now called `ens3`."
    assert answer.before.edits == answer.after.edits == ("both set 0000:00:03.0/firmware_node/sun=3",)
    without = preset("N4", scheme="v255")
    assert names(without)[ONE] == ("enp0s3", "enp0s3", "kept"), "the edit alone changes nothing"


def test_n5_a_collision_is_gone() -> None:
    answer = preset("N5")
    assert names(answer) == {ONE: ("ens2", "enp3s3", "changed"), TWO: ("ens2", "enp3s4", "changed")}
    assert answer.headline == "v245 → v247: `ens2` was offered to 2 cards; now each has its own."
    back = preset("N5", scheme="v245", scheme_before="v247")
    assert {state for _, _, state in names(back).values()} == {"collision"}
    assert back.headline == "v247 → v245: `ens2` is offered to 2 cards; only one can have it."
    slot = preset("N5", policy="SLOT")
    assert {state for _, _, state in names(slot).values()} == {"no name"}
    assert slot.headline == "v245 → v247: `ens2` was offered to 2 cards; now to none."


@pytest.mark.parametrize("item", PRESETS, ids=lambda p: p.id)
def test_presets_survive_json_and_the_command_line_names_them(item: object) -> None:
    scenario = getattr(item, "scenario", None)
    assert isinstance(scenario, NamingScenario)
    assert from_json(NamingScenario, to_json(scenario)) == scenario
    assert command_line(scenario, "naming", "compare").startswith("kernel-lab naming compare")


def test_the_table_says_what_the_rows_say() -> None:
    table = preset("N1").to_table()
    assert table.caption == "enp1s0 now belongs to another card."
    assert [(r[0], r[3], r[5], r[6]) for r in table.rows] == [
        (ONE, "enp1s0", "enp2s0", "changed"), (TWO, None, "enp1s0", "taken")
    ]  # fmt: skip


def test_the_trace_names_every_file() -> None:
    trace = preset("N1").trace()
    assert any("✕ SLOT /bus/pci/slots/0/address = `0000:01:00`: slot 0 is no number above 0" in line for line in trace)
    assert trace[-1] == "✓ PATH: `0000:01:00.0` = bus 1, device 0 → `enp1s0`"


# -- states on machines made up -------------------------------------------------------------------


def board(*cards: tuple[str, str, dict[str, str]]) -> Machine:
    """Cards: (PCI address, last byte of the MAC, attributes of the device)."""
    made = Board()
    for address, byte, attributes in cards:
        made.net(made.pci(address, "", attributes), address=f"52:54:00:00:00:{byte}")
    return machine_of("made up", "synthetic", made.tree())


def between(before: Machine, after: Machine, policy: str = "default") -> Comparison:
    return compare(NamingScenario(policy=policy), before, after)


def test_gone_new_and_kept() -> None:
    answer = between(
        board(("0000:00:03.0", "01", {}), ("0000:00:04.0", "02", {})),
        board(("0000:00:03.0", "01", {}), ("0000:00:05.0", "03", {})),
    )
    assert {i[-2:]: s for i, (_, _, s) in names(answer).items()} == {"01": "kept", "02": "gone", "03": "new"}
    assert answer.headline == "Every card keeps its name; `enp0s5` is new; `enp0s4` is gone."


def test_a_card_put_into_anothers_place_takes_its_name() -> None:
    answer = between(board(("0000:00:03.0", "01", {})), board(("0000:00:03.0", "02", {})))
    assert names(answer) == {ONE: ("enp0s3", None, "gone"), TWO: (None, "enp0s3", "taken")}
    assert answer.headline == "`enp0s3` now belongs to another card."


def test_a_name_too_long_falls_through_in_the_default_policy_only() -> None:
    made = Board()
    made.net(made.pci("0000:00:03.0", "", {"index": "1"}), phys_port_name="a-long-port")
    long = machine_of("made up", "synthetic", made.tree())
    assert names(between(long, long, "ONBOARD"))[ONE] == (None, None, "too long")
    assert between(long, long, "ONBOARD").headline == "No card has an ONBOARD name of at most 15 characters."
    (choice,) = choose(long, "default", scheme("v261")).values()
    assert (choice.name, choice.winner.policy) == ("eth0", "kernel")
    assert "too long: `eno1na-long-port`" in between(long, long).why()


def port_called(name: str) -> Machine:
    made = Board()
    made.net(made.pci("0000:00:03.0"), phys_port_name=name)
    return machine_of("made up", "synthetic", made.tree())


@pytest.mark.parametrize("port", ["a b", "a:b", "a/b", "50%", "ü"])
def test_a_name_that_no_interface_may_have_is_passed_over(port: str) -> None:
    machine = port_called(port)
    (choice,) = choose(machine, "default", scheme("v261")).values()
    assert (choice.name, choice.winner.policy, choice.refused) == ("eth0", "kernel", "no valid name")
    alone = between(machine, machine, "PATH")
    assert names(alone)[ONE] == (None, None, "no valid name")
    assert alone.headline == "No card has a PATH name that an interface may have."
    assert f"PATH no valid name: `enp0s3n{port}`" in between(machine, machine).why()


def test_a_refused_name_falls_through_to_the_next_policy() -> None:
    made = Board()
    made.net(made.pci("0000:00:03.0", "", {"index": "1"}), phys_port_name="long-name")
    made.slot("12345", "0000:00:03")
    machine = machine_of("made up", "synthetic", made.tree())
    (choice,) = choose(machine, "default", scheme("v261")).values()
    assert (choice.name, choice.winner.policy, choice.refused) == ("eno1nlong-name", "ONBOARD", "")
    longer = apply(machine, [parse_step("set 0000:00:03.0/index=123")])
    (choice,) = choose(longer, "default", scheme("v261")).values()
    assert (choice.name, choice.refused) == ("eth0", "too long")


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("enp1s0", ""),
        ("eth0.100", ""),
        ("x" * 15, ""),
        ("x" * 16, "too long"),
        ("ü" * 8, "too long"),
        *[(name, "no valid name") for name in ("", ".", "..", "7", "007", "all", "default", "a\tb", "a\x7f", "é", "٣")],
    ],
)
def test_what_an_interface_may_be_called(name: str, word: str) -> None:
    assert refusal(name) == word


def test_a_policy_that_gives_no_name_any_more() -> None:
    answer = preset("N3", policy="SLOT")
    assert {s for _, _, s in names(answer).values()} == {"no name"}
    assert answer.headline == "`ens11`, `ens42` are gone, the card has no SLOT name now."
    assert preset("N1", policy="ONBOARD").headline == "No card has an ONBOARD name."
    assert preset("N4", policy="SLOT").headline == (
        "v255 → v257: `ens3` is a new name for a card that had no SLOT name."
    )


def test_more_than_three_changes_are_counted() -> None:
    cards: list[tuple[str, str, dict[str, str]]] = [(f"0000:00:0{n}.0", f"0{n}", {}) for n in range(3, 8)]
    moved: list[tuple[str, str, dict[str, str]]] = [(f"0000:01:0{n}.0", f"0{n}", {}) for n in range(3, 8)]
    assert between(board(*cards), board(*moved)).headline == "5 of 5 cards have a new name."


def test_cards_that_share_a_mac_are_told_apart_by_place() -> None:
    machine = board(("0000:00:03.0", "01", {}), ("0000:00:04.0", "01", {}))
    assert list(names(between(machine, machine))) == [f"{ONE} at 0000:00:03.0", f"{ONE} at 0000:00:04.0"]


def test_a_machine_without_cards() -> None:
    made = Board()
    made.net("/devices/virtual")
    empty = machine_of("made up", "synthetic", made.tree())
    answer = between(empty, empty)
    assert (answer.rows, answer.headline) == ((), "There is no card on either machine.")
    assert (answer.why(), answer.trace()) == ("There is no card on either machine.", ())


def test_an_uncertain_answer_says_so() -> None:
    made = Board()
    device = made.pci("0000:00:03.0")
    made.net(device)
    made.firmware(device, "3", dangling=True)
    machine = machine_of("made up", "synthetic", made.tree())
    answer = between(machine, machine)
    assert answer.headline == "Every card keeps its name – uncertain, the source lacks something."
    assert not answer.rows[0].certain
    assert "Uncertain: firmware_node leads to nothing" in answer.why()


def test_recorded_names_compare_under_their_scheme_only() -> None:
    old, new = (str(find(f"naming/{name}").path / "export-db.txt") for name in ("t09a", "t09b"))
    recorded = run(NamingScenario(old, new, scheme="v252"))
    assert names(recorded) == names(preset("N1"))
    assert all(row.certain for row in recorded.rows)
    assert not any(row.certain for row in run(NamingScenario(old, new, scheme="v261")).rows)


def test_every_state_has_a_colour() -> None:
    from lab.core.palette import TOKENS

    assert set(STATES.values()) <= set(TOKENS)


# -- intervals ------------------------------------------------------------------------------------


def test_in_all_recordings_but_13_and_18_no_name_differs_between_schemes() -> None:
    cut = {"t13-bridge-in-slot": ["v238–v245", "v247–v261"], "t18-sun-no-slot": ["v238–v255", "v257–v261"]}
    for data in find_all():
        assert [str(i) for i in intervals(open_source(data), "default")] == cut.get(data, ["v238–v261"]), data


def find_all() -> list[str]:
    from lab.core.dataset import listed

    return [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]


def test_the_rule_that_made_a_cut_is_named() -> None:
    cut = intervals(open_source("t13"), "default")
    assert [i.because for i in cut] == ["", "a bridge's slot names no card behind it"]
    edited = preset("N4").after
    assert [(str(i), i.because) for i in intervals(edited, "default")][1] == (
        "v257–v261",
        "firmware_node/sun is asked for the slot first",
    )
    several = Board()
    bridge = several.pci("0000:00:02.0", bridge=True)
    several.net(several.pci("0000:01:05.0", bridge, {"index": "20000"}, functions=True))
    several.slot("6", "0000:00:02")
    machine = machine_of("made up", "synthetic", several.tree())
    assert [(str(i), i.because) for i in intervals(machine, "SLOT")] == [
        ("v238–v245", ""),
        ("v247–v250", "a bridge's slot names no card behind it"),
        ("v251–v254", "a bridge's slot names a card of several functions"),
        ("v255–v261", "no longer: a bridge's slot names a card of several functions"),
    ]
    assert intervals(machine, "ONBOARD")[1].because == "firmware indexes up to 65535 count (before: 16383)"


def test_intervals_cover_every_scheme_once() -> None:
    for policy in ("default", "SLOT", "MAC"):
        cut = intervals(open_source("t13"), policy)
        for name in SCHEMES:
            assert sum(name in interval for interval in cut) == 1
        assert "v300" not in cut[-1]


# -- scenario -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"policy": "BIOS"}, "--policy: 'BIOS' is not one of default, kernel"),
        ({"scheme": "v242"}, "--scheme: 'v242' is not one of"),
        ({"scheme_before": "v1"}, "--scheme-before"),
        ({"step": ["set enp1s0/type=\ud800"]}, "no UTF-8 text"),
        ({"step": ["fly away"]}, "--step: 'fly away' is no step"),
        ({"colour": "red"}, "unknown parameter 'colour'"),
        ({"before": 7}, "--before: 7 is not a text"),
    ],
)
def test_a_scenario_out_of_range(changes: dict[str, object], complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        from_json(NamingScenario, changes)


def test_a_name_that_grew_too_long_is_no_name_that_is_kept() -> None:
    answer = run(NamingScenario("t01-flat", "t01-flat", step=("port enp0s3 = longportname",)))
    assert "`enp0s3` is lost: the new name has more than 15 characters; now `eth0`" in answer.headline
    answer = run(NamingScenario("t01-flat", "t01-flat", policy="PATH", step=("port enp0s3 = longportname",)))
    assert answer.headline == "`enp0s3` is lost: the new name has more than 15 characters."


def test_a_card_without_a_name_is_called_by_its_place() -> None:
    before = run(NamingScenario("t01-flat", "t01-flat", policy="SLOT", step=("remove enp0s3",)))
    assert "None" not in before.headline
