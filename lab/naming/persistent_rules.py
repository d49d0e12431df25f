"""/etc/udev/rules.d/70-persistent-net.rules: rules that pin names to addresses, read and written.

A rule is a line `KEY{attribute}OP"value", ...` (udev(7)). What the generator wrote is understood in full, and
what people added in the same words; a key beyond them makes the rule's answer uncertain, never silently dropped.
"""

from __future__ import annotations

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Iterator, Sequence

from lab.core.errors import LabError, printable

__all__ = ["HEADER", "Match", "Rule", "Rules", "parse_rules", "rule_text"]

RULES_MAX = 1 << 20  # bytes of the file
LINE_MAX = 16384  # letters of one line: udev's own limit (UTIL_LINE_SIZE)
SHOWN = 60
HEADER = (
    "# Names of network interfaces by their addresses, as the generator of old udev keeps them.",
    "# One rule a line; change only the value of NAME=.",
)
MATCHES = ("SUBSYSTEM", "ACTION", "DRIVERS", "ATTR{address}", "ATTRS{address}", "ATTR{dev_id}", "ATTR{type}")
NAMES = ("KERNEL", "KERNELS")
PLURAL = ("DRIVERS", "KERNELS", "ATTRS{address}")
Values = Callable[[str], str | None]  # key -> what a device has there; None where there is no such attribute
_TOKEN = re.compile(r'\s*([A-Z_]+(?:\{[^}"]*\})?)\s*(==|!=|\+=|-=|:=|=)\s*"((?:[^"\\]|\\.)*)"\s*(,|$)?', re.ASCII)


@dataclasses.dataclass(frozen=True, slots=True)
class Match:
    """One condition: `key` ("ATTR{address}"), `equal` (== or !=), and the `pattern` with *, ?, [..] and |."""

    key: str
    equal: bool
    pattern: str

    def holds(self, value: str) -> bool:
        """True if `value` fits the pattern (for !=: if it does not)."""
        return any(fnmatch.fnmatchcase(value, pattern) for pattern in self.pattern.split("|")) == self.equal


@dataclasses.dataclass(frozen=True, slots=True)
class Rule:
    """A rule that gives a `name`, its conditions, its `line` (from 1 on), and the keys that are `unknown` here.

    `final`: no later rule gives another name (NAME:=).
    """

    line: int
    matches: tuple[Match, ...]
    name: str
    unknown: tuple[str, ...] = ()
    final: bool = False

    def holds(self, devices: Sequence[Values], passed: Sequence[str] = ()) -> bool:
        """True if every condition holds but those on the keys `passed`.

        `devices`: the interface, then the devices above it. Keys in the plural (DRIVERS, KERNELS, ATTRS) must hold all
        at once on one of these (udev(7)).
        """
        own = [m for m in self.matches if m.key not in (*PLURAL, *passed)]
        above = [m for m in self.matches if m.key in PLURAL]
        return all(_fits(m, devices[0]) for m in own) and (
            not above or any(all(_fits(m, device) for m in above) for device in devices)
        )


def _fits(match: Match, device: Values) -> bool:
    """An attribute that is not there fits nothing, not even !=; a driver that is not there is an empty word."""
    value = device(match.key)
    return value is not None and match.holds(value)


@dataclasses.dataclass(frozen=True, slots=True)
class Rules:
    """The file: its `lines` as they stand, and the `rules` among them that give names."""

    lines: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    @property
    def text(self) -> str:
        """The file's text."""
        return "".join(f"{line}\n" for line in self.lines)

    def units(self, base: str) -> tuple[int, ...]:
        """The numbers of all names `base`N that rules give; a bare `base` counts as 0."""
        found = (re.fullmatch(rf"{re.escape(base)}([0-9]{{0,9}})", rule.name, re.ASCII) for rule in self.rules)
        return tuple(int(match[1] or 0) for match in found if match)

    def has(self, name: str) -> bool:
        """True if a rule gives this name."""
        return any(rule.name == name for rule in self.rules)

    def with_rule(self, comment: str, rule: str) -> Rules:
        """The file with one more rule at its end, as the generator appends it; a new file begins with `HEADER`."""
        lines = self.lines or HEADER
        return parse_rules("\n".join((*lines, "", f"# {printable(comment)}", rule)).encode(), "the rules")


def rule_text(matches: Sequence[tuple[str, str]], name: str) -> str:
    """A rule as the generator writes it; raises `LabError` for a value that cannot stand between quotes."""
    for value in (*dict(matches).values(), name):
        if '"' in value or "\\" in value or not value.isprintable():
            raise LabError(f"{value[:SHOWN]!r} cannot stand in a udev rule; is this a copy of sysfs?")
    parts = ['SUBSYSTEM=="net"', 'ACTION=="add"', *(f'{key}=="{value}"' for key, value in matches), f'NAME="{name}"']
    return ", ".join(parts)


def parse_rules(data: bytes, name: str) -> Rules:
    """The rules in the text `data`; `name` is what errors call the file.

    Raises `LabError` for a line that is no rule, for bytes that are no text, and for too much of either. A rule that
    gives no name is kept as a line and asked nothing.
    """
    if len(data) > RULES_MAX:
        raise LabError(f"{name}: larger than {RULES_MAX:,} bytes; these are no udev rules")
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise LabError(f"{name}: byte {error.start} is no UTF-8 text; these are no udev rules") from None
    lines = tuple(text.split("\n"))
    if lines and not lines[-1]:
        lines = lines[:-1]
    return Rules(lines, tuple(_rules(lines, name)))


def _rules(lines: Sequence[str], name: str) -> Iterator[Rule]:
    whole, begin = "", 0
    for number, line in enumerate(lines, 1):
        begin = begin or number
        whole += line.strip()
        if len(whole) > LINE_MAX:
            raise LabError(f"{name}: line {begin} has more than {LINE_MAX:,} letters; udev reads no such line")
        if whole.endswith("\\") and not whole.startswith("#") and number < len(lines):
            whole = whole[:-1]
            continue
        if whole and not whole.startswith("#"):
            rule = _rule(whole, begin, name)
            if rule is not None:
                yield rule
        whole, begin = "", 0


def _rule(text: str, line: int, name: str) -> Rule | None:
    matches: list[Match] = []
    unknown: list[str] = []
    given, final = "", False
    place = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            raise LabError(
                f'{name}: line {line} is no udev rule at {text[place : place + SHOWN]!r}; write KEY=="value"'
            )
        key, operator, value = token[1], token[2], token[3]
        place = token.end()
        if operator in ("==", "!="):
            if key in (*MATCHES, *NAMES):
                matches.append(Match(key, operator == "==", value))
            else:
                unknown.append(key)
        elif key == "NAME" and operator in ("=", ":="):
            given, final = value, operator == ":="
            if "%" in value or "$" in value:  # such as %k or $env{...}, put in when the rule is applied
                unknown.append("NAME")
    return Rule(line, tuple(matches), given, tuple(unknown), final) if given else None
