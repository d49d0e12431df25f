"""A machine without what identifies it: hardware addresses, serial numbers and its own name become keyed hashes.

The same address gives the same replacement wherever it stands and however it is spelled, and in every snapshot that is
redacted with the same key. What the rules for ONBOARD, SLOT and PATH read stays as it is.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping

from lab.naming.model import Machine, Recorded
from lab.naming.tree import Tree

__all__ = ["Redaction", "redact"]

SECRET = re.compile(r"SERIAL|UUID|WWN|HOSTNAME", re.ASCII)  # properties of udev that tell one device from its like
NUMBERS = ("/config", "/modalias")  # attributes of PCI that hold no address, only numbers that may look like one
IB_BYTES, GUID_BYTES = 20, 8
WORD_MIN = 4  # letters: a shorter host name or serial number would be found by chance

_NOBODY = re.compile(rb"\x00*|\xff*")
# aa:bb:cc:dd:ee:ff with any one separator, and longer addresses: of InfiniBand, FireWire
_SPELLED = re.compile(r"(?<![0-9a-z])[0-9a-f]{2}([:_.-])[0-9a-f]{2}(?:\1[0-9a-f]{2}){4,18}(?![0-9a-z])", re.IGNORECASE)
_NAMED = re.compile(r"(?<![a-z0-9])[a-z]{2}x([0-9a-f]{12})(?![0-9a-f])", re.IGNORECASE)  # enx525400000001
_SEPARATOR = "[:_.-]?"


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
        """The replacement of a serial number or host name: letters and digits only."""
        return f"{kind}-{self._hash(text.encode('utf-8', 'surrogatepass'), kind.encode(), 6).hex()}"

    def _hash(self, data: bytes, kind: bytes, size: int) -> bytes:
        from hashlib import blake2b, sha256

        return blake2b(data, digest_size=size, key=sha256(self.key).digest(), person=kind).digest()


def redact(machine: Machine, key: bytes) -> Machine:
    """`machine` with every hardware address, serial number and the machine's own name replaced (see `Redaction`).

    An address may stand anywhere: in attributes, names, altnames, paths and properties, with any separator or none.
    """
    return _Rewriter(machine, Redaction(key)).machine()


class _Rewriter:
    def __init__(self, machine: Machine, redaction: Redaction) -> None:
        self.old = machine
        self.redaction = redaction
        found = {address for text in _texts(machine) for address in _addresses(text)}
        found |= {address[-GUID_BYTES:] for address in found if len(address) == IB_BYTES}
        self.addresses = {old.hex(): new.hex() for old in found if (new := redaction.address(old)) != old}
        self.words = _words(machine, redaction)
        spelled = [_SEPARATOR.join(old[i : i + 2] for i in range(0, len(old), 2)) for old in self.addresses]
        self.address = _any(spelled, re.IGNORECASE)
        words = [rf"(?<![0-9A-Za-z]){re.escape(w)}(?![0-9A-Za-z])" for w in self.words if len(w) >= WORD_MIN]
        self.word = _any(words)

    def machine(self) -> Machine:
        old = self.old
        interfaces = (
            dataclasses.replace(
                i,
                ifname=self._text(i.ifname),
                devpath=self._text(i.devpath),
                mac=None if i.mac is None else self._text(i.mac),
                bus_path=None if i.bus_path is None else self._text(i.bus_path),
                altnames=tuple(self._value(name) for name in i.altnames),
            )
            for i in old.interfaces
        )
        recorded = {self._text(path): Recorded(r.scheme, self._values(r.names)) for path, r in old.recorded.items()}
        return Machine(
            name=self.words[old.name],
            source=old.source,
            tree=self._tree(old.tree),
            interfaces=tuple(sorted(interfaces, key=lambda i: i.devpath)),
            recorded=recorded,
            edits=tuple(self._text(edit) for edit in old.edits),
            properties={self._text(path): self._properties(values) for path, values in old.properties.items()},
        )

    def _text(self, text: str) -> str:
        """`text` with every address replaced, digit by digit, so that separators and capitals stay."""
        return text if self.address is None else self.address.sub(self._spelled, text)

    def _spelled(self, match: re.Match[str]) -> str:
        digits = re.sub("[:_.-]", "", match[0])
        new = iter(self.addresses[digits.lower()])
        upper = digits.isupper()
        return "".join(c if c in ":_.-" else next(new).upper() if upper else next(new) for c in match[0])

    def _value(self, text: str) -> str:
        """`text`, in which a serial number or the host's name may stand as well."""
        known = text if self.word is None else self.word.sub(lambda match: self.words[match[0]], text)
        return self._text(known)

    def _values(self, values: Mapping[str, str]) -> dict[str, str]:
        return {name: self._value(value) for name, value in values.items()}

    def _properties(self, values: Mapping[str, str]) -> dict[str, str]:
        return {
            name: self.words[value] if value and SECRET.search(name) else self._value(value)
            for name, value in values.items()
        }

    def _tree(self, tree: Tree) -> Tree:
        return Tree(
            {self._text(path): self._content(path, data) for path, data in tree.files.items()},
            {self._text(path): self._text(target) for path, target in tree.links.items()},
            {self._text(path): tuple(self._text(name) for name in names) for path, names in tree.folders.items()},
        )

    def _content(self, path: str, data: bytes) -> bytes:
        return data if path.endswith(NUMBERS) else self._text(data.decode("latin-1")).encode("latin-1")


def _any(patterns: list[str], flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str] | None:
    """Any of the patterns, the longest first; None if there is none."""
    ordered = sorted(patterns, key=lambda pattern: (-len(pattern), pattern))
    return re.compile("|".join(ordered), flags) if ordered else None


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


def _addresses(text: str) -> Iterator[bytes]:
    for match in _SPELLED.finditer(text):
        yield bytes.fromhex(match[0].replace(match[1], ""))
    for match in _NAMED.finditer(text):
        yield bytes.fromhex(match[1])


def _texts(machine: Machine) -> Iterator[str]:
    """Everything in which an address may stand."""
    yield from machine.edits
    for interface in machine.interfaces:
        yield from (interface.ifname, interface.devpath, interface.mac or "", *interface.altnames)
    for recorded in machine.recorded.values():
        yield from recorded.names.values()
    for values in machine.properties.values():
        yield from values.values()
    for path, data in machine.tree.files.items():
        yield path
        if not path.endswith(NUMBERS):
            yield data.decode("latin-1")
    for path, target in machine.tree.links.items():
        yield from (path, target)
