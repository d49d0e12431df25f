"""Results that come whole, cut off, damaged, hostile."""

import contextlib
import gzip
import hashlib
import io
import os
import tarfile
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.realkernel.machine.console import Sent
from lab.realkernel.machine.results import COUNT, LIMIT, check_size, read_results


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


def refusal(tmp_path: Path, archive: bytes) -> str:
    with pytest.raises(LabError) as caught:
        asked(tmp_path, gzip.compress(archive))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def head(name: bytes, kind: bytes, size: int, tail: bytes = b"") -> bytes:
    """A head as ustar has it, its checksum right; `tail`: what stands where ustar's prefix does."""
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108], block[124:136], block[136:148] = b"0000644\0", b"%011o\0" % size, b"%011o\0" % 0
    block[156:157], block[257:265] = kind, b"ustar\x0000"
    block[345 : 345 + len(tail)] = tail
    return checked(block)


def checked(block: bytearray) -> bytes:
    block[148:156] = b"        "
    block[148:156] = b"%06o\0 " % sum(block[:512])
    return bytes(block)


def pax(**words: str) -> bytes:
    lines = b""
    for key, value in words.items():
        body = f" {key.replace('_', '.')}={value}\n".encode()
        size = next(n for n in range(1, 1000) if len(str(n)) + len(body) == n)
        lines += b"%d" % size + body
    return head(b"x", b"x", len(lines)) + lines + bytes(-len(lines) % 512)


def test_an_archive_that_lies_of_itself_is_one_line(tmp_path: Path) -> None:
    deep = b"".join(pax(comment=f"{i:020}") for i in range(3000))
    assert "no archive" in refusal(tmp_path, deep + head(b"a", b"0", 0))
    for sparse in ({"GNU_sparse_map": "x,y,z-------"}, {"GNU_sparse_size": "no number", "GNU_sparse_major": "1"}):
        assert "no archive" in refusal(tmp_path, pax(**sparse) + head(b"a", b"0", 0) + bytes(1024))
    huge = bytearray(head(b"a", b"0", 0))
    huge[124:136] = b"\x80" + b"\x7f" * 11
    assert "sent more than 64 MiB" in refusal(tmp_path, checked(huge) + bytes(1024))


def test_a_head_that_is_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    """A name of 200 MB: it is none of the members, of which only 64 MiB are taken."""
    long = head(b"././@LongLink", b"L", 200_000_000)
    tracemalloc.start()
    try:
        assert "sent more than 64 MiB" in refusal(tmp_path, long + b"n" * 200_000_000)
        assert (
            tracemalloc.get_traced_memory()[1] < 700_000_000
        )  # 200 MB are made here, twice while they are put together
    finally:
        tracemalloc.stop()


def test_members_without_end_are_refused(tmp_path: Path) -> None:
    assert "sent more than" in refusal(tmp_path, head(b"d", b"5", 0) * (COUNT + 1))


@pytest.mark.parametrize("name", ["", ".", "./", "..", "a\0b"])
def test_a_name_that_no_file_can_have_is_refused(tmp_path: Path, name: str) -> None:
    archive = pax(path=name) + head(b"", b"0", 3) + b"abc" + bytes(509 + 1024)
    assert "sent a file whose name is" in refusal(tmp_path, archive)


PLAIN = gzip.decompress(packed({"a": b"x" * 600, "b/c": b"", "d" * 150: b"y"}))
HEADS = [n for n in range(0, len(PLAIN), 512) if PLAIN[n + 257 : n + 262] == b"ustar"]


@given(
    st.lists(st.tuples(st.sampled_from(HEADS), st.integers(0, 511), st.binary(min_size=1, max_size=13)), max_size=6),
    st.lists(st.tuples(st.sampled_from(HEADS), st.sampled_from(b"01234567LKxgSNVDMX")), max_size=3),
)
def test_a_damaged_archive_with_right_checksums_is_a_users_error_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, int, bytes]], kinds: list[tuple[int, int]]
) -> None:
    plain = bytearray(PLAIN)
    for place, at, data in changes:
        plain[place + at : place + at + len(data)] = data
    for place, kind in kinds:
        plain[place + 156] = kind
    for place in HEADS:
        plain[place : place + 512] = checked(plain[place : place + 512])
    with contextlib.suppress(LabError):
        for name, data in asked(tmp_path_factory.mktemp("t"), gzip.compress(bytes(plain), 1)).items():
            assert name
            assert "\0" not in name
            assert len(data) <= LIMIT


def test_results_without_end_are_noticed_while_they_come(tmp_path: Path) -> None:
    check_size(tmp_path / "none")
    with (tmp_path / "results").open("wb") as out:
        out.truncate(LIMIT)
    check_size(tmp_path / "results")
    os.truncate(tmp_path / "results", LIMIT + 1)
    with pytest.raises(LabError, match="sends without end: more than 64 MiB"):
        check_size(tmp_path / "results")


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="sent more than 64 MiB"):
        asked(tmp_path, packed({"a": bytes(LIMIT + 1)}, 9))
