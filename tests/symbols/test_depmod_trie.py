"""The `.bin` form: written in one pass, against a trie grown key by key, and read back."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.symbols.depmod import trie
from lab.symbols.depmod.trie_read import entries, lookup, match

KEYS = st.one_of(
    st.text(st.sampled_from("ab_"), max_size=6),
    st.text(st.characters(min_codepoint=1, max_codepoint=127), max_size=90),
    st.sampled_from(["x" * 64, "x" * 64 + "y", "x" * 70, "x" * 63 + "y"]),
).map(str.encode)
VALUES = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([b"", b"one", b"two"])), min_size=1, max_size=4)


class Node:
    """A node as the form describes it, grown by insertion: nothing in common with the one-pass writer."""

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        self.children: dict[int, Node] = {}
        self.values: list[tuple[int, bytes]] = []

    def insert(self, key: bytes, priority: int, value: bytes) -> None:
        same = 0
        while same < len(self.prefix) and key[same : same + 1] == self.prefix[same : same + 1]:
            same += 1
        if same < len(self.prefix):
            below = Node(self.prefix[same + 1 :])
            below.children, below.values = self.children, self.values
            self.children, self.values = {self.prefix[same]: below}, []
            self.prefix = self.prefix[:same]
        rest = key[same:]
        if not rest:
            at = sum(p < priority for p, _ in self.values)
            self.values.insert(at, (priority, value))
        elif rest[0] in self.children:
            self.children[rest[0]].insert(rest[1:], priority, value)
        else:
            self.children[rest[0]] = Node(rest[1:])
            self.children[rest[0]].values = [(priority, value)]

    def flags(self) -> int:
        return bool(self.prefix) << 31 | bool(self.values) << 30 | bool(self.children) << 29

    def body(self, words: dict[int, int]) -> bytes:
        out = self.prefix + b"\0" if self.prefix else b""
        if words:
            low, high = min(words), max(words)
            out += bytes([low, high]) + b"".join(struct.pack(">I", words.get(c, 0)) for c in range(low, high + 1))
        if self.values:
            out += struct.pack(">I", len(self.values))
            out += b"".join(struct.pack(">I", p) + v + b"\0" for p, v in self.values)
        return out

    def post(self, out: bytearray) -> int:
        words = {c: self.children[c].post(out) for c in sorted(self.children)}
        at = len(out)
        out += self.body(words)
        return at | self.flags()

    def pre(self, at: int) -> tuple[bytes, int]:
        size = len(self.body(dict.fromkeys(self.children, 0)))
        words, below, end = {}, b"", at + size
        for c in sorted(self.children):
            part, words[c] = self.children[c].pre(end)
            below += part
            end += len(part)
        return self.body(words) + below, at | self.flags()


def grown(pairs: list[tuple[bytes, int, bytes]], forward: bool) -> bytes:
    root = Node(b"")
    for key, priority, value in pairs:
        root.insert(key, priority, value)
    if forward:
        body, word = root.pre(12)
        return struct.pack(">III", 0xB007F457, 0x00020001, word) + body
    out = bytearray(12)
    out[:12] = struct.pack(">III", 0xB007F457, 0x00020001, root.post(out))
    return bytes(out)


@given(st.dictionaries(KEYS, VALUES, max_size=30), st.booleans())
def test_the_one_pass_writer_equals_a_trie_grown_by_insertion(
    table: dict[bytes, list[tuple[int, bytes]]], forward: bool
) -> None:
    records = {key: trie.values_record(values) for key, values in table.items()}
    wanted = grown([(key, p, v) for key, values in table.items() for p, v in values], forward)
    written = trie.build(records, forward)
    assert written == wanted
    for key, values in entries(written, "it"):
        assert values == [pair for p in range(4) for pair in reversed(table[key]) if pair[0] == p]
    assert [key for key, _ in entries(written, "it")] == sorted(table)


@pytest.mark.parametrize("forward", [False, True])
def test_an_empty_index_is_a_header_whose_root_has_nothing(forward: bool) -> None:
    assert trie.build({}, forward) == bytes.fromhex("b007f457 00020001 0000000c")


def test_one_value_is_the_record_of_one() -> None:
    assert trie.one_value(b"name", 300) == trie.values_record([(300, b"name")])


def test_a_lookup_finds_values_by_priority_and_nothing_for_a_part_of_a_key() -> None:
    data = trie.build({b"alpha": trie.values_record([(2, b"late"), (1, b"early")])}, False)
    assert lookup(data, b"alpha") == [b"early", b"late"]
    assert lookup(data, b"alp") == lookup(data, b"alphab") == []


def test_keys_are_patterns_for_what_a_device_calls_itself() -> None:
    keys = {b"pci:v*d0001*": 1, b"pci:v0000d000[12]x": 0, b"usb:*": 2}
    data = trie.build({key: trie.one_value(b"m%d" % p, p) for key, p in keys.items()}, True)
    assert match(data, b"pci:v0000d0001x") == [b"m0", b"m1"]
    assert match(data, b"pci:v0000d0003x") == []


def test_what_is_not_ascii_is_refused_in_one_line() -> None:
    with pytest.raises(LabError, match="not ASCII"):
        trie.build({"é".encode(): trie.one_value(b"m", 0)}, False)
    with pytest.raises(LabError, match="not ASCII"):
        trie.one_value("é".encode(), 0)
    assert trie.build({"é".encode(): trie.one_value(b"m", 0)}, True, ascii_only=False)


@given(st.binary(max_size=60), st.integers(0, 200), st.booleans())
def test_a_damaged_index_is_refused_or_read_to_its_end(noise: bytes, at: int, whole: bool) -> None:
    data = trie.build({b"abc": trie.one_value(b"x", 1), b"abd": trie.one_value(b"y", 2)}, True)
    broken = data[:12] + noise if whole else data[: at % len(data)] + noise + data[at % len(data) + len(noise) :]
    try:
        found = list(entries(broken, "broken"))
    except LabError:
        return
    assert len(found) <= len(broken)


def test_a_circle_of_nodes_ends() -> None:
    word = 0x2000000C  # the root is its own child
    data = struct.pack(">III", 0xB007F457, 0x00020001, word) + b"aa" + struct.pack(">I", word)
    with pytest.raises(LabError, match="damaged"):
        list(entries(data, "circle"))
