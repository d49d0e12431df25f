"""What the rules read, text by text: addresses, numbers, subclasses, representors, names of devices."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.naming.schemes.bcma import bcma_core
from lab.naming.schemes.ccw import short_bus_id
from lab.naming.schemes.integer import boolean, decimal, hexadecimal, leading, unsigned
from lab.naming.schemes.mac import digits_of
from lab.naming.schemes.pci import Address, modalias_subclass, parse_address
from lab.naming.schemes.port import representor_of
from lab.naming.schemes.releases import release
from lab.naming.schemes.usb import usb_ports


@settings(deadline=None)
@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 255), st.integers(0, 31), st.integers(0, 7))
def test_an_address_that_the_kernel_writes_is_read_back(domain: int, bus: int, device: int, function: int) -> None:
    text = f"{domain:04x}:{bus:02x}:{device:02x}.{function}"
    assert parse_address(text) == Address(domain, bus, device, function)


@settings(deadline=None)
@given(st.text(max_size=30))
def test_no_text_breaks_the_parsers(text: str) -> None:
    address = parse_address(text)
    assert address is None or address.bus < 256
    subclass = modalias_subclass(text)
    assert subclass is None or len(subclass) == 2
    number = unsigned(text)
    assert number is None or 0 <= number < 2**32
    for whole in (decimal(text), *(leading(text, base) for base in (0, 10, 16))):
        assert whole is None or 0 <= whole < 2**64
    port = representor_of(text)
    assert port is None or text.startswith("pf")
    core = bcma_core(text)
    assert core is None or text.startswith("bcma")
    ports = usb_ports(text)
    assert ports is None or ports.startswith("u")
    assert boolean(text) in (True, False, None)
    assert hexadecimal(text) is None or set(text.lower()) <= set("0123456789abcdefx")
    assert short_bus_id(text) in text


@settings(deadline=None)
@given(st.integers(0, 2**33))
def test_numbers_are_read_in_every_base_that_systemd_knows(number: int) -> None:
    wanted = number if number < 2**32 else None
    texts = (str(number), hex(number), bin(number), oct(number), f"0{number:o}", f" +{number}")
    assert [unsigned(text) for text in texts] == [wanted] * len(texts)
    for text in (f"-{number}", f"{number}x", f"{number} ", "", "0x", "٣"):
        assert unsigned(text) is None


@settings(deadline=None)
@given(st.integers(0, 2**66))
def test_older_releases_read_what_a_text_begins_with(number: int) -> None:
    wanted = min(number, 2**64 - 1)
    assert [leading(f" {number}{rest}", 10) for rest in ("", "x", " 7")] == [wanted] * 3
    assert leading(f"{number:#x}z", 16) == leading(f"{number:x} ", 16) == leading(f"{number:#x}", 0) == wanted
    assert leading(f"0{number:o}", 0) == wanted
    assert (decimal(f"{number}"), decimal(f"{number}x")) == (number if number < 2**64 else None, None)


@pytest.mark.parametrize(
    ("text", "base", "number"),
    [("", 10, 0), ("x", 10, 0), ("0x12", 10, 0), ("0x", 16, 0), ("-1", 10, 2**64 - 1), ("08", 0, 0), ("010", 10, 10)],
)
def test_what_c_makes_of_odd_numbers(text: str, base: int, number: int) -> None:
    assert leading(text, base) == number


def test_words_for_yes_and_no() -> None:
    assert {boolean(w) for w in ("1", "yes", "Y", "TRUE", "t", "on")} == {True}
    assert {boolean(w) for w in ("0", "no", "n", "False", "f", "off")} == {False}
    assert {boolean(w) for w in ("", "2", "maybe", " 1", None)} == {None}


@settings(deadline=None)
@given(st.text("abcdefsci0123456789:vdb", max_size=40), st.text("0123456789ABCDEF", min_size=2, max_size=2))
def test_the_subclass_of_a_modalias(rest: str, code: str) -> None:
    assert modalias_subclass(f"pci:{rest}sc{code}i00") == code
    assert modalias_subclass(f"usb:{rest}sc{code}i00") is None


@settings(deadline=None)
@given(st.integers(0, 999), st.integers(0, 999_999))
def test_representor_names(physical: int, virtual: int) -> None:
    assert representor_of(f"pf{physical}vf{virtual}") == virtual
    assert representor_of(f"pf{physical}") is None
    assert representor_of(f"c1pf{physical}vf{virtual}") is None


@settings(deadline=None)
@given(
    st.integers(1, 9), st.lists(st.integers(1, 15), min_size=1, max_size=5), st.integers(0, 300), st.integers(0, 300)
)
def test_the_ports_of_a_usb_interface(bus: int, ports: list[int], configuration: int, interface: int) -> None:
    end = ("" if configuration == 1 else f"c{configuration}") + ("" if interface == 0 else f"i{interface}")
    sysname = f"{bus}-{'.'.join(map(str, ports))}:{configuration}.{interface}"
    assert usb_ports(sysname) == "".join(f"u{n}" for n in ports) + end
    for broken in (sysname.replace("-", ""), sysname.replace(":", ""), f"{bus}-1:1"):
        assert usb_ports(broken) is None


@settings(deadline=None)
@given(st.integers(0, 99), st.integers(0, 999))
def test_the_core_of_a_broadcom_chip(bus: int, core: int) -> None:
    assert bcma_core(f"bcma{bus}:{core}") == core
    assert bcma_core(f"bcma{bus}") is None


@settings(deadline=None)
@given(st.integers(0, 3), st.integers(0, 3), st.integers(0, 0xFFFF))
def test_a_bus_id_loses_what_says_nothing_at_its_start(system: int, subchannel: int, device: int) -> None:
    short = short_bus_id(f"{system}.{subchannel}.{device:04x}")
    if system == subchannel == 0:
        assert short == f"{device:x}"
    else:
        assert short.endswith(f"{device:04x}")


# What systemd 247 and 252 to 262 answered on a card with this address ("" for no name).
ADDRESSES = {
    "52:54:00:00:00:01": ("525400000001", "525400000001"),
    "A:b:C:d:E:f": ("0a0b0c0d0e0f", "0a0b0c0d0e0f"),
    "0:1:2:3:4:5": ("000102030405", "000102030405"),
    "52-54-00-00-00-01": ("", "525400000001"),
    "1-2-3-4-5-6": ("", "010203040506"),
    "5254.0000.0001": ("", "525400000001"),
    "1.2.3": ("", "000100020003"),
    "1:2:3:4:5:6:7:8": ("010203040506", ""),
    "52:54:00:00:00:01:": ("525400000001", ""),
    "52:54:00-00:00:01": ("", ""),
    "5254:0000:0001": ("", ""),
    "1::2:3:4:5": ("", ""),
    "1.2.3.4": ("", ""),
    "12345.1.1": ("", ""),
    "525400000001": ("", ""),
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_read_as_each_systemd_reads_it(address: str) -> None:
    found = tuple(digits_of(address, release(number).scheme("v247")) or "" for number in (247, 262))
    assert found == ADDRESSES[address]
