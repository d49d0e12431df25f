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
from lab.naming.link.facts import facts
from lab.naming.link.file import LinkFile
from lab.naming.link.match import match
from lab.naming.model import Interface, Machine
from lab.naming.schemes import predict
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.kernel import kernel_names
from lab.naming.trace import Candidate, Evidence, Gap

__all__ = ["Decision", "decide"]

PREDICTABLE, USER, RENAMED = "2", "3", "4"  # name_assign_type (include/uapi/linux/netdevice.h)
DATABASE = "ID_NET_NAME_FROM_DATABASE"


@dataclasses.dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one interface.

    `kernel_name`: what it is called when udev first sees it. `file`: the `.link` file that applies (None: none does),
    `others`: the files asked before it, and why they do not. `asked`: the policies in order, with what each gave;
    `passed_over`: names that no interface can have, by policy. `wanted`: the name udev asks for (None: it leaves
    the kernel's), `rule`: what gave it. `name`: what it is called in the end, if the interfaces appear in the order of
    ifindex; `rivals`: the others that the name depends on (by devpath), so that another order gives another result.
    """

    card: Interface
    kernel_name: str
    file: LinkFile | None
    others: tuple[tuple[str, str], ...]
    asked: tuple[Candidate, ...]
    passed_over: tuple[tuple[str, str], ...]
    wanted: str | None
    rule: str
    name: str
    altnames: tuple[str, ...]
    rivals: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()

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
    files = default_links(scheme.release) if links is None else links
    first = _first_names(machine, booted)
    found = {
        interface.devpath: _one(
            machine,
            interface,
            scheme,
            files,
            environment,
            first[interface.devpath],
            (named or {}),
            booted,
            (offered or {}).get(interface.devpath) or predict(machine, interface, scheme),
        )
        for interface in machine.interfaces
        if interface.kind != "loopback"
    }
    return _settle(found)


def _first_names(machine: Machine, booted: bool) -> dict[str, Candidate]:
    """What the kernel calls each interface before udev sees it."""
    derived = kernel_names(machine) if booted else {}
    found = {}
    for interface in machine.interfaces:
        candidate = derived.get(interface.devpath)
        if candidate is None or candidate.name is None or _assigned(machine, interface, booted) == PREDICTABLE:
            candidate = Candidate("kernel", interface.ifname, "as it is called")
        found[interface.devpath] = candidate
    return found


def _assigned(machine: Machine, interface: Interface, booted: bool) -> str:
    text = machine.tree.text(f"{interface.devpath}/name_assign_type") or ""
    return "1" if booted and text == RENAMED and interface.is_card else text


def _one(
    machine: Machine,
    interface: Interface,
    scheme: Scheme,
    files: Sequence[LinkFile],
    environment: Environment,
    first: Candidate,
    named: Mapping[str, str],
    booted: bool,
    offered: Mapping[str, Candidate],
) -> Decision:
    """One interface alone; what the others do to its name is settled afterwards."""
    ifname = str(first.name)
    known = facts(machine, interface, ifname, offered, scheme)
    gaps: list[Gap] = []
    others: list[tuple[str, str]] = []
    chosen: LinkFile | None = None
    for link in files:
        answer = match(link, known, environment, not first.gaps)
        gaps += answer.gaps
        if answer.holds:
            chosen = link
            break
        others.append((link.path, answer.why))
    asked, passed, wanted, rule = _policies(
        chosen, _given(machine, interface, offered), _assigned(machine, interface, booted), scheme, environment
    )
    if interface.devpath in named:
        asked, passed, wanted, rule, gaps = [], [], named[interface.devpath], "udev rule", []
    gaps += [gap for c in asked for gap in c.gaps]
    if wanted is None:
        gaps += first.gaps
    altnames = () if chosen is None else _altnames(chosen, _given(machine, interface, offered))
    return Decision(
        interface,
        ifname,
        chosen,
        tuple(others),
        tuple(asked),
        tuple(passed),
        wanted,
        rule,
        wanted or ifname,
        altnames,
        gaps=tuple(dict.fromkeys(gaps)),
    )


def _given(machine: Machine, interface: Interface, offered: Mapping[str, Candidate]) -> dict[str, Candidate]:
    """What each policy of a `.link` file gives, by its word there."""
    name = machine.properties.get(interface.devpath, {}).get(DATABASE)
    rule = "the hardware database names it" if name else "the hardware database, as far as known, does not name it"
    evidence = Evidence(f"{interface.devpath} {DATABASE}", name, rule, "used" if name else "unreadable")
    database = Candidate("database", name, rule, (evidence,))
    return {"database": database, **{policy.lower(): c for policy, c in offered.items()}}


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


def _settle(found: dict[str, Decision]) -> dict[str, Decision]:
    """The names as the kernel grants them, in the order of ifindex, and who depends on whom."""
    taken = {decision.kernel_name: path for path, decision in found.items()}
    settled: dict[str, Decision] = {}
    for path in sorted(found, key=lambda p: (found[p].card.ifindex is None, found[p].card.ifindex or 0, p)):
        decision = found[path]
        name = decision.kernel_name
        if decision.wanted is not None and taken.get(decision.wanted, path) == path:
            name = decision.wanted
            if taken.get(decision.kernel_name) == path:
                del taken[decision.kernel_name]
            taken[name] = path
        altnames = tuple(a for a in decision.altnames if a != name and taken.get(a, path) == path)
        taken.update(dict.fromkeys(altnames, path))
        rivals = tuple(other for other in found if other != path and _in_the_way(decision, found[other]))
        settled[path] = dataclasses.replace(decision, name=name, altnames=altnames, rivals=rivals)
    return {path: settled[path] for path in found}


def _in_the_way(decision: Decision, other: Decision) -> bool:
    """True if `other` has or wants, at some time, the name that `decision` ends with."""
    name = decision.wanted
    if name is None:
        return other.wanted == decision.kernel_name and other.kernel_name != decision.kernel_name
    return name in (other.wanted, other.kernel_name, *other.altnames)
