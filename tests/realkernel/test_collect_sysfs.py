"""The collector that runs in the guest, run here: on this machine's sysfs, and on a made one."""

import io
import os
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from lab.naming.sources import tarball
from lab.realkernel.build.sources import linux_sources

SKIPPED = ("power", "statistics", "queues", "rom", "vpd", "remove", "rescan", "uevent_suppress")
BUSYBOX = shutil.which("busybox")
needs_busybox = pytest.mark.skipif(BUSYBOX is None, reason="no busybox here (Debian package busybox-static)")


def collect(sysfs: Path, out: Path) -> dict[str, tarfile.TarInfo]:
    """Run the collector as the guest does; members of its archive by path below sysfs."""
    assert BUSYBOX is not None
    words = [BUSYBOX, "sh", str(linux_sources("init") / "collect-sysfs"), str(out), str(sysfs)]
    subprocess.run(words, check=True, timeout=60, capture_output=True)
    with tarfile.open(out) as archive:
        return {member.name.removeprefix("./"): member for member in archive}


def content(out: Path, member: str) -> bytes:
    with tarfile.open(out) as archive:
        found = archive.extractfile(f"./{member}")
        assert found is not None
        return found.read()


@needs_busybox
@pytest.mark.skipif(not Path("/sys/class/net/lo/mtu").exists(), reason="no sysfs here")
def test_attributes_have_their_true_length_and_what_refuses_is_left_out(tmp_path: Path) -> None:
    members = collect(Path("/sys"), tmp_path / "sys.tar")
    folder = Path("/sys/class/net/lo").resolve()
    inside = str(folder.relative_to("/sys"))
    seen = 0
    for entry in os.listdir(folder):
        path = folder / entry
        if not path.is_file() or path.is_symlink() or entry in SKIPPED:
            continue
        try:
            wanted = path.read_bytes()
        except OSError:
            assert f"{inside}/{entry}" not in members, f"{entry} refuses to be read"
            continue
        seen += 1
        assert members[f"{inside}/{entry}"].size == len(wanted), entry
        if entry in ("mtu", "address", "ifindex", "type", "ifalias"):
            assert content(tmp_path / "sys.tar", f"{inside}/{entry}") == wanted
    assert seen > 10
    assert members["class/net/lo"].issym()
    machine = tarball.parse((tmp_path / "sys.tar").read_bytes(), "this machine")
    assert machine.interface("lo").is_loopback


@needs_busybox
def test_links_stay_links_blanks_stay_blanks_and_dangerous_files_are_not_opened(tmp_path: Path) -> None:
    sysfs, device = tmp_path / "sys", tmp_path / "sys/devices/pci0000:00/0000:00:03.0"
    files = {"vendor": b"0x8086\n", "config": bytes(4096), "a b's": b"", "empty": b"", "vpd": b"x", "resource0": b"x"}
    files |= {"power/control": b"auto\n", "rom": b"x", "net/eth0/ifindex": b"2\n", "net/eth0/statistics/rx": b"1\n"}
    for name, data in files.items():
        (device / name).parent.mkdir(parents=True, exist_ok=True)
        (device / name).write_bytes(data)
    (sysfs / "class/net").mkdir(parents=True)
    (sysfs / "class/net/eth0").symlink_to("../../devices/pci0000:00/0000:00:03.0/net/eth0")
    (device / "subsystem").symlink_to("../../../bus/pci")
    os.mkfifo(device / "remove")  # whoever opened it would wait for ever
    (sysfs / "devices/virtual/dmi/id").mkdir(parents=True)
    (sysfs / "devices/virtual/dmi/id/product_serial").write_bytes(b"secret\n")
    members = collect(sysfs, tmp_path / "sys.tar")
    place = "devices/pci0000:00/0000:00:03.0"
    kept = {name.removeprefix(f"{place}/"): m for name, m in members.items() if name.startswith(f"{place}/")}
    assert {name for name, m in kept.items() if m.isreg()} == {"vendor", "config", "a b's", "empty", "net/eth0/ifindex"}
    assert (kept["subsystem"].linkname, kept["config"].size, kept["empty"].size) == ("../../../bus/pci", 4096, 0)
    assert not any("serial" in name for name in members)
    machine = tarball.parse((tmp_path / "sys.tar").read_bytes(), "made")
    assert machine.interface("eth0").devpath == f"/{place}/net/eth0"
    assert machine.interface("eth0").ifindex == 2


@needs_busybox
def test_a_machine_without_network_still_has_a_class(tmp_path: Path) -> None:
    (tmp_path / "sys").mkdir()
    out = tmp_path / "sys.tar"
    collect(tmp_path / "sys", out)
    assert tarball.parse(io.BytesIO(out.read_bytes()).read(), "bare").interfaces == ()


def test_a_cp_that_can_do_nothing_is_told(tmp_path: Path) -> None:
    """As that of a busybox without long options; what merely refuses to be read is no failure."""
    (tmp_path / "sys/class/net").mkdir(parents=True)
    (tmp_path / "sys/class/net/eth0").symlink_to("../../devices/eth0")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/cp").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "bin/cp").chmod(0o755)
    # busybox's shell would take its own cp and not the one on the path
    words = ["sh", str(linux_sources("init") / "collect-sysfs"), str(tmp_path / "o"), str(tmp_path / "sys")]
    environment = {"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "TMPDIR": str(tmp_path / "t")}
    (tmp_path / "t").mkdir()
    done = subprocess.run(words, env=environment, timeout=60, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "collect-sysfs: nothing was copied; this cp has no -P or --parents\n")
    assert not (tmp_path / "o").exists()
    assert list((tmp_path / "t").iterdir()) == []
