"""ID_PATH against what the real udev recorded, and against the udevadm of this machine for other buses."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.core.dataset import find, listed
from lab.naming import open_source
from lab.naming.path_id import path_id, path_tag
from lab.naming.sources.udevdb import records
from tests.naming.synthetic import Board, write_tree

NAMES = [d.name for d in listed() if d.name.startswith("naming/") and (d.path / "export-db.txt").exists()]


def test_every_recorded_path() -> None:
    checked = 0
    for name in NAMES:
        text = (find(name).path / "export-db.txt").read_text("utf-8", "backslashreplace")
        tree = open_source(name).tree
        for devpath, values in records(text, name):
            if values.get("SUBSYSTEM") == "net" and devpath in tree.folders:
                assert path_id(tree, devpath) == values.get("ID_PATH"), (name, devpath)
                if "ID_PATH" in values:
                    assert path_tag(values["ID_PATH"]) == values["ID_PATH_TAG"]
                    checked += 1
    assert checked > 30


def made() -> tuple[Board, dict[str, str]]:
    """A machine with a card on each kind of bus, and the devpath of each interface."""
    board = Board()
    card = board.pci("0000:00:03.0")
    virtio = board.device(f"{card}/virtio0", "virtio")
    host = board.pci("0000:00:14.0")
    hub = board.device(f"{host}/usb1", "usb")
    board.files[f"{hub}/uevent"] = b"DEVTYPE=usb_device\n"
    stick = board.device(f"{hub}/1-2", "usb")
    board.files[f"{stick}/uevent"] = b"DEVTYPE=usb_device\n"
    deep = board.device(f"{stick}/1-2.1", "usb")
    board.files[f"{deep}/uevent"] = b"DEVTYPE=usb_device\n"
    part = board.device(f"{deep}/1-2.1:1.0", "usb")
    board.files[f"{part}/uevent"] = b"DEVTYPE=usb_interface\n"
    bridge = board.device("/devices/platform/40000000.pcie", "platform")
    behind = board.device(f"{bridge}/pci0001:00/0001:00:01.0", "pci")
    chip = board.device("/devices/platform/soc/1c30000.ethernet", "platform")
    bcma = board.device(f"{card}/bcma0:3", "bcma")
    xen = board.device("/devices/vif-0", "xen")
    board.device("/devices/css0/0.0.0001/0.0.1000", "ccw")
    ccw = board.device("/devices/css0/0.0.0001/0.0.1000/virtio1", "virtio")
    group = board.device("/devices/qeth/0.0.f500", "ccwgroup")
    odd = board.device("/devices/somewhere", "vmbus")
    paths = {}
    for device in (virtio, part, behind, chip, bcma, xen, ccw, group, odd):
        path = board.net(device)
        paths[path.rpartition("/")[2]] = path
    return board, paths


def test_other_buses_as_the_udevadm_of_this_machine(tmp_path: Path) -> None:
    if shutil.which("udevadm") is None:
        pytest.skip("there is no udevadm here (Debian package udev)")
    board, paths = made()
    tree = board.tree()
    write_tree(tree, tmp_path)
    script = (
        'mount --bind "$0" /sys || exit 9; for i in "$@"; do echo "== $i"; '
        "udevadm test-builtin path_id /sys/class/net/$i; done"
    )
    done = subprocess.run(
        ["unshare", "-m" if os.geteuid() == 0 else "-Urm", "bash", "-c", script, str(tmp_path), *paths],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "SYSTEMD_DEVICE_VERIFY_SYSFS": "0", "SYSTEMD_LOG_LEVEL": "err"},
    )
    if done.returncode == 9 or "==" not in done.stdout:
        pytest.skip("udevadm cannot be given another /sys here (unshare -m and mount --bind are needed)")
    said: dict[str, str | None] = {}
    current = ""
    for line in done.stdout.splitlines():
        if line.startswith("== "):
            current = line[3:]
            said[current] = None
        elif line.startswith("ID_PATH="):
            said[current] = line.partition("=")[2]
    assert {name: path_id(tree, path) for name, path in paths.items()} == said
    assert said["eth1"] == "pci-0000:00:14.0-usb-0:2.1:1.0"
