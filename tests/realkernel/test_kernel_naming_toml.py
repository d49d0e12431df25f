"""A preset printed as a file, which is then read: where a topology of one's own begins."""

from pathlib import Path

import pytest

from lab.cli import main
from lab.naming.topologies import PRESETS, read_topology


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_a_preset_is_printed_as_a_file_that_means_the_same(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kernel", "naming", "--topology", name, "--toml"]) == 0
    path = tmp_path / "mine.toml"
    path.write_text(capsys.readouterr().out)
    assert read_topology(path) == PRESETS[name]
