"""The archive against the real cpio."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.realkernel.root.newc import archive

NAME = st.text("abcdefgh.-_0123456789", min_size=1, max_size=12).filter(lambda t: t.strip(".") != "")


@given(st.dictionaries(st.tuples(NAME, NAME).map("/".join), st.binary(max_size=40), max_size=6))
def test_every_piece_is_aligned_and_all_data_is_there(files: dict[str, bytes]) -> None:
    made = b"".join(archive(files, {}))
    assert len(made) % 4 == 0
    assert made.count(b"070701") >= len(files) + 2  # and the console, and the trailer
    for name, data in files.items():
        head = made.index(name.encode() + b"\0") - 110
        assert int(made[head + 54 : head + 62], 16) == len(data)
        begin = head + (110 + len(name) + 1 + 3) // 4 * 4
        assert made[begin : begin + len(data)] == data


@pytest.mark.skipif(shutil.which("cpio") is None, reason="no cpio here to read the archive with")
def test_cpio_unpacks_it(tmp_path: Path) -> None:
    (tmp_path / "from").write_bytes(b"#!/bin/sh\n")
    files: dict[str, bytes | Path] = {"init": tmp_path / "from", "lib/modules/x/a.ko": bytes(range(251)), "empty": b""}
    made = b"".join(archive(files, {"bin/sh": "busybox"}, ("proc",)))
    words = ["cpio", "-i", "-d", "--quiet", "--no-absolute-filenames", "init", "lib/*", "bin/*", "empty", "proc"]
    target = tmp_path / "to"
    target.mkdir()
    subprocess.run(words, input=made, cwd=target, check=True)
    assert (target / "init").read_bytes() == b"#!/bin/sh\n"
    assert (target / "init").stat().st_mode & 0o777 == 0o755
    assert (target / "lib/modules/x/a.ko").read_bytes() == bytes(range(251))
    assert (target / "bin/sh").readlink() == Path("busybox")
    assert (target / "proc").is_dir()
    assert (target / "empty").read_bytes() == b""


def test_the_console_is_a_device() -> None:
    made = b"".join(archive({}, {}))
    head = made[made.index(b"dev/console\0") - 110 :][:110]
    mode, major, minor = int(head[14:22], 16), int(head[78:86], 16), int(head[86:94], 16)
    assert (oct(mode), major, minor) == ("0o20600", 5, 1)
