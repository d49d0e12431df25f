"""Names that would command the terminal: no report prints a control character, or a line that is not its own."""

import dataclasses
from pathlib import Path

import pytest

from lab import cli
from lab.naming.model import Recorded
from lab.naming.sources import snapshot
from tests.naming.synthetic import Board

EVIL = "a\nb\x1b[2J\r\x07\x9b\u202e"
MAC = "52:54:00:00:00:01"


@pytest.fixture(scope="module", params=["sysfs", "recorded"])
def hostile(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot with such text wherever a snapshot takes it."""
    board = Board()
    device = board.pci("0000:01:00.0", attributes={"acpi_index": "3", "label": EVIL})
    path = board.net(device, "e\x1b[2J", phys_port_name=EVIL)
    board.slot(EVIL, "0000:01:00")
    board.properties[path] = {"ID_PATH": EVIL, "ID_NET_DRIVER": EVIL, "ID_NET_NAME_ALLOW_LABEL": EVIL}
    machine = dataclasses.replace(board.machine(EVIL), source=EVIL, edits=(EVIL,))
    (card,) = machine.interfaces
    machine = dataclasses.replace(machine, interfaces=(dataclasses.replace(card, driver=EVIL, altnames=(EVIL,)),))
    if request.param == "recorded":
        machine = dataclasses.replace(machine, recorded={path: Recorded(EVIL, {"PATH": EVIL, "MAC": EVIL})})
    file = tmp_path_factory.mktemp("hostile") / "machine.json"
    file.write_text(snapshot.encode(machine))
    return file


@pytest.mark.parametrize(
    "words",
    [
        "show FILE",
        "predict FILE --scheme all",
        f"why {MAC} FILE",
        "compare --before FILE --after FILE",
        "whatif FILE --step renumber",
        "whatif FILE --places",
        "nodes FILE",
        f"resolve {MAC} FILE",
        "alias FILE",
        "matrix --before FILE --after FILE",
        "tree FILE",
        "pin FILE",
        f"pin FILE --names {MAC}=EVIL",
        "pin FILE --names PATH --only all",
    ],
)
def test_no_report_prints_what_a_terminal_obeys(words: str, hostile: Path, capsys: pytest.CaptureFixture[str]) -> None:
    line = [word.replace("FILE", str(hostile)).replace("EVIL", EVIL) for word in words.split(" ")]
    status = cli.main(["naming", *line])
    out, err = capsys.readouterr()
    said = out + err
    assert status in (0, 1, 2)
    assert (err.count("\n") == 1) == (status == 2)
    assert all(c.isprintable() or c in "\n\t" for c in said)
    assert not [text for text in said.splitlines() if text.startswith("b\\x1b")]
