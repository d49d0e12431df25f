"""The commands as a user types them."""

import json

import pytest

from lab.cli import main
from lab.pagefault import PRESETS


def test_run_says_the_answer_first_and_ends_with_the_provenance(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "run", "--preset", "P1", "--faults", "1000"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("Told of its faults, the guest computes ")
    assert lines[-1] == "1,000 faults a mode after a warm-up of 100; seed 1, engine simpy"
    assert any(line.startswith("pv: 1 - ErlangB(N, S/C) applies; simulation ") for line in lines)


def test_run_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    words = (
        "pagefault run --mode all --tasks 8 --vcpus 2 --shared --slots inf --limit none --faults 500 --seed 3 --json"
    )
    assert main(words.split()) == 0
    data = json.loads(capsys.readouterr().out)
    assert set(data) == {"scenario", "sync", "halt", "pv"}
    assert data["scenario"]["shared"] is True
    assert data["scenario"]["limit"] == "none"
    assert data["sync"]["utilisation"] < data["pv"]["utilisation"]


def test_run_of_one_mode_has_one_key(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "run", "--mode", "halt", "--faults", "300", "--json"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"scenario", "halt"}
    assert main(["pagefault", "run", "--mode", "pv", "--slots", "2", "--page-in-dist", "det", "--faults", "300"]) == 0
    assert "pv: no closed form: few slots together with page-ins that are not exponential" in capsys.readouterr().out


def test_theory_prints_the_form_or_says_that_none_applies(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", "theory", "--tasks", "8", "--slots", "2", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["pv"]["utilisation"] == pytest.approx(0.498531, abs=1e-6)
    assert data["sync"]["formula"] == "C/(C+S+o)"
    assert main(["pagefault", "theory", "--cores", "1", "--vcpus", "2"]) == 0
    assert "no closed form: " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("run --tasks 0", "--tasks: 0 is out of range, allowed is 1 to 4096"),
        ("run --preset P9", "--preset: 'P9' is not one of P1, P2, P3, P4"),
        ("run --tick 0", "--tick: 0 is out of range"),
        ("run --page-in soon", "--page-in: 'soon' is not a duration such as 4ms"),
        ("run --tasks 4096 --vcpus 256", "at most 65,536 are simulated"),
        ("theory --page-in-dist empirical:/nonexistent", "/nonexistent"),
        ("run --replay on-int --tasks 9", "--tasks: with --replay the recording says all but --mode and --engine"),
        ("theory --scheduler lottery", "--scheduler: 'lottery' is not one of fifo, rr, cfs, eevdf"),
    ],
)
def test_a_users_error_is_one_line_and_status_2(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pagefault", *words.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_help_names_every_preset(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["pagefault", "run", "--help"])
    assert end.value.code == 0
    text = " ".join(capsys.readouterr().out.split())
    for preset in PRESETS:
        assert preset.id in text
