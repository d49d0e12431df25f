"""depmod.d: which files count, and what a line means."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from lab.symbols.depmod.config import Config, parse, read_config

VERSION = "6.1.0-56-amd64"
WORDS = [b"search", b"override", b"external", b"exclude", b" ", b"\t", b"\n", b"\\", b"\\\n", b"*", b"[", b"(a)*",
         b"/x", b"\0", b"\xff"]  # fmt: skip


def said(text: str | bytes, kmod: int = 30) -> tuple[Config, list[str]]:
    warnings: list[str] = []
    content = text if isinstance(text, bytes) else text.encode()
    return parse(iter([("x.conf", content)]), VERSION, warnings.append, kmod), warnings


def test_without_a_word_updates_is_searched_first() -> None:
    assert said("") == (Config(("updates",), (), (), frozenset()), [])


def test_what_is_said_last_stands_first() -> None:
    text = "search updates built-in\nsearch extra external\nexternal * /a\nexternal ^6\\.1 /b\nexternal 7 /c\n"
    config, warnings = said(text)
    assert config.searches == ("external", "extra", "built-in", "updates")
    assert config.externals == ("/b", "/a")
    assert warnings == []


def test_lines_joined_and_escaped() -> None:
    assert said("search a\\\nb \\\n  c\\d \\#e\n")[0].searches == ("#e", "cd", "ab")
    assert said(b"search a\\")[0].searches == (os.fsdecode(b"a\xff"),)
    assert said(b"search a\\", kmod=34)[0].searches == ("a",)
    assert said(b"search a\0b\n#search c\nsearch\td\r\n")[0].searches == ("d\r", "a")


def test_lines_that_cannot_be_used_are_named() -> None:
    text = "nonsense x\noverride a *\nexternal *\n\\\n\nmake_map_files no\n"
    text += "external * relative\noverride a ( b\ninclude x\n"
    config, warnings = said(text)
    assert config == Config()
    assert [w.split(": ", 1)[0] for w in warnings] == [f"x.conf:{n}" for n in (1, 2, 3, 6, 7, 8, 9)]
    assert warnings[1] == "x.conf:2: ignoring bad line starting with 'override'"
    assert "is no pattern of kernel versions" in warnings[5]


def test_a_file_hides_those_of_its_name_in_later_folders(tmp_path: Path) -> None:
    files = "etc/b=etc-b run/b=hidden run/c=run-c usr/local/lib/a=local-a lib/a=hidden usr/lib/d=usr-d lib/z=hidden"
    for file, word in (pair.split("=") for pair in files.split()):
        place, _, name = file.rpartition("/")
        folder = tmp_path / place / "depmod.d"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.conf").write_text(f"search {word}\n")
    for name in (".e.conf", "f.txt", "conf"):
        (tmp_path / "lib/depmod.d" / name).write_text("search hidden\n")
    (tmp_path / "etc/depmod.d/z.conf").symlink_to("/dev/null")
    (tmp_path / "etc/depmod.d/folder.conf").mkdir()
    (tmp_path / "etc/depmod.d/gone.conf").symlink_to("/nowhere")
    warnings: list[str] = []
    assert read_config(str(tmp_path), VERSION, warnings.append).searches == ("run-c", "etc-b", "local-a")
    assert sorted("folder.conf" in w for w in warnings) == [False, True]
    assert read_config(str(tmp_path), VERSION, warnings.append, kmod=34).searches[0] == "usr-d"


def test_links_stay_inside(tmp_path: Path) -> None:
    (tmp_path / "secret.conf").write_text("search secret\n")
    folder = tmp_path / "root/etc/depmod.d"
    folder.mkdir(parents=True)
    (folder / "a.conf").symlink_to("../../../secret.conf")
    (folder / "b.conf").symlink_to(tmp_path / "secret.conf")
    os.mkfifo(folder / "pipe.conf")
    warnings: list[str] = []
    assert read_config(str(tmp_path / "root"), VERSION, warnings.append) == Config()
    assert len(warnings) == 3


@given(st.binary(max_size=200) | st.lists(st.sampled_from(WORDS), max_size=30).map(b"".join), st.sampled_from([30, 34]))
def test_no_text_breaks_it(text: bytes, kmod: int) -> None:
    config, warnings = said(text, kmod)
    assert config.searches
    assert all("\n" not in word for word in config.searches)
    assert len(warnings) <= text.count(b"\n") + 1
