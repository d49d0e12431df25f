"""What udev makes of the `.link` files: for every interface the file, the policies asked, the name, the altnames.

As systemd 252 to 262 do at the event "add" (link_generate_new_name and link_generate_alternative_names,
src/udev/net/link-config.c); the kernel then refuses a name that another interface has (EEXIST), and the loser keeps
the name it had: no further policy is asked.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from lab.naming.ifname import ALTNAME_MAX, refusal
from lab.naming.link.default import default_links
from lab.naming.link.environment import UNKNOWN, Environment
from lab.naming.link.file import LinkFile
from lab.naming.link.match import match
from lab.naming.link.ready import PREDICTABLE, RENAMED, USER, Ready, first_names, make_ready
from lab.naming.link.settle import settle
from lab.naming.link.shelf import Earlier, Shelf
from lab.naming.model import Interface, Machine
from lab.naming.schemes.flags import Scheme
from lab.naming.trace import Candidate, Gap

__all__ = ["RENAMED", "Decision", "decide", "decide_one"]


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one interface.

    `kernel_name`: what it is called when udev first sees it. `file`: the `.link` file that applies (None: none does),
    `earlier`: the files asked before it (`others` says why they do not). `asked`: the policies in order, with
    what each gave; `passed_over`: names that no interface can have, by policy. `wanted`: the name udev asks for (None:
    it leaves the kernel's), `rule`: what gave it. `name`: what it is called in the end, if the interfaces appear in the
    order of ifindex; `rivals`: the others that the name depends on (by devpath), so that another order gives another
    result.
    """

    card: Interface
    kernel_name: str
    file: LinkFile | None
    earlier: Earlier = dataclasses.field(compare=False)
    asked: tuple[Candidate, ...]
    passed_over: tuple[tuple[str, str], ...]
    wanted: str | None
    rule: str
    name: str
    altnames: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def others(self) -> tuple[tuple[str, str], ...]:
        """The files asked before `file`, and why they do not apply."""
        return self.earlier.told()

    @property
    def collides(self) -> bool:
        """True if another interface wants the name, or has it when it is asked for."""
        return bool(self.rivals)

    @property
    def certain(self) -> bool:
        """False if the source lacks something that could change the name, or the order of events decides it."""
        return not self.gaps and not self.rivals

    @property
    def why(self) -> str:
        """One line: the file, the rule, what was passed over."""
        where = "no .link file applies" if self.file is None else f"{self.file.file_name}: {self.rule}"
        parts = [where if self.rule != "udev rule" else "NAME= of a udev rule"]
        parts += [f"`{name}` of {policy} passed over, {refusal(name)}" for policy, name in self.passed_over]
        if self.rivals:
            parts.append(f"`{self.wanted or self.kernel_name}` is asked for more than once, and only one can have it")
        return "; ".join([*parts, *(f"uncertain: {gap.reason}" for gap in self.gaps[:1])])


def decide(
    machine: Machine,
    scheme: Scheme,
    links: Sequence[LinkFile] | None = None,
    *,
    environment: Environment = UNKNOWN,
    named: Mapping[str, str] | None = None,
    booted: bool = True,
    offered: Mapping[str, Mapping[str, Candidate]] | None = None,
) -> dict[str, Decision]:
    """What every interface of `machine` but the loopback is called, by devpath.

    `links`: the files in the order they are asked (default: what systemd brings, see `default_links`). `named`: names
    that a udev rule has given already, by devpath; then the files give no name, only altnames. `booted`: as the
    next boot finds the machine, when no interface is renamed yet; False: as it stands. `offered`: by devpath what
    `predict` answers under this scheme, if it was asked before.
    """
    files = Shelf(default_links(scheme.release) if links is None else links)
    ready = make_ready(machine, scheme, first_names(machine, booted), offered, booted)
    return settle({path: decide_one(one, files, scheme, environment, named or {}) for path, one in ready.items()})


def decide_one(
    ready: Ready, files: Shelf, scheme: Scheme, environment: Environment, named: Mapping[str, str]
) -> Decision:
    """One interface alone, as in `decide`; what the others do to its name is settled afterwards."""
    path, first = ready.interface.devpath, ready.first
    gaps: list[Gap] = []
    chosen: LinkFile | None = None
    asked_before = len(files.files)
    for place in files.asked(ready.facts):
        answer = match(files.files[place], ready.facts, environment, not first.gaps)
        gaps += answer.gaps
        if answer.holds:
            chosen, asked_before = files.files[place], place
            break
    earlier = Earlier(files.files, asked_before, ready.facts, environment, not first.gaps)
    asked, passed, wanted, rule = _policies(chosen, ready.given, ready.assigned, scheme, environment)
    if path in named:
        asked, passed, wanted, rule, gaps = [], [], named[path], "udev rule", []
    gaps += [gap for c in asked for gap in c.gaps]
    if wanted is None:
        gaps += first.gaps
    return Decision(
        ready.interface,
        str(first.name),
        chosen,
        earlier,
        tuple(asked),
        tuple(passed),
        wanted,
        rule,
        wanted or str(first.name),
        () if chosen is None else _altnames(chosen, ready.given),
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _policies(
    link: LinkFile | None, given: Mapping[str, Candidate], assigned: str, scheme: Scheme, environment: Environment
) -> tuple[list[Candidate], list[tuple[str, str]], str | None, str]:
    """The policies asked, the names passed over, the name (None: not renamed) and what gave it."""
    asked: list[Candidate] = []
    passed: list[tuple[str, str]] = []
    if link is None:
        return asked, passed, None, "kernel"
    if assigned in (USER, RENAMED) and not scheme.has("ALLOW_RERENAMES"):
        asked.append(Candidate("keep", None, f"named by userspace before, and {scheme.name} renames no such thing"))
        return asked, passed, None, "keep"
    for word in link.name_policy if environment.name_policies else ():
        if word in ("kernel", "keep"):
            stops = assigned == PREDICTABLE if word == "kernel" else assigned in (USER, RENAMED)
            asked.append(_stay(word, assigned, stops))
            if stops:
                return asked, passed, None, word
            continue
        candidate = given[word]
        asked.append(candidate)
        if candidate.name is None:
            continue
        if refusal(candidate.name):
            passed.append((candidate.policy, candidate.name))
            continue
        return asked, passed, candidate.name, candidate.policy
    if link.name is not None:
        return asked, passed, link.name, "Name="
    return asked, passed, None, "kernel"


def _stay(word: str, assigned: str, stops: bool) -> Candidate:
    whose = "the kernel calls its name predictable" if word == "kernel" else "userspace named it before"
    return Candidate(word, None, whose if stops else f"asked no further: not so (name_assign_type {assigned or '0'})")


def _altnames(link: LinkFile, given: Mapping[str, Candidate]) -> tuple[str, ...]:
    """Every name that AlternativeName= and AlternativeNamesPolicy= give, at most 127 bytes each."""
    names = [*link.altnames, *(given[word].name for word in link.altnames_policy)]
    return tuple(dict.fromkeys(name for name in names if name and not refusal(name, ALTNAME_MAX)))
