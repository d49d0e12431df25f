"""Why won't it load, without a page: the made-up module, an upload, an index of one's own, the file to take away."""

from __future__ import annotations

import datetime
import lzma
from pathlib import Path
from typing import Any

import pytest

from lab.core.errors import LabError
from lab.symbols.bundled_index import bundled_index
from lab.symbols.store.format import SECTIONS, laid_out
from lab.symbols.why import why
from lab.symbols.why_made import WHYS, MadeScenario, made_bytes
from lab.ui import symbols_why
from lab.ui.symbols_why_view import UPLOAD_LIMIT, WhySection


def upload(section: WhySection, name: str, content: bytes) -> None:
    """What the widget has after a file was chosen on the page."""
    section.file.value = (
        {
            "name": name,
            "type": "",
            "size": len(content),
            "content": memoryview(content),
            "last_modified": datetime.datetime.fromtimestamp(0, datetime.UTC),
        },
    )
    assert section.job.wait(20)


def test_opens_on_a_made_module_and_needs_no_file() -> None:
    section = symbols_why()
    explorer = section.explorer
    said = "`made` is refused by 6.1.0-56-amd64: nobody exports `kallsyms_lookup_name`."
    assert repr(section) == f"symbols_why explorer, W1: {said}"
    assert explorer.bar.badge == "made up"
    assert explorer.why.line.startswith("missing, refused: `kallsyms_lookup_name`: the module needs it")
    assert explorer.bar.command == "kernel-lab symbols why made.ko --on INDEX --all"
    assert len(explorer.subject.primary) <= 4


@pytest.mark.parametrize("preset", WHYS, ids=lambda p: p.id)
def test_presets_say_what_the_rules_say(preset: Any) -> None:
    section = symbols_why(preset.id)
    kind = preset.point.partition(":")[0]
    assert [r.kind for r in section.verdict.reasons] == ([] if kind == "loads" else [kind])
    refused = [
        row for row in section.explorer.view.table.rows if row[0] == "check" and str(row[2]).startswith("refused")
    ]
    assert [row[1] for row in refused] == ([] if kind == "loads" else [kind])
    assert section.explorer.subject.picture.svg.count("data-key=") == 11


def test_the_file_taken_away_is_judged_the_same() -> None:
    section = symbols_why("W5")
    sent: list[Any] = []
    section.explorer.bar.send = lambda content, buffers=None: sent.append((content, buffers))
    section.explorer._on_message(None, {"do": "files"}, [])
    ((content, buffers),) = sent
    assert content["save"] == "made.ko"
    assert [r.kind for r in why(buffers[0], "made.ko", bundled_index()).reasons] == ["crc"]
    assert section.explorer.bar.files_word == "This .ko"


def test_controls_change_the_verdict() -> None:
    section = symbols_why()
    explorer = section.explorer
    explorer.controls["asks"].value = "a name it exports"
    assert explorer.bar.headline == "`made` loads on 6.1.0-56-amd64: 2 names asked for, nothing refuses it."
    explorer.controls["checksum"].value = "wrong"
    explorer.controls["licence"].value = "Proprietary"
    assert explorer.bar.headline.endswith("the checksum of `kthread_create_on_node` is another.")
    explorer.controls["name"].value = "no/name"
    assert explorer.bar.error_at == "name"
    explorer.subject.picture.selected = "arch"
    assert explorer.why.line == "arch, fits: x86-64, 64-bit, little-endian."


def test_an_uploaded_module_is_judged_and_left_again() -> None:
    section = symbols_why()
    data = made_bytes(MadeScenario(name="of_mine", vermagic="another configuration"), bundled_index())
    upload(section, "of-mine.ko.xz", lzma.compress(data))
    explorer = section.explorer
    assert explorer.bar.headline.startswith("`of_mine` is refused by 6.1.0-56-amd64: it was built for another kernel")
    assert (explorer.bar.badge, explorer.bar.files) == ("", 0)
    assert explorer.bar.command == "kernel-lab symbols why of-mine.ko.xz --on INDEX --all"
    section.back.click()
    assert explorer.bar.headline.startswith("`made` is refused")
    upload(section, "again.ko", data)
    explorer.controls["asks"].value = "a name it exports"
    assert explorer.bar.headline.startswith("`made` loads")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"no module at all", "bad.ko: is no ELF file"),
        (b"\xfd7zXZ\x00damaged", "bad.ko"),
        (bytes(UPLOAD_LIMIT + 1), "at most 33,554,432 are taken here"),
        (b"", "bad.ko: is no ELF file"),
    ],
)
def test_bad_uploads_leave_the_picture(content: bytes, says: str) -> None:
    section = symbols_why()
    before = section.explorer.bar.headline
    upload(section, "bad.ko", content)
    assert says in section.job.said.value
    assert section.explorer.bar.headline == before


def test_on_an_index_of_ones_own(tmp_path: Path) -> None:
    held = bundled_index()._mapped
    contents = {name: held.column(name) if code else held.content(name) for name, code in SECTIONS.items()}
    path = tmp_path / "own.index"
    path.write_bytes(b"".join(bytes(piece) for piece in laid_out(contents)))
    section = symbols_why("W2", index=path)
    assert "`synchronize_rcu` is for GPL-compatible modules only" in section.explorer.bar.headline
    assert section.explorer.bar.command == f"kernel-lab symbols why made.ko --on {path} --all"
    section.explorer.controls["asks"].value = "a name of a proprietary module"
    assert section.explorer.bar.error_at == "asks"
    with pytest.raises(LabError, match="cannot be read"):
        symbols_why(index=tmp_path / "none")
