"""Results that come whole, cut off, damaged, hostile."""

import contextlib
import gzip
import hashlib
import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.realkernel.machine.console import Sent
from lab.realkernel.machine.results import LIMIT, read_results


def packed(files: dict[str, bytes], level: int = 1) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return gzip.compress(out.getvalue(), level)


def asked(tmp_path: Path, data: bytes, sent: Sent | None = None) -> dict[str, bytes]:
    (tmp_path / "results").write_bytes(data)
    return read_results(tmp_path / "results", sent or Sent(len(data), hashlib.sha256(data).hexdigest()))


@given(st.dictionaries(st.text("abc/.", min_size=1, max_size=8), st.binary(max_size=50), max_size=5))
def test_what_was_sent_comes_back(tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]) -> None:
    named = {f"./d{i}/{name.strip('/')}x": data for i, (name, data) in enumerate(files.items())}
    got = asked(tmp_path_factory.mktemp("r"), packed(named))
    assert got == {name.removeprefix("./"): data for name, data in named.items()}


def test_links_and_devices_are_left_out(tmp_path: Path) -> None:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, kind in (
            ("l", tarfile.SYMTYPE),
            ("h", tarfile.LNKTYPE),
            ("d", tarfile.CHRTYPE),
            ("f", tarfile.DIRTYPE),
        ):
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "/etc/passwd"
            archive.addfile(member)
    assert asked(tmp_path, gzip.compress(out.getvalue())) == {}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda d: (d[:-7], Sent(len(d), hashlib.sha256(d).hexdigest())), r"sent [0-9,]+ bytes of results, of which"),
        (lambda d: (d, Sent(len(d), "0" * 64)), "damaged on the way"),
        (lambda d: (d, Sent(LIMIT + 1, "0" * 64)), "at most 67,108,864 are taken"),
    ],
)
def test_what_does_not_agree_with_init_is_refused(tmp_path: Path, change, said: str) -> None:  # type: ignore[no-untyped-def]
    data, sent = change(packed({"a": b"x" * 100}))
    with pytest.raises(LabError, match=said):
        asked(tmp_path, data, sent)


def test_nothing_said(tmp_path: Path) -> None:
    (tmp_path / "results").write_bytes(b"")
    with pytest.raises(LabError, match="ended without saying what it sent"):
        read_results(tmp_path / "results", None)


@given(st.binary(max_size=400))
def test_garbage_is_a_users_error_or_nothing(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    for hostile in (data, gzip.compress(data), packed({"a": b"b"})[:-9] + data):
        with contextlib.suppress(LabError):
            assert all(isinstance(v, bytes) for v in asked(tmp_path_factory.mktemp("g"), hostile).values())


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="sent more than 64 MiB"):
        asked(tmp_path, packed({"a": bytes(LIMIT + 1)}, 9))
