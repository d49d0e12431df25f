"""`make lab`: the server that it starts, asked over HTTP (the browser tests look at the page itself)."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.installed import ROOT

# What an outer make hands down would be obeyed by the inner one: its options, ARGS, PYTHON.
OUTSIDE = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES")}

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="make is not here")


class Server(NamedTuple):
    """A running JupyterLab: where, with which token, and what it wrote."""

    url: str
    token: str
    log: str

    def get(self, path: str, token: str | None = None) -> str:
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"token {token or self.token}"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            return str(answer.read().decode())


def recipe(*words: str) -> list[str]:
    """The last command that `make` would run, as words: JupyterLab or pytest."""
    line = ["make", "-n", *words]
    out = subprocess.run(line, cwd=ROOT, env=OUTSIDE, check=True, capture_output=True, text=True).stdout
    return shlex.split(out.splitlines()[-1])


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """What `make lab ARGS=...` starts; its set-up is not run again here."""
    port = free_port()
    words = recipe("lab", f"ARGS=--no-browser --port {port} --ip 127.0.0.1")
    words = [sys.executable, *words[words.index("exec") + 2 :]]
    log = tmp_path_factory.mktemp("server") / "log"
    own = dict.fromkeys(("JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR"), str(log.parent))
    with open(log, "wb") as out:
        process = subprocess.Popen(
            words, cwd=ROOT, env={**OUTSIDE, **own}, stdout=out, stderr=out, stdin=subprocess.DEVNULL
        )
        try:
            yield _wait(process, port, log)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> Server:
    for _ in range(300):
        text = log.read_text("utf-8", "replace")
        found = re.search(rf"http://127\.0\.0\.1:{port}(/\S*)\?token=(\w+)", text)
        if found and "To access the server" in text:
            assert found[1] == "/lab/tree/00-start-here.ipynb"
            return Server(f"http://127.0.0.1:{port}", found[2], text)
        assert process.poll() is None, text
        time.sleep(0.1)
    raise AssertionError(log.read_text("utf-8", "replace"))


def page_config(server: Server) -> dict[str, Any]:
    page = server.get("/lab/tree/00-start-here.ipynb")
    found = re.search(r'<script id="jupyter-config-data" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    return dict(json.loads(found[1]))


def test_it_is_jupyterlab_4_on_the_first_notebook(server: Server) -> None:
    config = page_config(server)
    assert str(config["appVersion"]).startswith("4.")
    book = json.loads(server.get("/api/contents/00-start-here.ipynb"))
    assert book["type"] == "notebook"
    assert book["content"]["metadata"]["kernelspec"]["name"] == "kernel-lab"


def test_the_notebooks_kernel_is_known(server: Server) -> None:
    assert "kernel-lab" in json.loads(server.get("/api/kernelspecs"))["kernelspecs"]


def test_the_token_stays(server: Server) -> None:
    assert len(server.token) >= 32
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.get("/api/contents", token="wrong")
    assert refused.value.code == 403
    refused.value.close()


def test_news_and_updates_are_off_and_are_not_asked_about(server: Server) -> None:
    assert page_config(server)["news"] == {"disabled": True}
    settings = json.loads(server.get("/lab/api/settings/@jupyterlab/apputils-extension:notification"))
    chosen = {name: value["default"] for name, value in settings["schema"]["properties"].items()}
    assert chosen["fetchNews"] == "false"
    assert chosen["checkForUpdates"] is False
    assert json.loads(server.get("/lab/api/update")) == {"notification": None}


def test_the_extension_manager_is_off(server: Server) -> None:
    assert "Extension Manager is 'readonly'." in server.log


def test_it_listens_on_loopback_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("ip" in word.lower().split("=")[0].split(".") for word in recipe("lab"))
    from jupyter_server.serverapp import ServerApp

    assert ServerApp().ip in ("localhost", "127.0.0.1")


@pytest.mark.parametrize(("user", "allowed"), [("0", True), ("1000", False)])
def test_root_is_allowed_only_for_root(user: str, allowed: bool, tmp_path: Path) -> None:
    fake = tmp_path / "id"
    fake.write_text(f'#!/bin/sh\n[ "$1" = -u ] && echo {user}\n', "utf-8")
    fake.chmod(0o755)
    environment = {**OUTSIDE, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
    out = subprocess.run(["make", "-n", "lab"], cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    assert ("--allow-root" in out.stdout.splitlines()[-1]) == allowed


def test_arguments_arrive() -> None:
    assert recipe("lab", "ARGS=--no-browser --port 8899")[-3:] == ["--no-browser", "--port", "8899"]
    assert recipe("test", "ARGS=tests/core -k svg")[-4:] == ["pytest", "tests/core", "-k", "svg"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with what the set-up reads, and a `pip` that only writes down how it was called."""
    place = tmp_path / "a b"
    place.mkdir()
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, place)
    pip = tmp_path / "pip"
    pip.write_text(f'#!/bin/sh\necho "$@" >>"{tmp_path}/calls"\n', "utf-8")
    pip.chmod(0o755)
    return place


def make(place: Path, *words: str) -> list[str]:
    """Run make there; the installations that pip was asked for, shortened to what is installed."""
    calls = place.parent / "calls"
    calls.unlink(missing_ok=True)
    pip = f"PIP={place.parent / 'pip'}"
    line = ["make", *words, f"PYTHON={sys.executable}", pip]
    subprocess.run(line, cwd=place, env=OUTSIDE, check=True, capture_output=True, stdin=subprocess.DEVNULL)
    lines = calls.read_text("utf-8").splitlines() if calls.exists() else []
    return [line.rpartition("--constraint constraints.txt ")[2] for line in lines if " install " in line]


EDITABLE = "--no-build-isolation --editable ."


def test_it_is_set_up_once_and_again_only_when_something_changed(checkout: Path) -> None:
    assert make(checkout, "setup") == ["hatchling", f"{EDITABLE}[test]"]
    assert not list(checkout.glob(".venv/lib/python*/site-packages/pip"))
    assert make(checkout, "setup") == []
    with open(checkout / "constraints.txt", "a", encoding="utf-8") as pins:
        pins.write("six==1.17.0\n")
    assert make(checkout, "setup") == ["hatchling", f"{EDITABLE}[test]"]
    assert make(checkout, "setup") == []
    os.utime(checkout / "pyproject.toml")
    assert make(checkout, "setup") == []


def test_a_checkout_that_has_moved_is_installed_anew(checkout: Path) -> None:
    make(checkout, "setup")
    moved = checkout.rename(checkout.parent / "c d")
    assert make(moved, "setup") == ["hatchling", f"{EDITABLE}[test]"]


def test_an_environment_whose_python_is_gone_is_made_anew(checkout: Path) -> None:
    make(checkout, "setup")
    python = checkout / ".venv" / "bin" / "python"
    for path in python.parent.glob("python*"):
        path.unlink()
    python.symlink_to("/no/such/python")
    assert make(checkout, "setup") == ["hatchling", f"{EDITABLE}[test]"]
    assert python.resolve() == Path(sys.executable).resolve()


def test_an_installation_that_fails_is_tried_again(checkout: Path) -> None:
    pip = checkout.parent / "pip"
    good = pip.read_text("utf-8")
    pip.write_text('#!/bin/sh\ncase "$*" in *editable*) exit 1;; esac\n', "utf-8")
    with pytest.raises(subprocess.CalledProcessError):
        make(checkout, "setup")
    pip.write_text(good, "utf-8")
    assert make(checkout, "setup") == ["hatchling", f"{EDITABLE}[test]"]


def test_a_machine_without_a_new_python_or_pip_is_told(checkout: Path) -> None:
    line = ["make", "lab", "PYTHON=/no/such/python"]
    done = subprocess.run(line, cwd=checkout, env=OUTSIDE, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "no Python 3.11 or newer among: /no/such/python; try make lab PYTHON=" in done.stderr
    line = ["make", "test", f"PYTHON={sys.executable}", "PIP=/no/such/pip"]
    done = subprocess.run(line, cwd=checkout, env=OUTSIDE, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert 'no pip 22.3 or newer that works; install python3-pip, or try make test PIP="' in done.stderr
