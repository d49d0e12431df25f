"""The sources of what runs inside Linux, in a checkout and in a wheel."""

from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.realkernel.build import sources


def test_the_checkout_s_own() -> None:
    assert (sources.linux_sources("init") / "init").is_file()
    assert sources.linux_sources("init").parent.name == "linux"


def test_what_travels_in_the_package_is_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sources, "_PLACES", (tmp_path / "in", tmp_path / "beside"))
    (tmp_path / "beside/netnode").mkdir(parents=True)
    assert sources.linux_sources("netnode") == tmp_path / "beside/netnode"
    (tmp_path / "in/netnode").mkdir(parents=True)
    assert sources.linux_sources("netnode") == tmp_path / "in/netnode"
    with pytest.raises(LabError, match="symbench: did not come with this lab"):
        sources.linux_sources("symbench")
