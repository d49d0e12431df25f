"""A card that is found late, as one on USB may be, is waited for: the script's own lines, run by a shell here."""

import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest

from lab.realkernel.naming.script import script


def waiting(place: Path, cards: int, pause: str = "0.05") -> str:
    """The lines between the first and the second `udevadm settle`, about the folder `place`."""
    lines = script((), cards).split("udevadm settle")[1].split("\n", 1)[1]
    return lines.replace("/sys/class/net", str(place)).replace("sleep 0.2", f"sleep {pause}")


def test_a_late_card_is_waited_for(tmp_path: Path) -> None:
    shell = shutil.which("sh")
    assert shell is not None
    (tmp_path / "lo").mkdir()
    (tmp_path / "eth0" / "device").mkdir(parents=True)
    late = threading.Timer(0.6, lambda: (tmp_path / "usb0" / "device").mkdir(parents=True))
    start = time.monotonic()
    late.start()
    subprocess.run([shell, "-c", waiting(tmp_path, 2)], check=True, timeout=60)
    assert (tmp_path / "usb0" / "device").exists()
    assert time.monotonic() - start >= 0.6
    late.join()


@pytest.mark.parametrize("cards", [0, 3])
def test_one_that_never_comes_ends_the_wait(tmp_path: Path, cards: int) -> None:
    shell = shutil.which("sh")
    assert shell is not None
    (tmp_path / "eth0" / "device").mkdir(parents=True)
    subprocess.run([shell, "-c", waiting(tmp_path, cards, "0.01")], check=True, timeout=60)
    subprocess.run([shell, "-c", waiting(tmp_path / "nothing", cards, "0.01")], check=True, timeout=60)
