"""`kernel-lab naming fleet` and `fleet-sample`, as a shell sees them, and the work done by a Dask cluster."""

import contextlib
import gzip
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.cli import main
from lab.core.cluster import connected
from lab.core.errors import LabError
from lab.naming.fleet import sample_lines, survey, write_sample
from lab.naming.fleet.lines import BLOCK
from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import release

Output = pytest.CaptureFixture[str]
SCHEMES = tuple(release(RELEASE).schemes.values())


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with thirty hosts."""
    path = tmp_path_factory.mktemp("fleet") / "small.jsonl"
    write_sample(path, 1, 30, 2)
    return path


def fleet(capsys: Output, *words: str) -> tuple[int, str, str]:
    """Status, output and errors of `kernel-lab naming fleet`."""
    status = main(["naming", "fleet", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_sample_is_written_and_counted(tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "f.jsonl"
    words = ["naming", "fleet-sample", "-o", str(path), "--hosts", "40", "--models", "2", "--seed", "4", "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"file": str(path), "hosts": 40, "models": 2, "seed": 4, "bytes": path.stat().st_size}
    status, out, _ = fleet(capsys, str(path), "--workers", "1", "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["hosts"], found["ports"], found["systemd"]) == (40, 320, RELEASE)
    assert [s["scheme"] for s in found["schemes"]] == list(release(RELEASE).schemes)
    assert sum(role["hosts"] for role in found["roles"]) == 320
    assert all(o["because"] for o in found["outliers"])


def test_text_begins_with_the_answer(small: Path, capsys: Output) -> None:
    status, out, _ = fleet(capsys, str(small), "--workers", "1", "--by", "vendor-model")
    assert status == 0
    assert out.startswith("30 hosts: under v261 ")
    assert "other names (hosts)" in out


def test_gzip_and_a_pipe_give_the_same(small: Path, tmp_path: Path) -> None:
    packed = tmp_path / "small.gz"
    packed.write_bytes(gzip.compress(small.read_bytes()))
    command = [sys.executable, "-m", "lab", "naming", "fleet", "--workers", "1", "--scheme", "v252", "--json"]
    answers = []
    for name, data in ((str(small), None), (str(packed), None), ("-", packed.read_bytes())):
        done = subprocess.run([*command, name], input=data, check=True, capture_output=True)
        answers.append({k: v for k, v in json.loads(done.stdout).items() if k != "source"})
        assert done.stderr == b""
    assert answers[0]["schemes"][0]["scheme"] == "v252"
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["/nowhere"], "cannot be read"),
        (["FILE", "--scheme", "v777"], "unknown to systemd 262"),
        (["FILE", "--systemd", "900"], "unknown"),
        (["FILE", "--workers", "0"], "out of range"),
        (["FILE", "--workers", "2", "--cluster", "tcp://127.0.0.1:1"], "leave one out"),
    ],
)
def test_bad_input_is_one_line(small: Path, capsys: Output, words: list[str], why: str) -> None:
    status, out, err = fleet(capsys, *[str(small) if w == "FILE" else w for w in words])
    assert (status, out) == (2, "")
    assert why in err
    assert err.count("\n") == 1


def test_a_bad_line_ends_it_unless_told_otherwise(small: Path, tmp_path: Path, capsys: Output) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(small.read_bytes() + b"no snapshot\n")
    status, _, err = fleet(capsys, str(path), "--workers", "1")
    assert status == 2
    assert "line 31: is no JSON text" in err
    status, out, _ = fleet(capsys, str(path), "--workers", "1", "--keep-going")
    assert status == 0
    assert "1 line was passed over; line 31: is no JSON text" in out


def processes(session: int) -> int:
    """How many processes there are of this session."""
    count = 0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # ended meanwhile
            count += int(stat.read_text("utf-8", "replace").rpartition(")")[2].split()[3]) == session
    return count


def until(condition: Callable[[], bool]) -> bool:
    """Wait for `condition`, twenty seconds at most."""
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_ctrl_c_ends_it_and_its_workers() -> None:
    """Standard input that never ends; after the signal there is one line, status 130 and no process left."""
    command = [sys.executable, "-m", "lab", "naming", "fleet", "-", "--workers", "2", "--scheme", "v261"]
    # a shell's background job ignores the signal, and a child of it would too
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    run = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    signal.signal(signal.SIGINT, before)
    assert run.stdin is not None
    for line in sample_lines(1, BLOCK // 10_000 + 50, 1):  # more than one block
        run.stdin.write(line + b"\n")
    assert until(lambda: processes(run.pid) > 2)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=20)
    assert (run.returncode, out, err) == (130, b"", b"kernel-lab: stopped\n")
    assert until(lambda: processes(run.pid) == 0)


def test_a_dask_cluster_gives_what_this_process_gives(small: Path) -> None:
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
        assert survey(str(small), SCHEMES, cluster=address) == survey(str(small), SCHEMES, workers=1)
        cluster.scale(0)
        assert until(lambda: not cluster.scheduler.workers)
        with pytest.raises(LabError, match="has no workers"), connected(address):
            pass


def test_an_address_that_nobody_listens_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.core.cluster.TIMEOUT", 0.3)
    for address in ("tcp://127.0.0.1:1", "nonsense://x", "tcp://", ""):
        with pytest.raises(LabError, match="no scheduler answers at"), connected(address):
            pass


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(LabError, match=r"kernel-feature-lab\[cluster\]"), connected("tcp://127.0.0.1:1"):
        pass
