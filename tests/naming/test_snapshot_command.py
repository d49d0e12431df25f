"""`kernel-lab naming snapshot`: the file it writes, where it says it comes from, and what it refuses."""

import json
from pathlib import Path

import pytest

from lab import cli
from lab.core.dataset import find
from lab.core.snapshot import Provenance

EXPORT = str(find("naming/t09a").path / "export-db.txt")


def asked(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    status = cli.main(["naming", *words])
    out, err = capsys.readouterr()
    return status, out, err


def test_a_snapshot_is_shown_as_the_machine_itself(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = str(tmp_path / "t04.json")
    status, out, _ = asked(capsys, "snapshot", "t04", "-o", file)
    assert (status, out.split(",")[0]) == (0, f"{file}: t04-slots-pciehp (sysfs tarball)")
    assert len(Path(file).read_bytes().splitlines()) == 1
    _, shown, _ = asked(capsys, "show", file, "--json")
    _, direct, _ = asked(capsys, "show", "t04", "--json")
    assert json.loads(shown)["interfaces"] == json.loads(direct)["interfaces"]


def test_a_snapshot_tells_where_it_comes_from(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = asked(capsys, "snapshot", "t04", "-o", "-")
    told = json.loads(out)
    assert out.count("\n") == 1
    assert (told["kind"], told["version"]) == ("naming-machine", 1)
    provenance = Provenance(**told["provenance"])
    assert provenance.origin == "t04-slots-pciehp"
    assert provenance.tool.startswith("kernel-lab ")
    assert len(provenance.date) == len("2026-01-01")


def test_the_report_says_what_the_source_lacks(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = str(tmp_path / "db.json")
    _, out, _ = asked(capsys, "snapshot", EXPORT, "-o", file, "--json")
    report = json.loads(out)
    assert (report["file"], report["redacted"], report["bytes"]) == (file, False, Path(file).stat().st_size)
    missing = {lack["missing"]: lack for lack in report["lacks"]}
    assert missing["config"]["of"] == ["enp1s0"]
    assert "PATH" in missing["config"]["leaves"]
    _, out, _ = asked(capsys, "show", file, "--json")
    assert json.loads(out)["lacks"] == report["lacks"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("t04", "-o", "-", "--json"), "--json: "),
        (("t04", "-o", "-", "--redact-key", "k"), "--redact-key: "),
        (("t04", "-o", "-", "--redact", "--redact-key", ""), "--redact-key: "),
        (("t04", "-o", "/no/such/folder/x"), "/no/such/folder/x: cannot be written"),
        (("t04", "-o", "/dev/null"), "/dev/null: is a device"),
        (("nothing", "-o", "-"), "no file and no recording"),
    ],
)
def test_bad_words_are_refused_in_one_line(
    words: tuple[str, ...], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = asked(capsys, "snapshot", *words)
    assert (status, out, err.count("\n")) == (2, "", 1)
    assert complaint in err
