"""Who does the runs makes no difference: this process, several of them, a Dask cluster. And a stop leaves nothing."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.progress import Cancelled
from lab.pagefault import PageFaultScenario, run
from lab.pagefault.grid import measure, plan
from lab.pagefault.grid.crew import each
from lab.pagefault.grid.work import figures

BASE = PageFaultScenario(faults=60)
PLAN = plan(BASE, ["tasks=1,2,4", "overhead-pv=0,1"], 2)


def children() -> int:
    """How many processes this one has that do runs; joblib's tracker of resources stays and is not counted."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # ended meanwhile
            if int(stat.read_text("utf-8", "replace").rpartition(")")[2].split()[1]) == os.getpid():
                count += b"popen_loky_posix" in stat.with_name("cmdline").read_bytes()
    return count


def until(condition: Callable[[], bool]) -> bool:
    """Wait for `condition`, a minute at most."""
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_processes_give_what_this_process_gives_byte_for_byte(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    alone = measure(PLAN, workers=1, progress=lambda done, total, label: told.append((done, total)))
    many = measure(PLAN, workers=2, store=tmp_path)
    assert many.to_csv() == alone.to_csv()
    assert many == alone
    assert told == [(i, 36) for i in range(37)]
    assert len(list(tmp_path.iterdir())) == 36
    assert until(lambda: children() == 0)


def test_a_dask_cluster_gives_what_this_process_gives_byte_for_byte() -> None:
    from distributed import LocalCluster

    with LocalCluster(  # type: ignore[no-untyped-call]
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        dashboard_address="127.0.0.1:0",
        protocol="tcp",
        host="127.0.0.1",
    ) as cluster:
        address = cluster.scheduler_address
        assert measure(PLAN, cluster=address).to_csv() == measure(PLAN, workers=1).to_csv()
        with pytest.raises(LabError, match=r"the model of one is [0-9a-f]{16}, not 0000"):
            list(each(figures, [(BASE, "0000")], cluster=address))


def test_a_row_is_the_plain_run_with_its_seed() -> None:
    for row in measure(PLAN, workers=1).rows[:6]:
        again = run(row.scenario, row.mode)
        assert row.figures["utilisation"] == again.utilisation
        assert row.figures["throughput"] == again.throughput


def test_a_stop_between_runs_leaves_finished_ones_and_no_process(tmp_path: Path) -> None:
    def stop(done: int, total: int, label: str) -> None:
        if done == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        measure(PLAN, workers=2, store=tmp_path, progress=stop)
    assert len(list(tmp_path.iterdir())) == 5
    assert until(lambda: children() == 0)


def processes(session: int) -> int:
    """How many processes there are of this session; one that is over and not yet collected is none."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, _parent, _group, of = stat.read_text("utf-8", "replace").rpartition(")")[2].split()[:4]
            count += int(of) == session and state != "Z"
    return count


def test_ctrl_c_keeps_what_is_done_and_ends_every_process(tmp_path: Path) -> None:
    words = ["--over", "tasks=" + ",".join(map(str, range(1, 60))), "--replications", "20", "--faults", "2000"]
    command = [sys.executable, "-m", "lab", "pagefault", "grid", *words, "--workers", "2", "--store", str(tmp_path)]
    # a shell's background job ignores the signal, and a child of it would too
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    going = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    signal.signal(signal.SIGINT, before)
    assert until(lambda: len(list(tmp_path.glob("*.json"))) > 3)
    os.killpg(going.pid, signal.SIGINT)  # as a terminal does it: to all of them
    out, err = going.communicate(timeout=30)
    assert (going.returncode, out, err) == (130, b"", b"kernel-lab: stopped\n")
    assert until(lambda: processes(going.pid) == 0)
    names = [p.name for p in tmp_path.iterdir()]
    assert names
    assert all(name.endswith(".json") for name in names)


def test_a_killed_parent_leaves_no_process(tmp_path: Path) -> None:
    words = ["--over", "tasks=1,2,3,4,5,6,7,8", "--replications", "500", "--faults", "2000", "--workers", "2"]
    command = [sys.executable, "-m", "lab", "pagefault", "grid", *words, "--store", str(tmp_path)]
    going = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
    assert until(lambda: len(list(tmp_path.glob("*.json"))) > 1)
    going.kill()
    going.wait(timeout=20)
    assert until(lambda: processes(going.pid) == 0)


def test_a_run_that_the_model_refuses_is_a_row_with_its_error() -> None:
    found = measure(plan(PageFaultScenario(faults=60, mode="pv", page_in_dist="empirical:no-such-file"), []), workers=1)
    (row,) = found.failed
    assert row.error.startswith("no-such-file: ")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"workers": 0}, "--workers: 0 is out of range"),
        ({"workers": 257}, "--workers: 257 is out of range"),
        ({"workers": 2, "cluster": "tcp://127.0.0.1:1"}, "leave one out"),
    ],
)
def test_bad_numbers_of_workers(options: dict[str, object], said: str) -> None:
    with pytest.raises(LabError, match=said):
        measure(PLAN, **options)  # type: ignore[arg-type]


def test_page_ins_from_a_file_are_not_sent_to_a_cluster() -> None:
    with pytest.raises(LabError, match="--cluster: page-ins from a file"):
        measure(plan(PageFaultScenario(page_in_dist="empirical:x"), []), cluster="tcp://127.0.0.1:1")


def test_without_joblib_one_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(LabError, match="or use --workers 1"):
        measure(PLAN, workers=2)
    assert len(measure(plan(BASE, []), workers=1).rows) == 3
