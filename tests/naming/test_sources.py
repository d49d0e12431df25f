"""Where machines come from, and every way in which a source can be bad."""

import gzip
import io
import json
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.cli import main
from lab.core.dataset import find
from lab.core.errors import LabError
from lab.naming import SCHEMES, open_source, predict
from lab.naming.model import machine_of
from lab.naming.sources import live, tarball, udevdb
from tests.naming.synthetic import Board, write_tree
from tests.ordinary_user import ordinary_user

RECORDING = find("naming/t09b-card-added").path


def packed(*members: tuple[str, str, bytes | str]) -> bytes:
    """A tar file of (kind, path, content or target): "f" file, "l" link, "h" hard link, "c" device, "d" folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for kind, path, content in members:
            info = tarfile.TarInfo(path)
            data = content if isinstance(content, bytes) else b""
            info.type = {"f": tarfile.REGTYPE, "l": tarfile.SYMTYPE, "h": tarfile.LNKTYPE, "c": tarfile.CHRTYPE}.get(
                kind, tarfile.DIRTYPE
            )
            info.size = len(data)
            info.linkname = content if isinstance(content, str) else ""
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def board_files() -> list[tuple[str, str, bytes | str]]:
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    tree = board.tree()
    files: list[tuple[str, str, bytes | str]] = [("f", path.lstrip("/"), data) for path, data in tree.files.items()]
    return [*files, *(("l", path.lstrip("/"), target) for path, target in tree.links.items())]


GOOD = board_files()
NET = b"P: /devices/%b\nE: SUBSYSTEM=net\nE: INTERFACE=%b\n"


def below(prefix: str) -> list[tuple[str, str, bytes | str]]:
    return [(kind, prefix + path, content) for kind, path, content in GOOD]


def test_the_root_is_found_wherever_it_lies() -> None:
    for prefix in ("", "./", "sys/", "./host-7/sys/"):
        machine = tarball.parse(packed(*below(prefix)), "t.tar")
        assert [i.ifname for i in machine.cards] == ["eth0"]
        assert machine.cards[0].devpath == "/devices/pci0000:00/0000:00:03.0/net/eth0"


def test_plain_and_gzip_give_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(packed(*GOOD))
    (tmp_path / "b.bin").write_bytes(gzip.compress(packed(*GOOD)))
    one, other = open_source(str(tmp_path / "a.tar")), open_source(str(tmp_path / "b.bin"))
    assert (one.interfaces, one.tree, one.source) == (other.interfaces, other.tree, "sysfs tarball")


def test_a_folder_is_read_whether_it_is_sysfs_or_holds_sys(tmp_path: Path) -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    write_tree(board.tree(), tmp_path / "host" / "sys")
    for path in (tmp_path / "host", tmp_path / "host" / "sys"):
        assert [i.bus_path for i in open_source(str(path)).cards] == ["0000:00:03.0"]


def test_a_folder_is_never_left_and_only_regular_files_are_read(tmp_path: Path) -> None:
    board = Board()
    board.net(board.pci("0000:00:03.0"))
    root = tmp_path / "sys"
    write_tree(board.tree(), root)
    device = root / "devices/pci0000:00/0000:00:03.0"
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "sun").write_text("3\n")
    (device / "firmware_node").symlink_to(secret)
    (device / "index").symlink_to(secret / "sun")
    machine = open_source(str(root))
    assert machine.tree.text("/devices/pci0000:00/0000:00:03.0/firmware_node/sun") is None
    assert machine.tree.text("/devices/pci0000:00/0000:00:03.0/index") is None


def test_a_bundled_recording_opens_by_name_and_is_read_once() -> None:
    assert open_source("09b") is open_source("t09b-card-added") is open_source("naming/t09b")
    assert {c.driver for c in open_source("09b").cards} == {"e1000e", "virtio_net"}


@pytest.mark.parametrize(
    ("make", "complaint"),
    [
        (lambda: b"", "is empty"),
        (lambda: b"hello, I am a text\n" * 40, "no sysfs tarball and no text of udevadm"),
        (lambda: (RECORDING / "sys.tar.gz").read_bytes()[:9000], "truncated"),
        (lambda: gzip.compress(packed(*GOOD)[:2000]), "truncated"),
        (lambda: packed(*GOOD)[:-10240], "truncated"),
        (lambda: b"\x1f\x8b" + bytes(100), "damaged"),
        (lambda: gzip.compress(b"no tar file at all" * 100), "no tar file"),
        (lambda: packed(*GOOD, ("f", "sys/../../etc/passwd", b"x")), "leads outside"),
        (lambda: packed(*GOOD, ("f", "/etc/passwd", b"x")), "leads outside"),
        (lambda: packed(*GOOD, ("c", "dev/null", "")), "device node"),
        (lambda: packed(*GOOD, ("h", "class/net/x", "class/net/eth0")), "hard link"),
        (lambda: packed(*GOOD, ("f", "/".join("d" * 60), b"")), "folders deep"),
        (lambda: packed(*GOOD, ("f", "class/net/eth0/address", b"x")), "contradicts itself"),
        (lambda: gzip.compress(packed()), "no class/net"),
        (lambda: packed(("f", "devices/x/uevent", b"")), "no class/net"),
        (lambda: packed(("l", "class/net/eth0", "../../devices/pci0/net/eth0")), "leads to nothing"),
        (lambda: packed(("f", "class/net", b"a file")), "no class/net"),
        (lambda: b"P: /devices/x\nE: SUBSYSTEM=pci\n", "no network interface"),
        (lambda: b"P: /devices/x\nno record\n", "line 2 is no record"),
        (lambda: b"P: /devices/x\nE: WITHOUT_VALUE\n", "line 2 is no property"),
        (lambda: b"P: /devices/x\n\nE: A=b\n", "line 3 is no record"),
        (lambda: b"P: /devices/x\n\nP: relative\n", "line 3 names no device"),
        (lambda: b"P: /devices/x\nP: /devices/y\n", "line 2 is no record"),
        (lambda: NET % (b"x", b"../../etc"), "no interface can be called"),
        (lambda: NET % (b"x", b"sixteen-letters-"), "no interface can be called"),
        (lambda: NET % (b"x", b""), "no interface can be called"),
        (lambda: NET % (b"../x", b"eth0"), "is no path of a device"),
        (lambda: NET % (b"a//x", b"eth0"), "is no path of a device"),
        (lambda: NET % (b"/".join([b"d"] * 60), b"eth0"), "is no path of a device"),
        (lambda: NET % (b"x", b"eth0") + b"\n" + NET % (b"x/uevent", b"eth1"), "contradicts itself"),
    ],
)
def test_bad_files_are_refused_in_one_line(make: Callable[[], bytes], complaint: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.bin"
    path.write_bytes(make())
    with pytest.raises(LabError, match=complaint) as caught:
        open_source(str(path))
    assert "bad.bin" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_gzip_bomb_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "UNPACKED", 100_000)
    with pytest.raises(LabError, match="unpacks to more than 100,000 bytes"):
        tarball.parse(gzip.compress(bytes(200_000)), "bomb.tar.gz")


def test_too_many_members_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tarball, "MEMBERS", 5)
    with pytest.raises(LabError, match="more than 5 members"):
        tarball.parse(packed(*GOOD), "many.tar")


@pytest.mark.parametrize(
    ("what", "complaint"),
    [
        ("no/such/file", "no such file"),
        ("absent.tar.gz", "no such file"),
        ("t99", "is no file and no recording; the bundled ones are t01, t02"),
        ("t0", "is several recordings; choose one of t01"),
        ("", "no file is named"),
        ("a\0b", "no file and no recording"),
        ("x" * 5000, "x{200}: cannot be read .File name too long"),
    ],
)
def test_what_is_not_there(what: str, complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        open_source(what)


def test_a_link_that_leads_nowhere_is_said(tmp_path: Path) -> None:
    (tmp_path / "dangling").symlink_to("no-such-file")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("dangling", "loop"):
        with pytest.raises(LabError, match=f"{name}: is a link that leads nowhere"):
            open_source(str(tmp_path / name))


@pytest.fixture
def copy() -> Iterator[Path]:
    """A copy of sysfs that every user may reach: pytest's own folders are closed to others."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        board = Board()
        device = board.pci("0000:00:03.0")
        board.net(device)
        board.slot("7", "0000:00:03")
        write_tree(board.tree(), Path(name) / "sys")
        yield Path(name) / "sys"


@contextmanager
def closed(place: Path) -> Iterator[None]:
    """Within it nobody but root may read `place`, and this is not root."""
    mode = place.stat().st_mode
    place.chmod(0)
    try:
        with ordinary_user():
            yield
    finally:
        place.chmod(mode)


@pytest.mark.parametrize("part", [".", "class", "class/net", "devices/pci0000:00/0000:00:03.0"])
def test_a_folder_that_may_not_be_read_is_an_error_of_one_line(copy: Path, part: str) -> None:
    with closed(copy / part), pytest.raises(LabError) as caught:
        open_source(str(copy))
    assert str(caught.value).startswith(str(copy))
    with closed(copy), pytest.raises(LabError, match=r"inside: cannot be read .Permission denied"):
        open_source(str(copy / "inside"))


def test_an_attribute_that_may_not_be_read_is_not_taken_for_absent(copy: Path) -> None:
    with closed(copy / "devices/pci0000:00/0000:00:03.0/config"), pytest.raises(LabError, match="Permission denied"):
        open_source(str(copy))


def test_a_slots_folder_that_may_not_be_listed_makes_slot_uncertain(copy: Path) -> None:
    with closed(copy / "bus/pci/slots"):
        machine = open_source(str(copy))
    answer = predict(machine, machine.cards[0], SCHEMES["v261"])["SLOT"]
    assert (answer.name, [gap.missing for gap in answer.gaps]) == (None, ["/bus/pci/slots"])
    machine = open_source(str(copy))
    assert predict(machine, machine.cards[0], SCHEMES["v261"])["SLOT"].name == "ens7"


def test_this_machine_below_a_closed_root_is_an_error_of_one_line(copy: Path) -> None:
    with closed(copy), pytest.raises(LabError, match=r"class/net: cannot be read .Permission denied"):
        live.this_machine(copy)


def test_a_folder_without_interfaces_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="no class/net"):
        open_source(str(tmp_path))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_tarball_is_a_machine_or_an_error_of_one_line(data: st.DataObject) -> None:
    raw = bytearray(packed(*GOOD))
    for _ in range(data.draw(st.integers(1, 6))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.sampled_from([len(raw), 512, 513, 5000]))
    try:
        said = tarball.parse(bytes(raw[:cut]), "damaged.tar").source
    except LabError as error:
        said = str(error)
    assert said == "sysfs tarball" or said.startswith("damaged.tar: ")


LETTERS = st.text(st.characters(codec="utf-8", exclude_characters="\n\r"), max_size=12)
KEYS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ_", min_size=1, max_size=8)


@settings(deadline=None)
@given(st.lists(st.tuples(LETTERS, st.dictionaries(KEYS, LETTERS, max_size=4)), max_size=5))
def test_a_udev_database_that_is_written_is_read_back(devices: list[tuple[str, dict[str, str]]]) -> None:
    text = "\n".join(
        f"P: /{path}\nR: 0\n" + "".join(f"E: {k}={v}\n" for k, v in values.items()) for path, values in devices
    )
    assert list(udevdb.records(text, "db.txt")) == [(f"/{path}", values) for path, values in devices]


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_udev_database_or_an_error_of_one_line(text: str) -> None:
    try:
        said = udevdb.parse(f"P: /{text}".encode(), "db.txt").source
    except LabError as error:
        said = str(error)
    assert said == "udev database" or said.startswith("db.txt: ")


def test_a_tarball_by_gnu_tar_of_this_machines_sysfs_says_what_sysfs_says(tmp_path: Path) -> None:
    """GNU tar fills attributes with zeros up to the size that sysfs states, 4096 bytes."""
    parts = ["class/net", "bus/pci/slots", "devices/virtual/net"]
    for pattern in ("pci*", "LNXSYSTM:*"):
        parts += [f"devices/{path.name}" for path in Path("/sys/devices").glob(pattern)]
    if not all(Path("/sys", part).exists() for part in parts) or shutil.which("tar") is None:
        pytest.skip("no sysfs with PCI, or no tar, on this machine")
    subprocess.run(["tar", "cf", str(tmp_path / "a.tar"), "-C", "/sys", *parts], capture_output=True, check=False)
    try:
        real, copied = open_source("/sys"), open_source(str(tmp_path / "a.tar"))
    except LabError as error:
        if "leads to nothing" in str(error):
            pytest.skip("an interface of this machine sits on another bus")
        raise
    assert copied.interfaces == real.interfaces
    for interface in real.interfaces:
        for scheme in (SCHEMES["v238"], SCHEMES["v261"]):
            for policy, candidate in predict(real, interface, scheme).items():
                assert predict(copied, interface, scheme)[policy].name == candidate.name


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar here")
def test_the_notebooks_recipe_leaves_the_cards_memory_out(tmp_path: Path) -> None:
    """As root, GNU tar stores a BAR at its full size: 300 MB here, more than any copy of sysfs."""
    notebook = json.loads((Path(__file__).parents[2] / "notebooks/01-device-naming.ipynb").read_text("utf-8"))
    text = "".join("".join(cell["source"]) + "\n" for cell in notebook["cells"])
    recipe = text[text.index("cd / && tar czf") :].partition("\n```")[0]
    board = Board()
    device = board.pci("0000:00:03.0")
    board.net(device)
    write_tree(board.tree(), tmp_path / "sys")
    for name in ("resource0", "resource0_wc", "rom"):
        with open(f"{tmp_path}/sys{device}/{name}", "wb") as out:
            out.truncate(300_000_000)
    command = recipe.replace("cd /", 'cd "$0"').replace("~/", "./")
    subprocess.run(["bash", "-c", command, str(tmp_path)], capture_output=True, check=False)
    assert [i.bus_path for i in open_source(str(tmp_path / "sys.tar.gz")).cards] == ["0000:00:03.0"]


def test_zeros_at_the_end_are_no_text() -> None:
    padded = [(kind, path, c + bytes(4096 - len(c)) if isinstance(c, bytes) else c) for kind, path, c in GOOD]
    assert tarball.parse(packed(*padded), "t.tar").interfaces == tarball.parse(packed(*GOOD), "t.tar").interfaces


def test_what_tar_pads_with_zeros_is_no_text(tmp_path: Path) -> None:
    """GNU tar fills what it could not read, and what is shorter than sysfs states, with zeros."""
    board = Board()
    path = board.net(board.pci("0000:00:03.0"))
    plain = machine_of("made", "synthetic", board.tree())
    for name, data in list(board.files.items()):
        if not name.endswith("/config"):
            board.files[name] = data.ljust(4096, b"\0")
    board.files[f"{path}/phys_port_name"] = bytes(4096)  # no driver has one: reading it is an error
    write_tree(board.tree(), tmp_path / "sys")
    with tarfile.open(tmp_path / "sys.tar", "w") as archive:
        archive.add(tmp_path / "sys", "sys")
    padded = open_source(str(tmp_path / "sys.tar"))
    (card,) = padded.cards
    scheme = SCHEMES["v257"]
    assert predict(padded, card, scheme) == predict(plain, plain.cards[0], scheme)
    for source in ("sys.tar", "sys"):
        assert main(["naming", "snapshot", str(tmp_path / source), "-o", str(tmp_path / "out.json")]) == 0
        assert (tmp_path / "out.json").stat().st_size < 4096
