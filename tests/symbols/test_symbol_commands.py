"""`kernel-lab symbols ...`, as a script sees it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lab.cli import main

Make = Callable[..., bytes]
Write = Callable[[str, bytes], Path]


def ask(capsys: pytest.CaptureFixture[str], *words: str | Path, status: int = 0) -> Any:
    assert main(["symbols", *map(str, words), "--json"]) == status
    return json.loads(capsys.readouterr().out)


def refused(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    assert main(["symbols", *map(str, words)]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.startswith("kernel-lab: ")
    assert out.err.count("\n") == 1
    return out.err


def test_info(capsys: pytest.CaptureFixture[str], write: Write, make_module: Make, wanted: Any) -> None:
    path = write("net-thing.ko", make_module())
    data = ask(capsys, "info", path)
    assert (data["kind"], data["owner"], data["licence"]) == ("module", "net_thing", "GPL v2")
    assert data["exports"][1] == {
        "name": "beta", "owner": "net_thing", "address": "0x10", "section": ".text",
        "crc": "0xffffffff", "namespace": "STORAGE", "gpl": False,
    }  # fmt: skip
    assert data["undefined"][0] == {"name": "kfree", "crc": "0x000000a0", "weak": False}
    assert main(["symbols", "info", str(path)]) == 0
    text = capsys.readouterr().out
    assert "module net_thing, ELF 64-bit little-endian x86-64" in text
    assert all(e.name in text for e in wanted)


def test_cost_equals_the_explorers_figures(capsys: pytest.CaptureFixture[str]) -> None:
    data = ask(capsys, "cost", "--preset", "S1")
    assert [c["comparisons"] for c in data["costs"]] == [5237, 18, 1]
    data = ask(capsys, "cost", "--preset", "s2", "--layout", "merged", "--methods", "binary")
    assert [(c["method"], c["comparisons"]) for c in data["costs"]] == [("binary", 14)]
    data = ask(capsys, "cost", "--preset", "S4")
    assert data["costs"][1]["crc"] == 11_659_983
    assert main(["symbols", "cost", "--name", "kfree"]) == 0
    assert "`kfree` is exported by vmlinux, for every licence" in capsys.readouterr().out


def test_time_on_bundled_and_own_names(capsys: pytest.CaptureFixture[str], write: Write, make_kernel: Make) -> None:
    data = ask(capsys, "time", "--size", "64", "--rounds", "5")
    assert data["ratios"]["linear/binary"] > 0
    assert data["ratios"]["crc/binary"] is None
    assert [r["method"] for r in data["timing"]["rows"]] == ["linear", "binary", "hash"]
    assert ", 5 interleaved rounds of 64 lookups" in data["timing"]["protocol"]
    assert "cores allowed" in data["timing"]["machine"]
    data = ask(capsys, "time", write("vmlinux", make_kernel()), "--rounds", "5", "--methods", "binary")
    assert data["table"]["names"] == 4
    assert main(["symbols", "time", "--size", "16", "--rounds", "5"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("The linear scan takes ")
    assert "machine:" in text
    assert "protocol:" in text


def test_pack(
    capsys: pytest.CaptureFixture[str], write: Write, make_kernel: Make, make_module: Make, tmp_path: Path
) -> None:
    image, module = write("vmlinux", make_kernel()), write("a.ko", make_module())
    data = ask(capsys, "pack", "--image", image, "--modules", module.parent, "-o", tmp_path / "out")
    assert (data["exports"], data["kernel"], data["modules"], data["references"]) == (8, 4, 1, 3)
    first = (tmp_path / "out").read_bytes()
    ask(capsys, "pack", "--image", image, "--modules", module.parent, "-o", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == first
    assert "cannot be written" in refused(
        capsys, "pack", "--image", image, "--modules", module.parent, "-o", tmp_path / "no/out"
    )


def test_errors(
    capsys: pytest.CaptureFixture[str], write: Write, make_kernel: Make, make_module: Make, tmp_path: Path
) -> None:
    assert "text file" in refused(capsys, "info", write("notes.txt", b"words and words\n" * 40))
    assert "is empty" in refused(capsys, "info", write("empty", b""))
    assert "Is a directory" in refused(capsys, "info", tmp_path)
    assert "No such file" in refused(capsys, "info", tmp_path / "gone")
    assert "--size" in refused(capsys, "cost", "--size", "3")
    assert "--size: 'many'" in refused(capsys, "cost", "--size", "many")
    assert "--preset: 'S9'" in refused(capsys, "cost", "--preset", "S9")
    assert "--rounds: 4 is out of range, allowed is 5 to 1000" in refused(capsys, "time", "--rounds", "4")
    assert "--rounds: 1001 is out of range" in refused(capsys, "time", "--rounds", "1001")
    assert "--rounds: 'x' is not a whole number" in refused(capsys, "time", "--rounds", "x")
    assert "leave FILE out" in refused(capsys, "time", write("m.ko", make_module()), "--load", "references")
    assert "holds no kernel modules" in refused(
        capsys, "pack", "--image", write("vm", make_kernel()), "--modules", tmp_path / "none", "-o", tmp_path / "o"
    )


HEAVY = ("numpy", "numba", "IPython", "ipywidgets", "anywidget", "pyroute2", "elftools", "zstandard", "simpy")


def test_importing_the_room_is_light() -> None:
    rooms = ["race", "cost", "timing", "commands", "binary_file", "collect", "pack"]
    code = (
        f"import sys, {', '.join(f'lab.symbols.{r}' for r in rooms)}; print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
