"""From which device of the machine did a name come: the devices as a tree, with what was read at each of them."""

from __future__ import annotations

import dataclasses
import posixpath
from collections.abc import Iterator, Mapping
from typing import Annotated

from lab.core.errors import printable
from lab.core.scenario import Parameter, Preset, check
from lab.core.table import Table
from lab.naming.choice import POLICY_WORDS, Choice, choose
from lab.naming.model import Machine
from lab.naming.scenario import DEFAULT, OLDEST
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme
from lab.naming.schemes.pci import modalias_subclass
from lab.naming.schemes.releases import release
from lab.naming.schemes.slot import SLOTS
from lab.naming.sources import open_source
from lab.naming.trace import Candidate, Evidence
from lab.naming.tree import Tree, subsystem
from lab.naming.why import MARK, why_line

__all__ = ["PRESETS", "Node", "Topology", "TreeScenario", "topology"]

FROM = {
    "ONBOARD": "the firmware's index",
    "SLOT": "a slot number",
    "PATH": "the PCI address",
    "MAC": "the hardware address",
    "kernel": "the order of probing",
    "persistent": "a rule that udev wrote on the disk",
    "biosdevname": "what the firmware tells biosdevname",
    "all_ethN": "the order of the buses",
}
# The attributes that make or refuse a name, by policy; the rest only shape it.
DECISIVE = {
    "ONBOARD": ("acpi_index", "index"),
    "SLOT": ("sun", "function_id", "address", "slots"),
    "PATH": (),
    "MAC": ("addr_assign_type", "address"),
    "kernel": ("ifindex", "name_assign_type"),
}
TOKEN = {"used": "good", "refused": "bad", "unreadable": "idle"}
# PCI class and subclass as the modalias writes them (include/linux/pci_ids.h)
CLASS = {"0200": "Ethernet card", "0604": "PCI bridge", "0280": "network card", "0600": "host bridge"}


@dataclasses.dataclass(frozen=True, slots=True)
class TreeScenario:
    """One machine, and how its cards are named."""

    machine: Annotated[str, Parameter("a bundled recording (09b), a sysfs tarball or folder, or a udev database")] = (
        "t09b-card-added"
    )
    policy: Annotated[str, Parameter("who names", choices=POLICY_WORDS)] = "default"
    scheme: Annotated[
        str,
        Parameter("the naming scheme; default is the newest that the systemd knows", choices=(DEFAULT, *SCHEMES)),
    ] = DEFAULT
    systemd: Annotated[
        int, Parameter("the release of systemd that names", low=OLDEST, high=RELEASE, label="systemd release")
    ] = RELEASE

    def __post_init__(self) -> None:
        """Refuse an unknown policy or scheme."""
        check(self)

    @property
    def rules(self) -> Scheme:
        """The scheme as its release of systemd applies it; raises `LabError` if the release does not know it."""
        known = release(self.systemd)
        return known.scheme(known.default if self.scheme == DEFAULT else self.scheme)


PRESETS = (
    Preset("N1", "two cards behind root ports", TreeScenario(), "The name is the PCI address; slot 0 does not count."),
    Preset("N3", "two cards in slots", TreeScenario("t04-slots-pciehp"), "The name is the slot's number."),
    Preset("N5", "a bridge in a slot", TreeScenario("t13-bridge-in-slot"), "A bridge's slot names no card (v247 on)."),
)


@dataclasses.dataclass(frozen=True, slots=True)
class Node:
    """A line of the tree: `key` is its path, `label` its own name, `note` what it is.

    `token` and `mark` say what the rules made of it (see the palette), "" for nothing special; `opened`: its
    children are shown at first.
    """

    key: str
    label: str
    note: str
    token: str = ""
    mark: str = ""
    children: tuple[Node, ...] = ()
    opened: bool = True

    def walk(self, depth: int = 0, folded: bool = False) -> Iterator[tuple[int, Node]]:
        """This node and all below it, top to bottom, with their depth; `folded`: without what is closed at first."""
        yield depth, self
        if self.opened or not folded:
            for child in self.children:
                yield from child.walk(depth + 1, folded)


@dataclasses.dataclass(frozen=True, slots=True)
class Topology:
    """The answer: `headline`, the `roots` of the tree, and by devpath what each card is called."""

    headline: str
    roots: tuple[Node, ...]
    choices: Mapping[str, Choice]

    def lines(self, folded: bool = False) -> Iterator[tuple[int, Node]]:
        """Every node with its depth; `folded`: as the tree opens."""
        for root in self.roots:
            yield from root.walk(folded=folded)

    def near(self, key: str) -> tuple[Choice, ...]:
        """The cards at, below or above the device or attribute `key`; all cards if there are none."""
        place = key.partition("#")[0]
        below = [c for path, c in self.choices.items() if path == place or path.startswith(f"{place}/")]
        above = [c for path, c in self.choices.items() if place.startswith(f"{path}/")]
        sharing = [c for c in self.choices.values() if any(e.path == place for a in c.asked for e in a.evidence)]
        return tuple(below or above or sharing or self.choices.values())

    def why(self, key: str) -> str:
        """Where the name of the first card near `key` comes from."""
        found = self.near(key)
        return why_line(found[0]) if found else "There is no card on this machine."

    def to_table(self) -> Table:
        """The tree as rows."""
        rows = tuple((depth, node.label, node.note, node.mark, node.key) for depth, node in self.lines())
        return Table(
            ("depth", "device or attribute", "what it is", "mark", "path"), rows, self.headline.replace("`", "")
        )

    def to_text(self) -> str:
        """The tree for a terminal."""
        return "\n".join(
            printable(f"{'  ' * depth}{f'{node.mark} ' if node.mark else ''}{node.label}  {node.note}".rstrip())
            for depth, node in self.lines()
        )


def topology(scenario: TreeScenario, opened: Machine | None = None) -> Topology:
    """The devices above every card of the scenario's machine, and what the rules read there.

    `opened`: that machine, if it has been read already.
    """
    machine = opened or open_source(scenario.machine)
    choices = choose(machine, scenario.policy, scenario.rules)
    devices: dict[str, None] = {}
    decisive: dict[str, list[Node]] = {}
    for path, choice in choices.items():
        above = _above(machine.tree, path)
        devices.update(dict.fromkeys(above))
        for candidate in choice.asked:
            item = _decided(candidate)
            if item is None:
                continue
            holder = next((p for p in above if item.path == p or item.path.startswith(f"{p}/")), SLOTS)
            node = _attribute(holder, candidate.policy, item)
            held = decisive.setdefault(holder, [])
            if all(other.key != node.key for other in held):
                held.append(node)
    return Topology(_headline(choices), _roots(machine.tree, sorted(devices), decisive, choices), choices)


def _above(tree: Tree, path: str) -> list[str]:
    """The interface at `path` and every device above it, up to the root bus, which a udev database does not list."""
    found = [path]
    place = path.rpartition("/")[0]
    while place and place != "/devices":
        if f"{place}/uevent" in tree.files or place.rpartition("/")[2].startswith("pci"):
            found.append(place)
        place = place.rpartition("/")[0]
    return found


def _decided(candidate: Candidate) -> Evidence | None:
    """The attribute that made or refused the name, None if none was there to do so."""
    wanted = DECISIVE.get(candidate.policy, ())
    found = [e for e in candidate.evidence if e.verdict != "unreadable" and (not wanted or _ends(e, wanted))]
    return found[-1] if found else None


def _ends(item: Evidence, wanted: tuple[str, ...]) -> bool:
    return any(item.path.endswith(f"/{end}") for end in wanted) or item.value == item.path.rpartition("/")[2]


def _roots(
    tree: Tree, devices: list[str], decisive: Mapping[str, list[Node]], choices: Mapping[str, Choice]
) -> tuple[Node, ...]:
    def build(path: str) -> Node:
        below = [p for p in devices if p.startswith(f"{path}/")]
        direct = [p for p in below if not any(p.startswith(f"{q}/") for q in below)]
        own = [n for n in decisive.get(path, ()) if n.key.partition("#")[0] != path]
        itself = [n for n in decisive.get(path, ()) if n.key.partition("#")[0] == path]
        choice = choices.get(path)
        if choice is not None:
            return _interface(path, choice, tuple(own))
        note = "; ".join([_what(tree, path), *(n.note for n in itself)])
        token, mark = (itself[0].token, itself[0].mark) if itself else ("", "")
        return Node(path, path.rpartition("/")[2], note, token, mark, (*own, *(build(p) for p in direct)))

    tops = [p for p in devices if not any(p.startswith(f"{q}/") for q in devices)]
    found = [build(p) for p in tops]
    if SLOTS in decisive:
        found.append(Node(SLOTS, "bus/pci/slots", "hot-plug slots", children=tuple(decisive[SLOTS])))
    return tuple(found)


def _interface(path: str, choice: Choice, own: tuple[Node, ...]) -> Node:
    """A card's interface: its name, and folded below it everything that was read for it."""
    origin = FROM.get(choice.winner.policy, choice.winner.policy)
    here = f"recorded as {choice.card.ifname}, {choice.card.mac or 'no address'}"
    read: dict[tuple[str, str], Node] = {}
    for candidate in choice.asked:
        for item in candidate.evidence:
            node = _attribute(_near(item), candidate.policy, item)
            read.setdefault((item.path, item.rule), dataclasses.replace(node, key=f"{path}#{len(read)}"))
    group = Node(
        f"{path}#read", "what was read", f"{len(read)} attributes", children=tuple(read.values()), opened=False
    )
    if choice.name is None:
        return Node(path, "no name", here, "idle", "–", (*own, group))
    token, mark = ("bad", "✕") if choice.collides else ("good", "✓")
    note = f"from {origin}; {here}{'; another card is offered the same' if choice.collides else ''}"
    return Node(path, choice.name, note, token, mark, (*own, group))


def _near(item: Evidence) -> str:
    """What a path is shortened by, so that the device's own name stays: "0000:01:00.0/firmware_node/sun"."""
    if item.path.startswith(SLOTS):
        return posixpath.dirname(SLOTS)
    if item.value == posixpath.basename(item.path):  # a device, read by its name
        return posixpath.dirname(item.path)
    device = (
        item.path.partition("/firmware_node/")[0] if "/firmware_node/" in item.path else posixpath.dirname(item.path)
    )
    return posixpath.dirname(device)


def _what(tree: Tree, path: str) -> str:
    """What a device is, from its class and driver."""
    sysname, bus = path.rpartition("/")[2], subsystem(tree, path)
    if sysname.startswith("pci"):
        return "host bridge"
    modalias = tree.text(f"{path}/modalias") or ""
    kind = modalias.rpartition("bc")[2][:2] + (modalias_subclass(modalias) or "")
    what = CLASS.get(kind) if bus == "pci" else None
    driver = tree.links.get(f"{path}/driver", "").rpartition("/")[2]
    words = what or f"{bus} device" if bus else "device"
    return f"{words}, driver {driver}" if driver else words


def _attribute(holder: str, policy: str, item: Evidence) -> Node:
    shown = item.path.removeprefix(holder).strip("/") or item.path.rpartition("/")[2]
    value = "not there" if item.value is None else item.value
    value = value if len(value) <= 24 else f"{value[:23]}…"
    is_itself = item.value == item.path.rpartition("/")[2]
    label = shown if is_itself else f"{shown} = {value}"
    return Node(f"{item.path}#{policy}", label, f"{policy}: {item.rule}", TOKEN[item.verdict], MARK[item.verdict])


def _headline(choices: Mapping[str, Choice]) -> str:
    """Which names come from what: "`enp1s0` and `enp2s0` come from the PCI address."."""
    groups: dict[str, list[str]] = {}
    for choice in choices.values():
        if choice.name:
            groups.setdefault(choice.winner.policy, []).append(f"`{choice.name}`")
    if not groups:
        return "No card of this machine has a name under this policy."
    parts = []
    for policy, names in groups.items():
        listed = " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]
        listed = listed if len(names) <= 4 else f"{len(names)} names"
        parts.append(f"{listed} come{'s' if len(names) == 1 else ''} from {FROM.get(policy, policy)}")
    return f"{', '.join(parts)}."
