"""The bundled recordings are whole, and they are what their titles say."""

import re
from pathlib import Path

import pytest

from lab.core import dataset

NAMES = ("off-hostonly", "on-int", "on-int-lifo", "on-nosendalways", "uffd-on-fulltrace")


def test_all_recordings_are_listed_and_undamaged() -> None:
    found = [d for d in dataset.listed() if d.name.startswith("pagefault/")]
    assert [d.name for d in found] == [f"pagefault/{name}" for name in NAMES]
    for one in found:
        one.verify()
        assert len(one.sha256) == 2
        assert one.origin
        assert one.tool
        assert one.licence == "Apache-2.0"


@pytest.mark.parametrize(("name", "faults"), list(zip(NAMES, (32, 32, 32, 32, 9), strict=True)))
def test_each_trace_has_its_faults_by_token(name: str, faults: int) -> None:
    text = dataset.find(f"pagefault/{name}").path.read_text("ascii")
    tokens = re.findall(r"kvm_async_pf_not_present: token (0x[0-9a-f]+)", text)
    assert len(tokens) == len(set(tokens)) == faults
    assert "0x0" not in tokens


def test_nothing_in_them_names_a_machine_or_a_person() -> None:
    folder = Path(dataset.find("pagefault/on-int").path).parent
    for path in folder.glob("*.txt"):
        assert not re.search(r"/home/|/root|/work|@", path.read_text("ascii")), path.name
