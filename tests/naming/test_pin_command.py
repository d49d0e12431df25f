"""`kernel-lab naming pin`: equal to the core, writes only where it was told, exit 2 with one line on bad input."""

import json
from pathlib import Path

import pytest

from lab.cli import main
from lab.naming import open_source
from lab.naming.pin import plan
from lab.naming.schemes.releases import release


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = main(["naming", "pin", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_json_says_what_the_core_says(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = asked(capsys, "t09a", "--after", "t09b", "--to-systemd", "257", "--json")
    answer = json.loads(out)
    pin = plan(open_source("t09a"), release(257).scheme("v257"), after=open_source("t09b"))
    assert (status, answer["headline"], answer["proved"]) == (0, pin.headline.replace("`", ""), True)
    assert [(f["name"], f["text"]) for f in answer["files"]] == [(f.name, f.text) for f in pin.files]
    assert [(c["now"], c["without_rules"], c["with_rules"]) for c in answer["cards"]] == [
        ("enp1s0", "enp2s0", "enp1s0"), (None, "enp1s0", "enx525400000002")
    ]  # fmt: skip
    assert all(rule["without"] for rule in answer["rules"])
    assert (answer["naming_scheme"], answer["written"], answer["confirmed"]) == (None, [], None)


def test_without_o_nothing_is_written(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    _, out, _ = asked(capsys, "t04", "--after", "t05", "--format", "udev")
    assert "==> /etc/udev/rules.d/70-persistent-net.rules" in out
    assert list(tmp_path.iterdir()) == []
    status, out, _ = asked(capsys, "t04", "--after", "t05", "-o", str(tmp_path / "rules"))
    assert status == 0
    assert sorted(p.name for p in (tmp_path / "rules").iterdir()) == ["10-ens11.link", "10-ens42.link"]
    assert f"written: {tmp_path}/rules/10-ens11.link" in out
    assert "It belongs to /etc/systemd/network." in out


def test_a_refused_name_is_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = asked(capsys, "t10a", "--after", "t10b")
    assert status == 1
    assert "eth0 cannot be kept: the kernel itself counts ethN" in out


def test_links_of_a_system_are_read(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    folder = tmp_path / "etc/systemd/network"
    folder.mkdir(parents=True)
    (folder / "50-mac.link").write_text("[Match]\nType=ether\n[Link]\nNamePolicy=mac\n", "ascii")
    status, out, _ = asked(capsys, "t04", "--links", str(tmp_path), "--json")
    answer = json.loads(out)
    assert [c["without_rules"] for c in answer["cards"]] == ["enx525400000001", "enx525400000002"]
    assert (status, len(answer["rules"])) == (0, 2)


def test_the_command_line_alone(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = asked(capsys, "t13", "--from-scheme", "v247", "--scheme", "v245", "--format", "cmdline")
    assert "One word on the kernel's command line keeps both names: net.naming_scheme=v261." in out


def test_confirmed_by_the_systemd_of_this_machine(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = asked(capsys, "t09a", "--after", "t09b", "--confirm", "--json")
    if status == 2 and ("it needs" in err or "there is no" in err or "no udevadm" in err):
        pytest.skip(err.strip())
    answer = json.loads(out)["confirmed"]
    assert (status, answer["agrees"]) == (0, True)
    assert {c["said"] for c in answer["cards"]} == {"enp1s0", "enx525400000002"}
    _, out, _ = asked(capsys, "t09a", "--after", "t09b", "--confirm")
    assert "by /run/systemd/network/10-enp1s0.link" in out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["no/such"], "there is no such file"),
        (["t04", "--format", "ifcfg"], "'ifcfg' with 'changed' is unknown; formats are link, udev"),
        (["t04", "--only", "some"], "is unknown"),
        (["t04", "--names", "BIOS"], "'BIOS' is not CARD=NAME"),
        (["t04", "--names", "enp9s9=lan0"], "'enp9s9' is unknown"),
        (["t04", "--names", "ens11=eth0"], "the kernel itself counts ethN"),
        (["t04", "--to-systemd", "999"], "--systemd: release 999 unknown"),
        (["t04", "--scheme", "v242"], "'v242' is unknown"),
        (["t04", "--from-scheme", "v1"], "'v1' is unknown"),
        (["t04", "--after", "t99"], "'t99' is no file and no recording"),
        (["t04", "--links", "/no/such"], "is no folder"),
        (["t09a", "--after", "t09b", "--format", "cmdline"], "no scheme of systemd 262 keeps all names"),
        (["t04", "--format", "netplan", "--confirm"], "udevadm can be asked about --format link, udev, cmdline only"),
        (["t04", "--after", "t05", "-o", "/proc/self/none"], "cannot be made"),
    ],
)
def test_bad_input_is_one_line_and_status_2(
    words: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = asked(capsys, *words)
    assert (status, out) == (2, "")
    assert complaint in err
    assert err.count("\n") == 1


def test_the_help_tells_the_status(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["naming", "pin", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "1 if one cannot be kept or if with --confirm the real udevadm says otherwise" in words
