"""Finished runs on disk: found again, checked, never outside their folder, and apart for every model."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.pagefault import PageFaultScenario
from lab.pagefault.grid import Grid, measure, plan, version
from lab.pagefault.grid.store import Store, opened
from lab.pagefault.grid.work import figures

BASE = PageFaultScenario(faults=40, mode="pv")
PLAN = plan(BASE, ["tasks=1,2,3"], 2)


def grid(folder: Path) -> Grid:
    """The plan, in this process."""
    return measure(PLAN, workers=1, store=folder)


def test_a_second_run_reads_what_the_first_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "store"
    first = grid(folder)
    assert first.notes == ()
    files = sorted(folder.iterdir())
    assert len(files) == 6
    before = {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in files}
    again = grid(folder)
    assert again == first == measure(PLAN, workers=1)
    assert again.notes == (f"{folder}: 6 runs were there, 0 were missing",)
    assert {f: (f.stat().st_mtime_ns, f.read_bytes()) for f in folder.iterdir()} == before


def test_what_was_finished_before_a_stop_is_not_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(done: int, total: int, label: str) -> None:
        if done == 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        measure(PLAN, workers=1, store=tmp_path, progress=stop)
    assert len(list(tmp_path.iterdir())) == 4
    done: list[int] = []

    def counted(scenario: PageFaultScenario, model: str) -> dict[str, object]:
        done.append(scenario.seed)
        return figures(scenario, model)

    monkeypatch.setattr(sys.modules["lab.pagefault.grid.measure"], "figures", counted)
    assert grid(tmp_path).notes == (f"{tmp_path}: 4 runs were there, 2 were missing",)
    assert len(done) == 2


def _cut(text: str) -> str:
    return text[: len(text) // 2]


def _other_figure(text: str) -> str:
    return text.replace('"faults": 40', '"faults": 41')


def _other_check(text: str) -> str:
    data = json.loads(text)
    data["body"]["check"] = "0" * 40
    return json.dumps(data)


def _other_run(text: str) -> str:
    data = json.loads(text)
    data["body"]["key"]["scenario"]["tasks"] = 7
    return json.dumps(data)


def _newer(text: str) -> str:
    return json.dumps(json.loads(text) | {"version": 2})


@pytest.mark.parametrize(
    "damage",
    [_cut, _other_figure, _other_check, _other_run, _newer, lambda _: "", lambda _: "[]", lambda _: '{"kind": 1}'],
)
def test_a_damaged_file_is_told_and_done_again(tmp_path: Path, damage) -> None:  # type: ignore[no-untyped-def]
    first = grid(tmp_path)
    victim = min(tmp_path.iterdir())
    whole = victim.read_text("utf-8")
    assert damage(whole) != whole
    victim.write_text(damage(whole), "utf-8")
    again = grid(tmp_path)
    assert again == first
    assert again.notes[0] == f"{tmp_path}: 5 runs were there, 1 were missing"
    assert again.notes[1].startswith(victim.name)
    assert again.notes[1].endswith("; done again")
    assert victim.read_text("utf-8") == whole


@settings(max_examples=30)
@given(st.binary(max_size=300))
def test_no_content_of_a_file_is_believed_or_ends_in_a_traceback(data: bytes) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        shelf = opened(folder)
        Path(shelf.path(BASE)).write_bytes(data)
        assert shelf.get(BASE) is None
        assert len(shelf.damaged) == 1


def test_files_of_another_model_are_told_and_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    grid(tmp_path)
    old = set(tmp_path.iterdir())
    for module in ("measure", "store", "work"):
        monkeypatch.setattr(sys.modules[f"lab.pagefault.grid.{module}"], "model_version", lambda: "0123456789abcdef")
    again = grid(tmp_path)
    (note,) = again.notes
    assert note.startswith("6 files are of another version of the model (")
    assert note.endswith("this is 0123456789abcdef): not used")
    assert len(set(tmp_path.iterdir()) - old) == 6


def test_every_parameter_is_part_of_a_name() -> None:
    shelf = Store("folder", "m", {})
    changes = [{"tasks": 5}, {"seed": 2}, {"mode": "sync"}, {"engine": "fast"}, {"faults": 41}, {"page_in": 4.1}]
    names = {shelf.path(dataclasses.replace(BASE, **c)) for c in ({}, *changes)}  # type: ignore[arg-type]
    assert len(names) == 7


def test_the_content_of_a_file_that_a_scenario_names_is_part_of_it(tmp_path: Path) -> None:
    told = tmp_path / "page-ins.txt"
    scenario = dataclasses.replace(BASE, page_in_dist=f"empirical:{told}")
    shelf = opened(tmp_path / "store")
    names = set()
    for text in ("1\n2\n", "1\n3\n"):
        told.write_text(text)
        names.add(shelf.path(scenario))
    assert len(names) == 2
    told.unlink()
    with pytest.raises(LabError, match=r"page-ins\.txt: "):
        shelf.path(scenario)


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    outside = tmp_path / "outside.json"
    outside.write_text("mine")
    shelf = opened(tmp_path / "store")
    Path(shelf.path(BASE)).symlink_to(outside)
    assert shelf.get(BASE) is None
    with pytest.raises(LabError, match="is a link; a store holds plain files, so remove it"):
        shelf.put(BASE, {})
    assert outside.read_text() == "mine"


@pytest.mark.parametrize("name", ["file", "file/below", "a\0b"])
def test_a_store_that_is_no_folder_is_an_error_of_the_user(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LabError, match=r"^--store: "):
        opened(tmp_path / name)


TWO = """
import sys
from lab.pagefault import PageFaultScenario
from lab.pagefault.grid import measure, plan
found = measure(plan(PageFaultScenario(faults=40, mode="pv"), ["tasks=1,2,3"], 2), workers=1, store=sys.argv[1])
print(found.to_csv())
"""


def test_two_processes_may_use_one_folder(tmp_path: Path) -> None:
    both = [
        subprocess.Popen([sys.executable, "-c", TWO, str(tmp_path)], stdout=subprocess.PIPE, text=True) for _ in "ab"
    ]
    first, second = (run.communicate(timeout=60)[0] for run in both)
    assert first == second == measure(PLAN, workers=1).to_csv() + "\n"
    assert sorted(f.name for f in tmp_path.iterdir()) == sorted(
        Path(opened(tmp_path).path(job.scenario)).name for job in PLAN.jobs()
    )


def test_the_version_covers_every_rule_and_nothing_that_only_draws() -> None:
    """What `comparison` needs, directly or not, is among the rules; read from a Python that has imported it."""
    code = "import sys, lab.pagefault.comparison, lab.pagefault.model; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    room = "lab.pagefault."
    needed = {name.removeprefix(room).replace(".", "/") for name in loaded if name.startswith(room)}
    rules = {name.removesuffix(".py").removesuffix("/__init__") for name in version.rules()}
    drawn = {"presets", "sweep"}  # the room's front door shows its presets
    assert needed - rules - drawn == set()
    assert not rules & {"picture", "curve", "commands", "grid/plan", "explain"}
    assert len(version.model_version()) == 16
