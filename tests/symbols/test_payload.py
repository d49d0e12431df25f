"""What kernels are compressed with, against the tools that compress them."""

from __future__ import annotations

import gzip
import lzma
import random
import shutil
import struct
import subprocess
import sys
import tracemalloc
from typing import Any

import lz4.block
import lz4.frame
import lzallright
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.payload import compression, unpack, unpack_front

TEXT = b"the quick brown fox " * 60_000 + random.Random(4).randbytes(100_000)


def legacy(data: bytes, block: int = 8 << 20) -> bytes:
    """LZ4's legacy format, by the package's compressor."""
    made = b"\x02\x21\x4c\x18"
    for at in range(0, len(data), block):
        part = lz4.block.compress(data[at : at + block], store_size=False)
        made += struct.pack("<I", len(part)) + part
    return made


def lzop(data: bytes, block: int = 256 << 10) -> bytes:
    """lzop's format without checksums, by the package's compressor."""
    made = b"\x89LZO\x00\x0d\x0a\x1a\x0a" + struct.pack(">HHHBBIIIIB", 0x1040, 0x20A0, 0x940, 1, 5, 0, 0, 0, 0, 0)
    made += bytes(4)
    for at in range(0, len(data), block):
        raw = data[at : at + block]
        part = lzallright.LZOCompressor().compress(raw)
        made += struct.pack(">II", len(raw), min(len(part), len(raw))) + (part if len(part) < len(raw) else raw)
    return made + bytes(4)


@pytest.mark.parametrize(
    "command",
    [
        "lz4 -l -9 - -", "lz4 -1 -c", "lz4 -c -BD --content-size", "lz4 -c --no-frame-crc", "lzop -9 -c",
        "lzop -1 -c", "lzop -c -F", "lzop -c --crc32", "zstd -19 -c", "zstd -c --no-check", "xz -c --check=crc32",
        "bzip2 -c", "gzip -c", "xz -c --format=lzma",
    ],
)  # fmt: skip
@pytest.mark.parametrize("tail", [b"", struct.pack("<I", len(TEXT))])
def test_what_the_tools_write(command: str, tail: bytes) -> None:
    if shutil.which(command.split()[0]) is None:
        pytest.skip(f"{command.split()[0]} is not installed")
    made = subprocess.run(command.split(), input=TEXT, capture_output=True, check=True).stdout
    assert unpack_front(made + tail, "f") == (TEXT, tail)


@pytest.mark.parametrize("pack", [legacy, lzop, lz4.frame.compress])
@settings(max_examples=40, deadline=None)
@given(data=st.binary(min_size=1, max_size=3000) | st.integers(1, 40).map(lambda n: b"kernel " * n), cut=st.integers(0))
def test_packages_compressors(pack: object, data: bytes, cut: int) -> None:
    made = pack(data)  # type: ignore[operator]
    assert bytes(unpack(made, "f")) == data
    with pytest.raises(LabError, match=r"^f: .*(ends early|damaged)"):
        unpack(made[: 9 + cut % (len(made) - 9)], "f")


BOMBS = {
    "gz": lambda data: gzip.compress(data, 1),
    "xz": lambda data: lzma.compress(data, preset=0),
    "zst": zstandard.compress,
    "lz4": legacy,
}


@pytest.mark.parametrize("pack", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_before_it_is_in_memory_twice(pack: Any) -> None:
    bomb = pack(bytes(1 << 26))
    tracemalloc.start()
    try:
        with pytest.raises(LabError, match="unpacks to more than 50,331,648 bytes"):
            unpack(bomb, "f", 3 << 24)
        assert tracemalloc.get_traced_memory()[1] < 11 << 23  # the limit and what a library needs for a step
    finally:
        tracemalloc.stop()


def test_several_streams() -> None:
    for pack in (legacy, lzop, lz4.frame.compress):
        assert bytes(unpack(pack(b"one") + pack(b"two"), "f")) == b"onetwo"
    assert bytes(unpack(legacy(TEXT, 1 << 16), "f")) == TEXT


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_is_one_line(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([legacy, lzop, lz4.frame.compress]))(TEXT[:400]))
    name = compression(bytes(whole))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(9, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        unpack(bytes(whole), "f", 1 << 16)
    except LabError as error:
        told = str(error)
    else:
        return
    assert name in told or "more than" in told
    assert "\n" not in told


def test_bombs_are_bounded() -> None:
    zeros = bytes(16 << 20)
    for pack in (legacy, lzop, lz4.frame.compress):
        made = pack(zeros)
        assert len(made) < len(zeros) // 50
        with pytest.raises(LabError, match="unpacks to more than 1,000,000 bytes"):
            unpack(made, "f", 1_000_000)


zstd_frames = st.builds(
    lambda data, steps, **form: (data, zstd_frame(data, steps, **form)),
    st.binary(max_size=3000) | st.integers(1, 300_000).map(lambda n: b"kernel " * n),
    st.lists(st.integers(1, 1 << 17), max_size=5),
    write_checksum=st.booleans(),
    write_content_size=st.booleans(),
    level=st.sampled_from([-5, 1, 3, 12]),
)


def zstd_frame(data: bytes, steps: list[int], **form: Any) -> bytes:
    """A frame of zstandard's, cut into blocks after each of `steps` bytes."""
    writer = zstandard.ZstdCompressor(**form).compressobj(size=len(data))
    made = b""
    for step in steps:
        made += writer.compress(data[:step]) + writer.flush(zstandard.COMPRESSOBJ_FLUSH_BLOCK)
        data = data[step:]
    return made + writer.compress(data) + writer.flush()


@settings(max_examples=60, deadline=None)
@given(frame=zstd_frames, tail=st.binary(max_size=9), cut=st.integers(0))
def test_zstd_frames_of_any_form(frame: tuple[bytes, bytes], tail: bytes, cut: int) -> None:
    data, made = frame
    assert unpack_front(made + b"-" + tail, "f") == (data, b"-" + tail)
    with pytest.raises(LabError, match=r"^f: .*(ends early|damaged)"):
        unpack(made[: 4 + cut % (len(made) - 4)], "f")
    if len(data) > 1:
        with pytest.raises(LabError, match=f"more than {len(data) - 1:,} bytes"):
            unpack(made, "f", len(data) - 1)


@settings(max_examples=100, deadline=None)
@given(frame=zstd_frames, changes=st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_damaged_zstd_is_as_zstandard_has_it(frame: tuple[bytes, bytes], changes: list[tuple[int, int]]) -> None:
    bad = bytearray(frame[1])
    for place, value in changes:
        bad[4 + place % (len(bad) - 4)] = value
    reader = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()
    try:
        wanted = reader.decompress(bytes(bad))
    except zstandard.ZstdError:
        wanted = None
    if wanted is not None and reader.eof:
        if not reader.unused_data.startswith(bad[:4]):
            assert unpack_front(bytes(bad), "f") == (wanted, reader.unused_data)
        return
    with pytest.raises(LabError, match=r"^f: .*(ends early|damaged)"):
        unpack(bytes(bad), "f", 1 << 24)


def test_zstd_bombs_are_bounded() -> None:
    header = b"\x28\xb5\x2f\xfd\0\x38"  # a window of 128 KiB, the size not told
    repeated = ((1 << 17) << 3 | 1 << 1).to_bytes(3, "little") + b"\0"
    with pytest.raises(LabError, match="more than 1,000,000 bytes"):
        unpack(header + repeated * 5000, "f", 1_000_000)
    with pytest.raises(LabError, match="1,048,576 blocks and more"):
        unpack(header + bytes(3 << 20), "f", 1_000_000)


def test_lzop_blocks_that_lie() -> None:
    good = lzop(b"x" * 1000)
    for form, value in ((">I", 1 << 30), (">I", 999), (">I", 1001)):
        bad = bytearray(good)
        struct.pack_into(form, bad, 9 + 25 + 4, value)
        with pytest.raises(LabError, match="lzo data is damaged"):
            unpack(bytes(bad), "f")
    with pytest.raises(LabError, match="lzop version"):
        unpack(good[:9] + b"\x01\x00" + good[11:], "f")


@pytest.mark.parametrize(
    ("package", "magic"), [("lz4", "02214c18"), ("lz4", "04224d18"), ("lzallright", "894c5a4f000d0a1a0a")]
)
def test_a_missing_package_names_the_extra(package: str, magic: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from lab.core.errors import LabError\nfrom lab.symbols.payload import unpack\n"
        f"try: unpack(bytes.fromhex({magic!r}) + bytes(99), 'vmlinuz')\nexcept LabError as e: print(e)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert "pip install 'kernel-feature-lab[images]'" in told
    assert package in told
