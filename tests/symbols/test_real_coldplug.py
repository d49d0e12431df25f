"""The modules of the bundled coldplug, asked of kmod on the real tree."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from lab.symbols import coldplug


def test_kmod_would_load_these_modules(kernel_root: Path, tmp_path: Path) -> None:
    (real,) = kernel_root.glob("lib/modules/*")
    if real.name != "6.1.0-56-amd64":
        pytest.skip("LAB_KERNEL_ROOT holds another kernel than the bundled data set is of")
    subprocess.run(["cp", "-rs", kernel_root / "lib", tmp_path / "lib"], check=True)
    subprocess.run(["depmod", "-b", tmp_path, real.name], check=True)
    loads: list[str] = []
    for alias in coldplug.MODALIASES:
        told = subprocess.run(
            ["modprobe", "-d", tmp_path, "-S", real.name, "--show-depends", alias],
            check=False, capture_output=True, text=True,
        ).stdout  # fmt: skip
        for line in told.splitlines():
            word, _, path = line.partition(" ")
            name = path.split("/")[-1].split(".")[0].replace("-", "_").strip()
            if word == "insmod" and name not in loads:
                loads.append(name)
    assert sorted(loads) == sorted(coldplug.MODULES)
    depends = (tmp_path / "lib/modules" / real.name / "modules.dep").read_text()
    place = {name: i for i, name in enumerate(coldplug.MODULES)}
    for line in depends.splitlines():
        module, *needs = (p.split("/")[-1].split(".")[0].replace("-", "_") for p in line.replace(":", "").split())
        assert module not in place or all(place[n] < place[module] for n in needs), module
