"""The bundled recordings are whole, and they are what their titles say."""

import re
from pathlib import Path

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


def test_nothing_in_them_names_a_machine_or_a_person() -> None:
    folder = Path(dataset.find("pagefault/on-int").path).parent
    for path in folder.glob("*.txt"):
        assert not re.search(r"/home/|/root|/work|@", path.read_text("ascii")), path.name
