"""What a rule read, as the key to what it answered: cards for which it would read the same get the same names.

A rule is a function of what it is told when it asks the tree. So the questions of one card, in order, with what the
tree said, decide the answer; and as long as another card's tree says the same, the next question is the same too. That
is kept as a tree of questions which parts where trees said different things.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Generic, TypeVar

from lab.naming.model import Machine
from lab.naming.tree import Tree

__all__ = ["Known"]

T = TypeVar("T")
V = TypeVar("V")
FILES, LINKS, FOLDERS, PROPERTIES, RECORDED = range(5)  # where a question is asked
HAS = 5  # added: whether it is there; without: what it holds
ALL = ""  # no path: the question for everything there is
Question = tuple[int, str]


@dataclasses.dataclass(slots=True)
class _Node:
    """Questions and what was said, one after the other; then the result, or one more question with several answers."""

    asked: list[Question]
    said: list[Hashable]
    result: Any = None
    question: Question | None = None
    branches: dict[Hashable, _Node] = dataclasses.field(default_factory=dict)


class _Noted(Mapping[str, V]):
    """A mapping that notes which questions it was asked and what it said."""

    def __init__(self, base: Mapping[str, V], place: int, log: dict[Question, Hashable]) -> None:
        self._base, self._place, self._log = base, place, log

    def __getitem__(self, key: str) -> V:
        self._note(key)
        return self._base[key]

    def get(self, key: str, default: Any = None) -> Any:
        self._note(key)
        return self._base.get(key, default)

    def __contains__(self, key: object) -> bool:
        found = key in self._base
        self._log[self._place + HAS, str(key)] = found
        return found

    def __iter__(self) -> Iterator[str]:
        self._log[self._place, ALL] = tuple(self._base)
        return iter(self._base)

    def __len__(self) -> int:
        self._log[self._place, ALL] = tuple(self._base)
        return len(self._base)

    def _note(self, key: str) -> None:
        self._log[self._place, key] = _answer(self._base, self._place, key)


def _answer(base: Mapping[str, Any], place: int, key: str) -> Hashable:
    value = base.get(key)  # None: there is no such thing
    return repr(value) if place >= PROPERTIES else value  # those are mappings, which are no keys


def _says(sources: tuple[Mapping[str, Any], ...], question: Question) -> Hashable:
    place, key = question
    if key == ALL:
        return tuple(sources[place])
    if place >= HAS:
        return key in sources[place - HAS]
    return _answer(sources[place], place, key)


class Known(Generic[T]):
    """Results of one function of machines, by what it read; at most `limit` results are kept."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.results = 0
        self._roots: dict[Hashable, _Node] = {}
        self._same: dict[Hashable, Hashable] = {}  # one copy of each question and each thing said

    def ask(self, key: Hashable, machine: Machine, work: Callable[[Machine], T]) -> T:
        """`work(machine)`, or what it gave for the same `key` and a machine that says the same.

        `work` must be a function of `key` and of the tree, the properties and the recorded names of the machine.
        """
        tree = machine.tree
        sources = (tree.files, tree.links, tree.folders, machine.properties, machine.recorded)
        node, place, said = self._find(self._roots.get(key), sources)
        if node is not None and place < 0:
            return node.result  # type: ignore[no-any-return]
        if self.results >= self.limit:
            self._roots.clear()
            self._same.clear()
            self.results, node = 0, None
        log: dict[Question, Hashable] = {}
        noting = dataclasses.replace(
            machine,
            tree=Tree(
                _Noted(tree.files, FILES, log), _Noted(tree.links, LINKS, log), _Noted(tree.folders, FOLDERS, log)
            ),
            properties=_Noted(machine.properties, PROPERTIES, log),
            recorded=_Noted(machine.recorded, RECORDED, log),
        )
        result = work(noting)
        self.results += 1
        self._keep(key, node, place, said, log, result)
        return result

    def _find(self, node: _Node | None, sources: tuple[Mapping[str, Any], ...]) -> tuple[_Node | None, int, Hashable]:
        """The last node that fits and where in it the machine says something else (-1: nowhere, it has the result)."""
        while node is not None:
            for place, question in enumerate(node.asked):
                said = _says(sources, question)
                if said != node.said[place]:
                    return node, place, said
            if node.question is None:
                return node, -1, None
            said = _says(sources, node.question)
            below = node.branches.get(said)
            if below is None:
                return node, len(node.asked), said
            node = below
        return None, 0, None

    def _keep(
        self, key: Hashable, node: _Node | None, place: int, said: Hashable, log: dict[Question, Hashable], result: T
    ) -> None:
        same = self._same.setdefault
        asked = [same(question, question) for question in log]
        answers = [same(answer, answer) for answer in log.values()]
        if node is None:
            self._roots[key] = _Node(asked, answers, result)  # type: ignore[arg-type]
            return
        if node.question is None or place < len(node.asked):
            rest = _Node(node.asked[place + 1 :], node.said[place + 1 :], node.result, node.question, node.branches)
            node.question, node.branches = node.asked[place], {node.said[place]: rest}
            node.asked, node.said, node.result = node.asked[:place], node.said[:place], None
        begin = asked.index(node.question) + 1
        node.branches[said] = _Node(asked[begin:], answers[begin:], result)  # type: ignore[arg-type]
