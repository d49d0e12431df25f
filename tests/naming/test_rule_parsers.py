"""What the rules read, text by text: addresses, numbers, subclasses, representors."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lab.naming.schemes.integer import unsigned
from lab.naming.schemes.pci import Address, modalias_subclass, parse_address
from lab.naming.schemes.port import representor_of


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
    port = representor_of(text)
    assert port is None or text.startswith("pf")


@settings(deadline=None)
@given(st.integers(0, 2**33))
def test_numbers_are_read_in_every_base_that_systemd_knows(number: int) -> None:
    wanted = number if number < 2**32 else None
    texts = (str(number), hex(number), bin(number), oct(number), f"0{number:o}", f" +{number}")
    assert [unsigned(text) for text in texts] == [wanted] * len(texts)
    for text in (f"-{number}", f"{number}x", f"{number} ", "", "0x", "٣"):
        assert unsigned(text) is None


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
