"""Extended regular expressions of POSIX, as depmod.d gives them for kernel versions.

kmod asks the C library (`regcomp` with REG_EXTENDED, `regexec`); Python's `re` reads other rules and can take
exponential time. Here a pattern is a tree, and matching keeps the set of places that are reachable: the time
grows with the pattern and the text, whatever the pattern.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

__all__ = ["BadPattern", "matches"]

MAX_NESTING = 10
MAX_STACKED = 20  # characters of repetitions of one part
MAX_REPEAT = 0x7FFF  # RE_DUP_MAX
Places = frozenset[int]
Step = Callable[[str, Places], Places]

_ALPHA = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
# character class -> its members in the C locale (ISO C 7.4)
CLASSES: dict[str, str] = {
    "alpha": _ALPHA,
    "digit": "0123456789",
    "alnum": _ALPHA + "0123456789",
    "upper": _ALPHA[:26],
    "lower": _ALPHA[26:],
    "xdigit": "0123456789ABCDEFabcdef",
    "space": " \t\n\v\f\r",
    "blank": " \t",
    "punct": _PUNCTUATION,
    "graph": _ALPHA + "0123456789" + _PUNCTUATION,
    "print": _ALPHA + "0123456789" + _PUNCTUATION + " ",
    "cntrl": "".join(map(chr, (*range(32), 127))),
}
_WORD = frozenset(CLASSES["alnum"] + "_")
_SPACE = frozenset(CLASSES["space"])
# what the GNU library adds: letter after a backslash -> members, and whether they are excluded
ESCAPES = {"w": (_WORD, False), "W": (_WORD, True), "s": (_SPACE, False), "S": (_SPACE, True)}


class BadPattern(ValueError):
    """The text is no extended regular expression, or one that is not understood here; its text says which."""


def matches(pattern: str, text: str) -> bool:
    """Whether `text` holds a part that `pattern` describes, in the C locale.

    Raises `BadPattern` for what the C library refuses, and for back references, word boundaries and nesting
    deeper than 10, which are not understood here.
    """
    reader = _Reader(pattern)
    step = reader.alternatives(0)
    return bool(step(text, frozenset(range(len(text) + 1))))


@dataclasses.dataclass(slots=True)
class _Reader:
    """Reads a pattern from `at` on; each method answers the step of what it read."""

    pattern: str
    at: int = 0
    open: int = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def take(self) -> str:
        character = self.peek()
        self.at += 1
        return character

    def alternatives(self, depth: int) -> Step:
        if depth > MAX_NESTING:
            raise BadPattern(f"groups are nested deeper than {MAX_NESTING}")
        branches = [self.branch(depth)]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.branch(depth))
        return lambda text, places: frozenset().union(*(b(text, places) for b in branches))

    def branch(self, depth: int) -> Step:
        steps: list[Step] = []
        while (c := self.peek()) and c != "|" and not (c == ")" and self.open):
            steps.append(self.piece(depth))
        return lambda text, places: _through(steps, text, places)

    def piece(self, depth: int) -> Step:
        step, repeatable = self.atom(depth)
        start = self.at
        while repeatable and self.peek() and self.peek() in "*+?{":
            if self.at - start > MAX_STACKED:
                raise BadPattern("too many repetitions of one part")
            least, most = self.bounds(self.take())
            step = _repeated(step, least, most)
        return step

    def bounds(self, operator: str) -> tuple[int, int]:
        if operator != "{":
            return {"*": (0, MAX_REPEAT), "+": (1, MAX_REPEAT), "?": (0, 1)}[operator]
        end = self.pattern.find("}", self.at)
        low, comma, high = self.pattern[self.at : end if end >= 0 else len(self.pattern)].partition(",")
        if end < 0 or not all(part == "" or (part.isascii() and part.isdigit()) for part in (low, high)):
            raise BadPattern("braces hold no count")
        if not low and not comma:
            raise BadPattern("braces hold no count")
        self.at = end + 1
        least = int(low[:9] or 0)
        most = least if not comma else int(high[:9] or MAX_REPEAT)
        if not least <= most <= MAX_REPEAT:
            raise BadPattern("a count is too large, or its limits are in the wrong order")
        return least, most

    def atom(self, depth: int) -> tuple[Step, bool]:
        c = self.take()
        if c == "(":
            self.open += 1
            step = self.alternatives(depth + 1)
            if self.take() != ")":
                raise BadPattern("a group is not closed")
            self.open -= 1
            return step, True
        if c in "*+?{":
            raise BadPattern(f"nothing stands before {c}")
        if c == "^":
            return lambda text, places: places & {0}, False
        if c == "$":
            return lambda text, places: places & {len(text)}, False
        if c == ".":
            return _one(frozenset("\0"), True), True
        if c == "[":
            return self.bracket(), True
        return (self.escape() if c == "\\" else _one(frozenset(c))), True

    def escape(self) -> Step:
        c = self.take()
        if not c:
            raise BadPattern("nothing stands after the last \\")
        if c in "123456789bB<>`'":
            raise BadPattern(f"\\{c} is not understood here")
        return _one(*ESCAPES.get(c, (frozenset(c), False)))

    def bracket(self) -> Step:
        negated = self.peek() == "^"
        self.at += negated
        members: set[str] = set()
        first = True
        while True:
            c = self.peek()
            if not c:
                raise BadPattern("a [ is not closed")
            if c == "]" and not first:
                self.at += 1
                return _one(frozenset(members), negated)
            first = False
            low = self.member()
            if len(low) == 1 and self.peek() == "-" and self.pattern[self.at + 1 : self.at + 2] not in ("]", ""):
                self.at += 1
                high = self.member()
                if len(high) != 1 or high < low:
                    raise BadPattern("a range ends before it begins")
                members.update(map(chr, range(ord(low), ord(high) + 1)))
            else:
                members.update(low)

    def member(self) -> str:
        """What one element between brackets stands for: a character, or the members of a class."""
        c = self.take()
        kind = self.peek()
        if c != "[" or not kind or kind not in ":=.":
            return c
        end = self.pattern.find(kind + "]", self.at + 1)
        if end < 0:
            raise BadPattern(f"[{kind} is not closed")
        inner = self.pattern[self.at + 1 : end]
        self.at = end + 2
        if kind == ":" and inner in CLASSES:
            return CLASSES[inner]
        if kind == ":" or len(inner) != 1:
            raise BadPattern(f"[{kind}{inner}{kind}] is not known in the C locale")
        return inner


def _one(members: frozenset[str], negated: bool = False) -> Step:
    def step(text: str, places: Places) -> Places:
        return frozenset(i + 1 for i in places if i < len(text) and (text[i] in members) != negated)

    return step


def _through(steps: list[Step], text: str, places: Places) -> Places:
    for step in steps:
        if not places:
            break
        places = step(text, places)
    return places


def _repeated(step: Step, least: int, most: int) -> Step:
    def repeated(text: str, places: Places) -> Places:
        for _ in range(least):
            before, places = places, step(text, places)
            if places in (before, frozenset()):
                break
        reached = new = places
        for _ in range(most - least):
            new = step(text, new) - reached
            if not new:
                break
            reached |= new
        return reached

    return repeated
