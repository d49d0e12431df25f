"""The commands: equal to the core, exit 2 with one line on bad input."""

import json
from pathlib import Path

import pytest

from lab.cli import main
from lab.core.dataset import find
from lab.core.errors import LabError
from lab.core.scenario import command_line
from lab.naming import PRESETS, run
from lab.naming.model import Machine
from lab.naming.names import names, names_table, own_scheme
from lab.naming.schemes import POLICIES
from lab.naming.sources import live, open_source
from lab.naming.sources.folder import capture

EXPORT = str(find("naming/t09b").path / "export-db.txt")


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["naming", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_show_a_recording(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = asked(capsys, "show", "t02", "--scheme", "v252", "--json")
    answer = json.loads(out)
    assert (status, answer["scheme"], answer["source"]) == (0, "v252", "sysfs tarball")
    found = {i["ifname"]: i["names"] for i in answer["interfaces"]}
    assert found["eno7"] == {"v252": {"ONBOARD": "eno7", "PATH": "enp1s0", "MAC": "enx525400000002"}}
    assert "lo" not in found
    assert all(i["devpath"].startswith("/devices") and i["uncertain"] == [] for i in answer["interfaces"])


def test_show_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = asked(capsys, "show", "04")
    assert "t04-slots-pciehp (sysfs tarball), names under v261:" in out
    assert "ens42" in out
    assert "?" not in out


def test_the_notebook_lists_what_show_prints(capsys: pytest.CaptureFixture[str]) -> None:
    for source, under in (("t02", "v261"), (EXPORT, "v252")):
        machine = open_source(source)
        assert own_scheme(machine).name == under
        table = names_table(machine, own_scheme(machine))
        _, out, _ = asked(capsys, "show", source)
        assert out.startswith(f"{table.caption}:\n{table.to_text()}")


def test_a_udev_database_knows_the_policies_that_there_are() -> None:
    machine = open_source(EXPORT)
    text = Path(EXPORT).read_text("utf-8")
    for policy in POLICIES:
        told = [c.name for _, offered in names(machine, own_scheme(machine)) if (c := offered[policy]).name]
        assert len(told) == text.count(f"E: ID_NET_NAME_{policy}="), policy


def test_show_a_udev_database_marks_the_names_as_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = asked(capsys, "show", EXPORT)
    assert "names recorded by udev under v252" in out
    _, out, _ = asked(capsys, "show", EXPORT, "--json")
    answer = json.loads(out)
    assert {i["ifname"]: (i["recorded"], i["names"]) for i in answer["interfaces"]} == {
        "enp1s0": (True, {"v252": {"PATH": "enp1s0", "MAC": "enx525400000002"}}),
        "enp2s0": (True, {"v252": {"PATH": "enp2s0", "MAC": "enx525400000001"}}),
    }
    _, out, _ = asked(capsys, "show", EXPORT, "--scheme", "v257")
    assert "enp1s0 ?" in out
    assert "what v257 gives cannot be told from this text" in out


@pytest.mark.parametrize("preset", PRESETS, ids=lambda p: p.id)
def test_compare_equals_the_core_and_the_explorers_command(preset: object, capsys: pytest.CaptureFixture[str]) -> None:
    item = next(p for p in PRESETS if p is preset)
    answer = run(item.scenario)
    _, by_preset, _ = asked(capsys, "compare", "--preset", item.id.lower(), "--json")
    import shlex

    words = shlex.split(command_line(item.scenario, "naming", "compare"))[2:]
    _, by_options, _ = asked(capsys, *words, "--json")
    assert by_preset == by_options
    data = json.loads(by_preset)
    assert data["headline"] == answer.headline.replace("`", "")
    assert [(c["card"], c["after"], c["state"]) for c in data["cards"]] == [
        (r.identity, r.after.name if r.after else None, r.state) for r in answer.rows
    ]


def test_compare_as_text_says_what_was_edited(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = asked(capsys, "compare", "--preset", "N4")
    assert out.startswith("v255 → v257: enp0s3 is now called ens3.\nedited: both set 0000:00:03.0/firm")


def test_why_shows_the_full_trace(capsys: pytest.CaptureFixture[str]) -> None:
    for wanted in ("enp1s0", "52:54:00:00:00:02", "0000:01:00.0"):
        _, out, _ = asked(capsys, "why", wanted, "t09b", "--json")
        answer = json.loads(out)
        assert (answer["ifname"], answer["default"], answer["uncertain"]) == ("enp1s0", "enp1s0", [])
        refused = [e for e in answer["provenance"]["SLOT"] if e["verdict"] == "refused"]
        assert [e["path"] for e in refused if "slots" in e["path"]] == ["/bus/pci/slots/0/address"]
    _, out, _ = asked(capsys, "why", "enp1s0", "t09b")
    assert "✕ /bus/pci/slots/0/address = 0000:01:00: slot 0 is no number above 0" in out
    assert "default policy: PATH: 0000:01:00.0 = bus 1, device 0 → enp1s0" in out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["show", "no/such"], "there is no such file"),
        (["show", "t09b", "--scheme", "v242"], "--scheme: 'v242' is unknown"),
        (["show", "--sysfs", "/no/such"], "/no/such: holds no class/net"),
        (["compare", "--preset", "N9"], "--preset: 'N9' is not one of N1"),
        (["compare", "--policy", "BIOS"], "--policy: 'BIOS' is not one of"),
        (["compare", "--step", "fly"], "--step: 'fly' is no step"),
        (["compare", "--after", "t99"], "'t99' is no file and no recording"),
        (["why", "eth7", "t09b"], "'eth7' is unknown; there are enp1s0, enp2s0, lo"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = asked(capsys, *words)
    assert (status, out) == (2, "")
    assert err.startswith("kernel-lab: ")
    assert complaint in err
    assert err.count("\n") == 1


# -- this machine ---------------------------------------------------------------------------------


def links() -> tuple[live.Link, ...]:
    try:
        return live.netlink()
    except LabError as error:
        pytest.skip(str(error))


def test_netlink_and_sysfs_agree_about_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    seen = links()
    if not Path("/sys/class/net").is_dir():
        pytest.skip("no sysfs is mounted here")
    machine = live.this_machine()
    assert {(i.ifname, i.ifindex, i.mac) for i in machine.interfaces} == {(s.ifname, s.ifindex, s.mac) for s in seen}
    for interface in machine.interfaces:
        if interface.devpath.startswith("/devices") and interface.kind != "loopback":
            assert Path(f"/sys{interface.devpath}/ifindex").read_text("ascii").strip() == str(interface.ifindex)
    status, out, _ = asked(capsys, "show", "--json")
    assert (status, json.loads(out)["machine"]) == (0, "this machine")


def test_an_interface_that_sysfs_does_not_show_has_no_device(tmp_path: Path) -> None:
    (tmp_path / "class" / "net").mkdir(parents=True)
    seen = (live.Link("veth0", 7, "02:00:00:00:00:01", "veth", False, ("uplink",)),)
    machine: Machine = live.merge(seen, capture(tmp_path, "this machine", "netlink and sysfs"))
    (interface,) = machine.interfaces
    assert (interface.kind, interface.bus, interface.altnames) == ("veth", None, ("uplink",))
    assert machine.interface("uplink") is interface


def test_without_netlink_the_door_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    pyroute2 = pytest.importorskip("pyroute2")

    def shut() -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(pyroute2, "IPRoute", shut)
    with pytest.raises(LabError, match=r"netlink cannot be asked .* kernel-lab naming show t09a"):
        live.netlink()


def test_the_kernels_own_refusal_is_one_line_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """NetlinkError is no OSError."""
    pyroute2 = pytest.importorskip("pyroute2")

    def refuse() -> None:
        raise pyroute2.NetlinkError(95, "unsupported")

    monkeypatch.setattr(pyroute2, "IPRoute", refuse)
    with pytest.raises(LabError, match=r"netlink cannot be asked \(Operation not supported\); look at a recording"):
        live.netlink()
