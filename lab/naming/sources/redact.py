"""A machine without what identifies it: hardware addresses, serial numbers and its own name become keyed hashes.

The same address gives the same replacement wherever it stands and however it is spelled, and in every snapshot that is
redacted with the same key. What the rules for ONBOARD, SLOT and PATH read stays as it is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from lab.naming.model import Interface, Machine, Recorded
from lab.naming.schemes.flags import SCHEMES
from lab.naming.sources.addresses import addresses, anywhere, respelled
from lab.naming.sources.wanted import BOARD, DMI_ID
from lab.naming.tree import Tree

__all__ = ["Redaction", "redact"]

# properties of udev that tell one device from its like
SECRET = re.compile(r"SERIAL|UUID|GUID|WWN|HOSTNAME|MACHINE_ID|ASSET|(?:^|_)SN(?:_|$)", re.ASCII | re.IGNORECASE)
PLACES = ("ID_PATH", "ID_PATH_TAG")  # properties that tell the place, in which a word is found by chance only
NUMBERS = ("/config", "/modalias")  # attributes of PCI that hold no address, only numbers that may look like one
FREE = ("/label", *(f"{DMI_ID}/{attribute}" for attribute in BOARD))  # attributes in which somebody wrote what he liked
IB_BYTES, GUID_BYTES = 20, 8
IFNAME_MAX = 15  # include/uapi/linux/if.h
WORD_MIN = 4  # letters: a shorter host name or serial number would be found by chance

_NOBODY = re.compile(rb"\x00*|\xff*")
_INTERFACE = re.compile(r"(?<=^INTERFACE=).*$", re.MULTILINE)


@dataclasses.dataclass(frozen=True, slots=True)
class Redaction:
    """Hashes by `key`: who has it can find an address by trying all of them, so a key is kept secret or thrown away."""

    key: bytes

    def address(self, data: bytes) -> bytes:
        """The replacement of a hardware address, of the same length.

        It stays unicast or multicast, global or local, as it was. Of InfiniBand's 20 bytes the port's GUID (the last
        8) is replaced, since the rest names a queue and a subnet. All zeros and all ones are nobody's address and stay.
        """
        if _NOBODY.fullmatch(data):
            return data
        if len(data) == IB_BYTES:
            return data[:-GUID_BYTES] + self.address(data[-GUID_BYTES:])
        digest = self._hash(data, b"address", len(data))
        return bytes([digest[0] & 0xFC | data[0] & 0x03]) + digest[1:]

    def word(self, text: str, kind: str) -> str:
        """The replacement of a serial number or a name: letters, digits and one dash."""
        return f"{kind}-{self._hash(text.encode('utf-8', 'surrogatepass'), kind.encode(), 6).hex()}"

    def _hash(self, data: bytes, kind: bytes, size: int) -> bytes:
        from hashlib import blake2b, sha256

        return blake2b(data, digest_size=size, key=sha256(self.key).digest(), person=kind).digest()


def redact(machine: Machine, key: bytes) -> Machine:
    """`machine` with every hardware address, serial number and the machine's own name replaced (see `Redaction`).

    An address may stand anywhere: in attributes, names, altnames, paths and properties, with any separator or none. A
    word (serial number, host's name) is replaced where people write: names, labels, the board's maker, edits, values
    and names of properties; in the rest of sysfs a word is found by chance only.
    """
    return _Rewriter(machine, Redaction(key)).machine()


class _Rewriter:
    def __init__(self, machine: Machine, redaction: Redaction) -> None:
        self.old = machine
        self.redaction = redaction
        found = {address for text in _texts(machine) for address in addresses(text)}
        found |= {address[-GUID_BYTES:] for address in found if len(address) == IB_BYTES}
        self.addresses = {old.hex(): new.hex() for old in found if (new := redaction.address(old)) != old}
        self.words = _words(machine, redaction)
        self.folded = {word.lower(): new for word, new in self.words.items()}
        self.address = _any(anywhere(self.addresses))
        self.word = _any([rf"(?<![0-9a-z]){re.escape(w)}(?![0-9a-z])" for w in self.words if len(w) >= WORD_MIN])
        self.ifnames = {i.ifname: self._ifname(i.ifname) for i in machine.interfaces}

    def machine(self) -> Machine:
        old = self.old
        return Machine(
            name=self.words[old.name],
            source=self._value(old.source),
            tree=self._tree(old.tree),
            interfaces=tuple(sorted(map(self._interface, old.interfaces), key=lambda i: i.devpath)),
            recorded={
                self._path(path): Recorded(self._scheme(r.scheme), self._values(r.names))
                for path, r in old.recorded.items()
            },
            edits=tuple(self._value(edit) for edit in old.edits),
            properties={self._path(path): self._properties(values) for path, values in old.properties.items()},
        )

    def _interface(self, old: Interface) -> Interface:
        return dataclasses.replace(
            old,
            ifname=self.ifnames[old.ifname],
            devpath=self._path(old.devpath),
            mac=None if old.mac is None else self._text(old.mac),
            driver=None if old.driver is None else self._text(old.driver),
            kind=self._text(old.kind),
            bus_path=None if old.bus_path is None else self._text(old.bus_path),
            altnames=tuple(self._value(name) for name in old.altnames),
        )

    def _text(self, text: str) -> str:
        """`text` with every address replaced."""
        return text if self.address is None else self.address.sub(lambda m: respelled(m[0], self.addresses), text)

    def _value(self, text: str) -> str:
        """`text`, in which a serial number or the host's name may stand as well."""
        return self._text(text if self.word is None else self.word.sub(lambda m: self.folded[m[0].lower()], text))

    def _ifname(self, name: str) -> str:
        """The name of an interface stays one that the kernel can give."""
        new = self._value(name)
        return new if len(new) <= IFNAME_MAX else self.redaction.word(name, "if")

    def _path(self, path: str) -> str:
        """A path, or one part of it: a part that is an interface's name is written as that name is."""
        return "/".join(self.ifnames.get(part) or self._text(part) for part in path.split("/"))

    def _scheme(self, name: str | None) -> str | None:
        return name if name is None or name in SCHEMES else self._value(name)

    def _values(self, values: Mapping[str, str]) -> dict[str, str]:
        return {self._text(name): self._value(value) for name, value in values.items()}

    def _properties(self, values: Mapping[str, str]) -> dict[str, str]:
        return {self._value(name): self._property(name, value) for name, value in values.items()}

    def _property(self, name: str, value: str) -> str:
        if value and SECRET.search(name):
            return self.words[value]
        return self._text(value) if name in PLACES else self._value(value)

    def _tree(self, tree: Tree) -> Tree:
        return Tree(
            {self._path(path): self._content(path, data) for path, data in tree.files.items()},
            {self._path(path): self._path(target) for path, target in tree.links.items()},
            {self._path(path): tuple(map(self._path, names)) for path, names in tree.folders.items()},
        )

    def _content(self, path: str, data: bytes) -> bytes:
        if path.endswith(NUMBERS):
            return data
        text = data.decode("utf-8", "surrogateescape")
        if path.endswith(FREE):
            text = self._value(text)
        elif path.endswith("/uevent"):
            text = _INTERFACE.sub(lambda match: self.ifnames.get(match[0]) or self._value(match[0]), text)
        return self._text(text).encode("utf-8", "surrogateescape")


def _any(patterns: list[str]) -> re.Pattern[str] | None:
    """Any of the patterns, the longest first, whatever the case; None if there is none."""
    ordered = sorted(patterns, key=lambda pattern: (-len(pattern), pattern))
    return re.compile("|".join(ordered), re.IGNORECASE) if ordered else None


def _words(machine: Machine, redaction: Redaction) -> dict[str, str]:
    """The serial numbers that udev knows, and the machine's name, with what replaces them."""
    found = {
        value: redaction.word(value, "serial")
        for values in machine.properties.values()
        for name, value in values.items()
        if value and SECRET.search(name)
    }
    host = machine.name.partition(".")[0]
    return {**found, host: redaction.word(host, "host"), machine.name: redaction.word(machine.name, "host")}


def _texts(machine: Machine) -> Iterator[str]:
    """Everything in which an address may stand."""
    yield from (machine.name, machine.source, *machine.edits)
    for interface in machine.interfaces:
        yield from (interface.ifname, interface.devpath, interface.kind, *interface.altnames)
        yield from (interface.mac or "", interface.driver or "", interface.bus_path or "")
    for path, recorded in machine.recorded.items():
        yield from (path, recorded.scheme or "", *recorded.names, *recorded.names.values())
    for path, values in machine.properties.items():
        yield from (path, *values, *values.values())
    yield from machine.tree.folders
    for path, data in machine.tree.files.items():
        yield path
        if not path.endswith(NUMBERS):
            yield data.decode("utf-8", "surrogateescape")
    for path, target in machine.tree.links.items():
        yield from (path, target)
