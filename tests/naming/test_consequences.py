"""What follows from a change, for every convention: the presets' answers, and what must be said beside them."""

import json
from typing import Any

import pytest

from lab.cli import main
from lab.core.errors import LabError
from lab.naming import SCHEMES, NamingScenario, open_source
from lab.naming.choice import POLICY_WORDS
from lab.naming.compare import compare
from lab.naming.consequences import Answer, Consequences, consequences, what_if
from lab.naming.sources.snapshot import decode, encode

ONE, TWO = "52:54:00:00:00:01", "52:54:00:00:00:02"
ADDED = "add virtio mac=52:54:00:00:00:02 at port 0000:00:04"


def asked(recording: str, *steps: str, **scenario: Any) -> Consequences:
    return what_if(open_source(recording), NamingScenario(step=steps, **scenario))


def one(found: Consequences, policy: str) -> Answer:
    (answer,) = found.of(policy)
    return answer


def test_a_card_is_added_as_in_the_recorded_pair() -> None:
    edited = asked("09a", ADDED)
    recorded = consequences(open_source("09a"), open_source("09b"))
    assert [a.policy for a in edited.answers] == list(POLICY_WORDS)
    for policy in POLICY_WORDS:
        rows = [[(r.cells()[0], *r.cells()[2:]) for r in one(f, policy).comparison.rows] for f in (edited, recorded)]
        assert rows[0] == rows[1], policy
    assert edited.headline.startswith("`enp1s0` now belongs to another card.")
    assert edited.headline.endswith("MAC names stay with their cards.")
    default = one(edited, "default")
    assert (default.taken, default.broken, default.keeps) == (("enp1s0",), (), False)
    assert one(edited, "MAC").keeps


def test_systemd_is_upgraded() -> None:
    found = asked("01", "both sun enp0s3 = 3", systemd=257, systemd_before=252)
    default = one(found, "default")
    assert default.broken == ("enp0s3",)
    assert default.comparison.headline == "systemd 252 → 257: `enp0s3` is now called `ens3`."
    assert one(found, "PATH").keeps
    assert found.before.edits == found.after.edits == ("both sun enp0s3 = 3",)


def test_every_scheme_in_runs_of_equal_results() -> None:
    machine = open_source("13")
    found = what_if(machine, NamingScenario(step=("renumber",)), ("SLOT", "PATH"), every_scheme=True)
    assert [(a.policy, a.schemes) for a in found.answers] == [
        ("SLOT", "v238–v245"),
        ("SLOT", "v247–v261"),
        ("PATH", "v238–v261"),
    ]
    assert found.of("SLOT")[0].collisions == ("ens2",)
    for answer in found.answers:
        for name in (answer.first, answer.last):
            alone = consequences(machine, found.after, NamingScenario(scheme=name), (answer.policy,))
            assert [r.cells() for r in one(alone, answer.policy).comparison.rows] == [
                r.cells() for r in answer.comparison.rows
            ]


def test_the_rows_are_those_of_the_comparison() -> None:
    found = asked("04", "swap ens11 ens42")
    for policy in POLICY_WORDS:
        if policy == "persistent":  # it has a disk here, with the rules of the machine before
            continue
        scenario = NamingScenario(policy=policy, step=("swap ens11 ens42",))
        assert one(found, policy).comparison.rows == compare(scenario, found.before, found.after).rows
    assert found.headline.startswith("`ens11` and `ens42` have changed places.")
    assert set(one(found, "SLOT").taken) == {"ens11", "ens42"}


def test_names_that_are_too_long_and_names_that_collide() -> None:
    found = asked("04", "port ens11 = p0verylongname")
    assert one(found, "SLOT").too_long == ("ens11np0verylongname",)
    assert one(found, "SLOT").broken == ("ens11",)
    found = asked("01", "index enp0s3 = 1", "index enp0s5 = 1")
    assert one(found, "ONBOARD").collisions == ("eno1",)
    assert one(found, "ONBOARD").taken == ()


def test_what_rests_on_a_port_that_is_not_known_is_uncertain() -> None:
    found = asked("04", "add nic at port 0000:00:07")
    new = "02:00:00:00:00:01"
    assert one(found, "SLOT").uncertain == (new,)
    assert one(found, "default").uncertain == (new,)
    assert one(found, "PATH").uncertain == ()
    assert "uncertain" in found.headline
    gaps = [g.reason for r in one(found, "SLOT").comparison.rows if r.after for c in r.after.asked for g in c.gaps]
    assert gaps == ["the new root port may have a slot with a number of its own"]
    settled = asked("04", "add nic at port 0000:00:07", f"slot {new} = 7")
    assert one(settled, "default").uncertain == ()


def test_a_disk_in_another_machine() -> None:
    found = asked("04", "clone t05")
    assert found.cloned
    assert found.headline == ("2 of 2 default names on the disk are not there on the other machine: `ens11`, `ens42`.")
    assert one(found, "PATH").broken == ()
    assert one(found, "MAC").broken == ("enx525400000001", "enx525400000002")
    assert asked("04", "clone t04").headline == (
        "Every default name on the disk is there on the other machine as well."
    )


REAL = [f"both replace {n} with 00:1b:21:00:00:0{i}" for i, n in enumerate(("enp0s3", "enp0s5", "enp0s7"), 1)]


def test_a_card_that_is_replaced_gets_the_next_name_from_the_rules_on_the_disk() -> None:
    """Known from the field as "eth0 became eth1": the rule for the old card keeps its name."""
    found = asked("01", *REAL, "replace enp0s3 with 00:1b:21:00:00:09")
    pinned = one(found, "persistent")
    assert [
        (r.identity[-2:], r.before and r.before.name, r.after and r.after.name) for r in pinned.comparison.rows
    ] == [
        ("01", "eth0", None),
        ("02", "eth1", "eth1"),
        ("03", "eth2", "eth2"),
        ("09", None, "eth3"),
    ]
    assert pinned.broken == ("eth0",)
    assert one(found, "PATH").broken == ()


def test_cards_that_change_places_keep_the_names_that_the_disk_pins_to_them() -> None:
    found = asked("01", *REAL, "swap enp0s3 enp0s5")
    assert one(found, "persistent").keeps
    assert set(one(found, "PATH").taken) == {"enp0s3", "enp0s5"}
    assert set(one(found, "kernel").taken) == {"eth0", "eth1"}


def test_a_cloned_disk_gives_every_card_a_new_pinned_name() -> None:
    """Virtual machines and memory cards are copied so: the rules on the disk are of the first machine's cards."""
    other = ["both replace enp0s3 with 00:1b:21:00:00:01"]
    found = asked("01", *other, "clone t01", "replace enp0s3 with 00:1b:21:00:00:09")
    assert one(found, "persistent").broken == ("eth0",)
    assert one(found, "PATH").broken == ()


def test_a_snapshot_can_be_edited_like_the_machine_itself() -> None:
    copied = decode(encode(open_source("09a")), "copy")
    found = what_if(copied, NamingScenario(step=(ADDED,)))
    assert one(found, "default").taken == ("enp1s0",)
    assert one(found, "PATH").taken == ("enp1s0",)


def test_no_step_changes_nothing() -> None:
    found = asked("04")
    assert one(found, "default").keeps
    assert found.headline == "Every card keeps its name."
    assert found.notes == ()


def test_no_convention_is_no_answer() -> None:
    assert what_if(open_source("04"), NamingScenario(), ()).headline == "No convention was asked for."


def test_the_command_prints_the_same_as_json_and_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["naming", "whatif", "09a", "--step", ADDED, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["steps"] == [ADDED]
    assert data["headline"].startswith("enp1s0 now belongs to another card.")
    default = next(a for a in data["answers"] if a["policy"] == "default")
    assert default["taken"] == ["enp1s0"]
    assert [(c["card"], c["before"], c["after"], c["state"]) for c in default["cards"]] == [
        (ONE, "enp1s0", "enp2s0", "changed"),
        (TWO, None, "enp1s0", "taken"),
    ]
    assert default["cards"][1]["why"].startswith("PATH: 0000:01:00.0 = bus 1, device 0 → enp1s0")
    assert main(["naming", "whatif", "09a", "--step", ADDED]) == 0
    text = capsys.readouterr().out
    assert "PATH (v261): now another card: enp1s0" in text
    assert "note: bus numbers are those that firmware gives depth-first" in text


def test_the_command_takes_releases_and_all_schemes(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["naming", "whatif", "01", "--step", "both sun enp0s3 = 3", "--systemd", "257", "--systemd-before", "252"]
    assert main([*line, "--scheme", "all", "--json"]) == 0
    answers = json.loads(capsys.readouterr().out)["answers"]
    assert {a["schemes"][-1] for a in answers if a["policy"] == "PATH"} == {
        [n for n in SCHEMES if int(n[1:]) <= 257][-1]
    }
    assert [a["broken"] for a in answers if a["policy"] == "SLOT"][-1] == []
    assert main(["naming", "whatif", "04", "--places"]) == 0
    assert "port 0000:00:03" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--step", "paint it"], "is no step"),
        (["--step", "add nic at moon"], "is no place"),
        (["--systemd", "999"], "999"),
        (["--scheme", "v999"], "v999"),
        (["--scheme", "v257", "--systemd", "252"], "v257"),
    ],
)
def test_bad_input_is_one_line(words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["naming", "whatif", "04", *words]) == 2
    said = capsys.readouterr().err
    assert complaint in said
    assert len(said.strip().split("\n")) == 1


def test_a_udev_database_says_that_it_cannot_be_edited(tmp_path: Any) -> None:
    from lab.core.dataset import find

    machine = open_source(str(find("naming/t01").path / "export-db.txt"))
    with pytest.raises(LabError, match="cannot be edited"):
        what_if(machine, NamingScenario(step=("renumber",)))
