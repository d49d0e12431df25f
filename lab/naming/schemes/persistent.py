"""MAC pinning: old udev's generator wrote a rule for every card it met first, and so kept its name.

After systemd 6997e3b2dc00 (src/rule_generator/75-persistent-net-generator.rules), eudev cb1cfc6c1bf3
(rule_generator/write_net_rules.in, rule_generator.functions), and the renaming that udev dropped with systemd
97595710b77a (a name that is taken: step aside to rename<ifindex>, then wait up to 90 seconds).
"""

from __future__ import annotations

import dataclasses
import fnmatch
import functools
import re
from collections.abc import Mapping

from lab.naming.model import Interface, Machine
from lab.naming.persistent_rules import Rule, Rules, Values, rule_text
from lab.naming.schemes.kernel import RECORDED, ProbeOrder, kernel_names
from lab.naming.schemes.probe import in_order
from lab.naming.trace import Candidate, Evidence, Gap, Verdict
from lab.naming.tree import parent_device, subsystem

__all__ = ["Boot", "boot", "persistent_names"]

WATCHED = ("eth*", "ath*", "wlan*[0-9]", "msh*", "ra*", "sta*", "ctc*", "lcs*", "hsi*")
# Addresses of virtual machines, which get no rule.
VIRTUAL = {"52:54:00": "KVM", "00:0c:29": "VMware", "00:50:56": "VMware", "00:15:5d": "Hyper-V"}
# Vendors that used addresses of the locally administered range. Realtek's 52:54:00 is KVM's as well, which counts.
TRUSTED = (
    "02:07:01", "02:60:60", "02:60:8c", "02:a0:c9", "02:aa:3c", "02:cf:1f", "02:e0:3b", "02:e6:d3", "52:54:4c",
    "52:54:ab", "e2:0c:0f", "00:16:3e",
)  # fmt: skip
_ATTRIBUTE = re.compile(r"ATTRS?\{([^}]*)\}")
_LOCAL = re.compile(r".[2367abef]:")
ATTRIBUTES = ("ATTR{dev_id}", "ATTR{type}")  # every interface of a real machine has them
EMPTY = "00:00:00:00:00:00"


@dataclasses.dataclass(frozen=True, slots=True)
class Boot:
    """One boot: the `rules` after it, the `names` by devpath as candidates, and the `events` in words, in order."""

    rules: Rules
    names: Mapping[str, Candidate]
    events: tuple[str, ...]


def persistent_names(machine: Machine, order: ProbeOrder = RECORDED) -> dict[str, Candidate]:
    """The name of every card by devpath after the first boot, with no rules yet: the kernel's, from then on pinned."""
    return dict(boot(Rules(), machine, order).names)


def boot(rules: Rules, machine: Machine, order: ProbeOrder = RECORDED, earlier: bool = False) -> Boot:
    """What happens when `machine` boots with these `rules` on its disk and the generator running.

    All cards have their kernel names before udev sees the first of them (drivers in the initramfs); udev then
    handles them in the `order` of probing. `earlier`: the generator as of systemd 1f698065bc61, which knew no
    virtual machines, no vendors with locally administered addresses, and no dev_id.
    """
    first = kernel_names(machine, order)
    state = _State(machine, rules, {path: c.name for path, c in first.items() if c.name}, earlier)
    cards = [c for c in in_order(machine.cards, order) if first[c.devpath].name]
    for card in cards:
        state.add(card)
        state.retry()
    state.give_up()
    found = {}
    for card in machine.cards:
        kernel = first[card.devpath]
        evidence = (*kernel.evidence, *state.evidence.get(card.devpath, ()))
        gaps = (*kernel.gaps, *state.gaps.get(card.devpath, ()))
        name, because = state.names.get(card.devpath), state.because.get(card.devpath, kernel.because)
        found[card.devpath] = Candidate("persistent", name, because, evidence, gaps)
    return Boot(state.rules, found, tuple(state.events))


class _State:
    """A boot under way: `names` are the interfaces' names at this moment, by devpath."""

    def __init__(self, machine: Machine, rules: Rules, names: dict[str, str], earlier: bool) -> None:
        self.machine, self.rules, self.names, self.earlier = machine, rules, names, earlier
        self.waiting: dict[str, str] = {}
        self.events: list[str] = []
        self.because: dict[str, str] = {}
        self.evidence: dict[str, list[Evidence]] = {}
        self.gaps: dict[str, list[Gap]] = {}

    def add(self, card: Interface) -> None:
        """What udev does for one card: its rule, else the generator, then the renaming."""
        kernel = self.names[card.devpath]
        devices = _Devices(self.machine, card, kernel)
        rule = self._rule(card, devices)
        if rule is not None:
            wanted = rule.name
            words = f"rule in line {rule.line} says {wanted}"
            self._note(card, words, "used")
        else:
            wanted, words = self._generate(card, kernel, devices)
        self.because[card.devpath] = words
        self.events.append(f"{kernel} ({card.mac or 'no address'}): {words}")
        if wanted != kernel:
            self._rename(card, wanted)

    def retry(self) -> None:
        """Those that wait for a name get it as soon as it is free (udev looked 20 times a second)."""
        moved = True
        while moved and self.waiting:
            moved = False
            for path, wanted in list(self.waiting.items()):
                if wanted not in self.names.values():
                    self.events.append(f"{self.names[path]} → {wanted}: it is free now")
                    self.names[path] = wanted
                    del self.waiting[path]
                    moved = True

    def give_up(self) -> None:
        """What still waits keeps the name that it stepped aside to."""
        for path, wanted in self.waiting.items():
            words = f"{wanted} is not freed within 90 seconds: it stays {self.names[path]}"
            self.events.append(words)
            self.because[path] += f"; {words}"

    def _rename(self, card: Interface, wanted: str) -> None:
        now = self.names[card.devpath]
        if wanted not in self.names.values():
            self.events.append(f"{now} → {wanted}")
            self.names[card.devpath] = wanted
            return
        aside = f"rename{card.ifindex if card.ifindex is not None else ''}"
        self.events.append(f"{now} → {aside}: {wanted} is taken, it steps aside and waits")
        self.names[card.devpath] = aside
        self.waiting[card.devpath] = wanted

    def _rule(self, card: Interface, devices: _Devices) -> Rule | None:
        """The last rule that holds: a later NAME= overwrites an earlier one."""
        found = None
        for rule in self.rules.rules:
            lacking = [m.key for m in rule.matches if m.key in ATTRIBUTES and devices.own(m.key) is None]
            if not rule.holds(devices.values, lacking):
                continue
            if rule.unknown or lacking:
                keys = ", ".join((*rule.unknown, *lacking))
                gap = Gap(f"line {rule.line}", f"its condition {keys} cannot be told here: it may say {rule.name}")
                self.gaps.setdefault(card.devpath, []).append(gap)
                continue
            found = rule
            if rule.final:
                break
        return found

    def _generate(self, card: Interface, kernel: str, devices: _Devices) -> tuple[str, str]:
        """A card that no rule names: the name it keeps or gets, and why; a rule is written if it may have one."""
        matches, why = self._conditions(card, kernel, devices)
        if matches is None:
            self._note(card, why, "refused")
            return kernel, f"no rule is written: {why}"
        base = re.sub(r"[0-9].*", "", kernel)
        name, words = kernel, f"new: a rule for {kernel} is written"
        if self.rules.has(kernel):
            name = f"{base}{max(self.rules.units(base), default=-1) + 1}"
            words = f"new, and {kernel} belongs to another card's rule: a rule for {name} is written"
        self._note(card, words, "used")
        comment = f"{devices.comment} ({card.driver})"
        self.rules = self.rules.with_rule(comment, rule_text([*matches, ("KERNEL", f"{base}*")], name))
        return name, words

    def _conditions(self, card: Interface, kernel: str, devices: _Devices) -> tuple[list[tuple[str, str]] | None, str]:
        """What the rule for this card asks for; None and why, if the generator leaves it out."""
        address = (card.mac or "").lower()
        if not any(fnmatch.fnmatchcase(kernel, pattern) for pattern in WATCHED):
            return None, f"{kernel} is no name that the generator looks at"
        if card.bus == "xen":
            return None, "a virtual interface of Xen"
        if address[:8] in VIRTUAL and not self.earlier:
            return None, f"{address[:8]} is an address of {VIRTUAL[address[:8]]}"
        if card.driver is None:
            return None, "it has no driver"
        kind = _stated(devices, "ATTR{type}")
        if card.bus == "ccwgroup":
            return [("DRIVERS", card.driver), ("KERNELS", card.bus_path or ""), *kind], ""
        matches = [("DRIVERS", "?*"), ("ATTR{address}", address)]
        if address[:8] in TRUSTED and not self.earlier:
            return [*matches, *kind], ""
        if card.driver != "ibmveth":
            if not address or address == EMPTY:
                return None, "it has no address"
            if _LOCAL.match(address):
                return None, f"{address} is locally administered: the next boot may bring another"
        ports = [] if self.earlier else _stated(devices, "ATTR{dev_id}")
        return [*matches, *ports, *kind], ""

    def _note(self, card: Interface, rule: str, verdict: Verdict) -> None:
        made = Evidence(f"{card.devpath}/address", card.mac, rule, verdict if card.mac else "unreadable")
        self.evidence.setdefault(card.devpath, []).append(made)


def _stated(devices: _Devices, key: str) -> list[tuple[str, str]]:
    """The condition on `key` as the interface has it, if it has it."""
    value = devices.own(key)
    return [] if not value else [(key, value)]


class _Devices:
    """What the keys of a rule have on a card at the moment it is added: on the interface, and on each device above."""

    def __init__(self, machine: Machine, card: Interface, kernel: str) -> None:
        self.tree, self.card, self.kernel = machine.tree, card, kernel
        self.above = []
        place = parent_device(self.tree, card.devpath)
        while place is not None:
            self.above.append(place)
            place = parent_device(self.tree, place)

    @property
    def values(self) -> list[Values]:
        """The interface first, then upwards."""
        first = self.above[0] if self.above else None
        return [self.own, *(functools.partial(self._held, path, path == first) for path in self.above)]

    def own(self, key: str) -> str | None:
        """What `key` has on the interface itself."""
        attribute = _ATTRIBUTE.fullmatch(key)
        if attribute is None:
            return {"SUBSYSTEM": "net", "ACTION": "add", "DRIVERS": ""}.get(key, self.kernel)
        return self.card.mac if attribute[1] == "address" else self.tree.text(f"{self.card.devpath}/{attribute[1]}")

    def _held(self, path: str, direct: bool, key: str) -> str | None:
        """What `key` has on the device `path` above."""
        if key == "DRIVERS":
            known = self.card.driver if direct else None
            return self.tree.links.get(f"{path}/driver", "").rpartition("/")[2] or known or ""
        attribute = _ATTRIBUTE.fullmatch(key)
        return path.rpartition("/")[2] if attribute is None else self.tree.text(f"{path}/{attribute[1]}")

    @property
    def comment(self) -> str:
        """What the generator says of the card above its rule."""
        for path in self.above:
            if subsystem(self.tree, path) == "pci":
                ids = (self.tree.text(f"{path}/{name}") or "?" for name in ("vendor", "device"))
                return f"PCI device {':'.join(ids)}"
        return f"{self.card.bus or 'net'} device"
