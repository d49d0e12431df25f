"""`kernel-lab pagefault grid`, as a shell sees it."""

import csv
import json
from pathlib import Path

import pytest

from lab.cli import main

Output = pytest.CaptureFixture[str]


def grid(capsys: Output, *words: str) -> tuple[int, str, str]:
    """Status, output and errors."""
    status = main(["pagefault", "grid", "--workers", "1", "--faults", "60", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_grid_is_a_table_and_files(tmp_path: Path, capsys: Output) -> None:
    files = {name: tmp_path / f"out.{name}" for name in ("csv", "parquet", "map")}
    options = [word for name, path in files.items() for word in (f"--{name}", str(path))]
    store = ["--store", str(tmp_path / "done")]
    status, out, err = grid(capsys, "--over", "tasks=1,2", "--over", "page-in=1us,9us", *options, *store)
    assert (status, err) == (0, "")
    assert out.startswith("Async pays in 2 of 4 cells: from ×")
    assert "4 points, 1 replication, 60 faults a run; base seed 1, engine simpy, model " in out
    rows = list(csv.DictReader(files["csv"].read_text("utf-8").splitlines()))
    found = [(row["tasks"], row["page_in"], row["mode"]) for row in rows[:3]]
    assert found == [("1", "1.0", "sync"), ("1", "1.0", "halt"), ("1", "1.0", "pv")]
    assert files["parquet"].read_bytes()[:4] == b"PAR1"
    assert files["map"].read_text("utf-8").startswith("<?xml")
    before = files["csv"].read_bytes()
    status, out, err = grid(capsys, "--over", "tasks=1,2", "--over", "page-in=1us,9us", *options[:2], *store, "--json")
    assert (status, err) == (0, "")
    data = json.loads(out)
    assert data["notes"] == [f"{tmp_path / 'done'}: 12 runs were there, 0 were missing"]
    assert files["csv"].read_bytes() == before
    assert [len(data[key]) for key in ("points", "runs")] == [12, 12]


def test_a_row_can_be_run_again_by_its_seed(capsys: Output) -> None:
    _, out, _ = grid(capsys, "--over", "tasks=3", "--mode", "pv", "--json")
    (one,) = json.loads(out)["runs"]
    assert main(["pagefault", "run", "--tasks", "3", "--mode", "pv", "--faults", "60", "--seed", str(one["seed"]),
                 "--json"]) == 0  # fmt: skip
    again = json.loads(capsys.readouterr().out)["pv"]
    assert {key: one[key] for key in ("utilisation", "throughput", "shares")} == {
        key: again[key] for key in ("utilisation", "throughput", "shares")
    }


@pytest.mark.parametrize("preset", ["P1", "P2", "P3", "P4", "p4"])
def test_every_preset_brings_its_axes(preset: str, capsys: Output) -> None:
    status, out, _ = grid(capsys, "--preset", preset, "--faults", "20", "--mode", "sync", "--json")
    assert status == 0
    assert len(json.loads(out)["over"]) == 2


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--over", "tasks=x"], "--over: 'x' is not a whole number"),
        (["--over", "tasks=1,2", "--map", "x.svg"], "--map: a map has two axes, this grid has 1"),
        (["--replications", "0"], "--replications: 0 is out of range"),
        (["--cluster", "tcp://127.0.0.1:1"], "--workers: has no meaning with --cluster"),
        (["--store", "/dev/null"], "--store: /dev/null cannot be used as a folder"),
        (["--csv", "/nowhere/x.csv"], "/nowhere/x.csv: cannot be written"),
        (["--preset", "P9"], "--preset: 'P9' is not one of"),
    ],
)
def test_bad_input_is_one_line(words: list[str], why: str, capsys: Output) -> None:
    status, out, err = grid(capsys, *words)
    assert (status, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


def test_runs_that_fail_are_told_and_the_status_is_1(tmp_path: Path, capsys: Output) -> None:
    told = tmp_path / "page-ins.txt"
    told.write_text("none\n")
    status, out, _ = grid(capsys, "--over", f"page-in-dist=exp,empirical:{told}", "--mode", "sync")
    assert status == 1
    assert f"page-in varies empirical:{told}, sync: {told}: line 1: 'none' is no number" in out
