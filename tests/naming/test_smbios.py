"""The parser of the raw SMBIOS table: real tables of the recordings, round trips, and tables that lie."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.dataset import listed
from lab.naming import smbios
from lab.naming.smbios import Table, onboards, parse_table, slots, version
from lab.naming.sources import open_source
from tests.naming.dmi_table import bios, entry, slot, structure, system, table

ALL = [d.name.removeprefix("naming/") for d in listed() if d.name.startswith("naming/")]
RECORDINGS = [name for name in ALL if open_source(name).tree.read(smbios.TABLE) is not None]
REAL = open_source("t03").tree.read(smbios.TABLE) or b""


def test_most_recordings_hold_a_table() -> None:
    assert len(RECORDINGS) >= 14


@pytest.mark.parametrize("name", RECORDINGS)
def test_the_tables_of_all_recordings_are_whole(name: str) -> None:
    tree = open_source(name).tree
    found = parse_table(tree.read(smbios.TABLE) or b"")
    assert (found.damage, found.structures[-1].type, found.vendor) == ("", 127, "QEMU")
    assert version(tree.read(smbios.ENTRY) or b"") == (2, 8)


def test_type_41_says_what_the_kernel_shows_as_index_and_label() -> None:
    tree = open_source("t03").tree
    found = list(onboards(parse_table(REAL)))
    assert len(found) == 2
    for device in found:
        domain, bus, number, function = device.place
        path = f"/devices/pci0000:00/{domain:04x}:{bus:02x}:{number:02x}.{function:x}"
        assert tree.text(f"{path}/index") == str(device.instance)
        assert tree.text(f"{path}/label") == device.label
        assert (device.enabled, device.kind) == (True, smbios.ETHERNET)


def test_a_slot_and_its_address() -> None:
    found = next(slots(parse_table(table(slot("0001:0a:1f.3", 77, "SLOT 7")))))
    assert (found.number, found.label, found.place) == (77, "SLOT 7", (1, 10, 31, 3))
    assert found.structure.path == "/firmware/dmi/tables/DMI#type 9 handle 0x094d"


def test_who_made_it() -> None:
    found = parse_table(table(bios("HP"), system("Dell Inc.", "PowerEdge R740")))
    assert (found.bios_vendor, found.vendor, found.product) == ("HP", "Dell Inc.", "PowerEdge R740")


text = st.text(st.characters(min_codepoint=1, max_codepoint=255), min_size=1, max_size=20)
structures = st.lists(
    st.tuples(st.integers(0, 126), st.integers(0, 65535), st.binary(max_size=40), st.lists(text, max_size=4)),
    max_size=8,
)


@given(structures)
def test_what_is_put_in_comes_out(parts: list[tuple[int, int, bytes, list[str]]]) -> None:
    data = table(*(structure(kind, handle, body, *strings) for kind, handle, body, strings in parts))
    found = parse_table(data)
    assert found.damage == ""
    assert [(s.type, s.handle, s.data[4:], list(s.strings)) for s in found.structures[:-1]] == parts


@given(st.binary(max_size=400))
def test_any_bytes_at_all_give_structures_within_them(data: bytes) -> None:
    found = parse_table(data)
    for s in found.structures:
        assert data[s.offset : s.offset + len(s.data)] == s.data
        assert len(s.data) >= 4
        assert s.text(4) is None or s.text(4) in s.strings
    for place in (*(s.place for s in slots(found)), *(o.place for o in onboards(found))):
        assert place[2] < 32
        assert place[3] < 8


@given(st.integers(0, len(REAL)))
def test_a_table_that_is_cut_off_loses_its_end_only(length: int) -> None:
    whole, part = parse_table(REAL).structures, parse_table(REAL[:length]).structures
    assert part == whole[: len(part)]


@given(st.integers(0, len(REAL) - 1), st.integers(0, 255))
def test_a_table_with_one_wrong_byte_is_still_read(place: int, value: int) -> None:
    assert isinstance(parse_table(REAL[:place] + bytes([value]) + REAL[place + 1 :]), Table)


@pytest.mark.parametrize(
    ("data", "count", "damage"),
    [
        (b"", 0, ""),
        (bytes([9, 3, 0, 0, 0, 0]), 0, "structure at byte 0 says that it has 3 bytes"),
        (bytes([9, 200, 0, 0, 0, 0]), 0, "structure at byte 0 is cut off"),
        (bytes([9, 4, 0, 0]) + b"abc\0", 0, "structure at byte 0 is cut off"),
        (bytes([9, 4, 0, 0, 0, 0, 41]), 1, "1 bytes are left over at its end"),
        (bytes((1 << 20) + 1), 0, "larger than 1,048,576 bytes"),
        (bytes([9, 4, 0, 0, 0, 0]) * 65537, 65536, "more than 65,536 structures"),
        (table() + b"rubbish after the end", 1, ""),
    ],
)
def test_damage_ends_the_table_and_is_told(data: bytes, count: int, damage: str) -> None:
    found = parse_table(data)
    assert (len(found.structures), found.damage) == (count, damage)


@pytest.mark.parametrize(("number", "said"), [(0, None), (1, "one"), (2, "two"), (3, None), (255, None)])
def test_a_string_number_that_leads_nowhere_is_no_string(number: int, said: str | None) -> None:
    found = parse_table(structure(9, 1, bytes([number]), "one", "two")).structures[0]
    assert found.text(4) == said
    assert found.text(200) is None


def test_structures_too_short_for_an_address_hold_none() -> None:
    found = parse_table(table(structure(9, 1, bytes(0x0D - 1)), structure(41, 2, bytes(0x0B - 5))))
    assert [list(slots(found)), list(onboards(found))] == [[], []]


def test_versions() -> None:
    assert version(entry(2, 6)) == (2, 6)
    assert version(entry(2, 6)[:-1]) is None
    assert version(entry(2, 6)[:7] + b"\xff" + entry(2, 6)[8:]) is None
    new = bytearray(b"_SM3_\0" + bytes([0x18, 3, 4]) + bytes(15))
    new[5] = -sum(new) % 256
    assert version(bytes(new)) == (3, 4)


@given(st.binary(max_size=40), st.sampled_from([b"", b"_SM_", b"_SM3_"]))
def test_an_entry_point_is_believed_only_if_its_sum_is_0(rest: bytes, anchor: bytes) -> None:
    data = anchor + rest
    if version(data) is not None:
        size = data[6] if anchor == b"_SM3_" else data[5]
        assert sum(data[:size]) % 256 == 0
