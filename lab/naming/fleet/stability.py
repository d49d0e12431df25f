"""How stable names are over a fleet: the names that each role has, and how many ports have the usual one.

Stability under a scheme is the share of all ports (of all hosts) whose name is the one that most ports of the same role
have. A port without a name counts, but "no name" is no name that could be the usual one.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from lab.core.table import Table
from lab.naming.fleet.answer import WORDS
from lab.naming.fleet.columns import Fleet

__all__ = ["Census", "Renames", "Role"]

LISTED = 4  # names in one cell


@dataclasses.dataclass(frozen=True, slots=True)
class Role:
    """One physical port over all hosts that have it (`hosts`), of one `model` or of all ("").

    `names`: by word (default, ONBOARD, ...) and scheme, how many hosts have which name; None for no name. Names made
    from the host's own address are not listed (every host has another): they count as None, and `own` says by word
    and scheme how many there are and how many the most frequent one of them has.
    """

    model: str
    role: str
    hosts: int
    names: Mapping[str, tuple[Mapping[str | None, int], ...]]
    own: Mapping[str, tuple[tuple[int, int], ...]]

    def usual(self, word: str, scheme: int) -> tuple[str | None, int]:
        """The name that most hosts have, and how many; (None, n) where it is one made from an address, or none is."""
        known = [(count, name) for name, count in self.names[word][scheme].items() if name is not None]
        count, name = max(known, key=lambda item: (item[0], item[1]), default=(0, None))
        most = self.own[word][scheme][1]
        return (name, count) if count >= most else (None, most)

    def distinct(self, word: str, scheme: int) -> int:
        """How many names there are; those made from addresses count once for each host."""
        return sum(name is not None for name in self.names[word][scheme]) + self.own[word][scheme][0]

    def to_json(self, schemes: Sequence[str]) -> dict[str, Any]:
        """The names by scheme and word: how many hosts have which, none, or one made from an address."""
        return {
            "model": self.model or None,
            "role": self.role,
            "hosts": self.hosts,
            "names": {scheme: {word: self._counted(word, i) for word in WORDS} for i, scheme in enumerate(schemes)},
        }

    def _counted(self, word: str, scheme: int) -> dict[str, Any]:
        counts, own = self.names[word][scheme], self.own[word][scheme][0]
        known = {name: count for name, count in counts.items() if name is not None}
        return {"names": known, "no_name": counts.get(None, 0) - own, "from_mac": own}


@dataclasses.dataclass(frozen=True, slots=True)
class Renames:
    """A step from one scheme to the next: `ports` on `hosts` get another default name, most often `before` -> `after`.

    The example is None where no port does.
    """

    old: str
    new: str
    ports: int
    hosts: int
    before: str | None = None
    after: str | None = None


@dataclasses.dataclass(frozen=True, slots=True)
class Census:
    """The count of a fleet, by scheme in order.

    `stability`: by word, 0 to 1. By default policy: the (hosts, ports) with a collision (`collisions`), those offered a
    name that is `too_long`, and the ports whose name is `uncertain`.
    """

    fleet: Fleet
    by: str
    roles: tuple[Role, ...]
    stability: Mapping[str, tuple[float, ...]]
    collisions: tuple[tuple[int, int], ...]
    too_long: tuple[tuple[int, int], ...]
    uncertain: tuple[int, ...]
    renames: tuple[Renames, ...]

    @property
    def schemes(self) -> tuple[str, ...]:
        """The names of the schemes."""
        return tuple(scheme.name for scheme in self.fleet.schemes)

    @property
    def headline(self) -> str:
        """What the count says, in one sentence, under the newest scheme asked for."""
        fleet, newest = self.fleet, self.schemes[-1]
        many = "host" if fleet.hosts == 1 else "hosts"
        text = f"{fleet.hosts:,} {many}: under {newest} {_percent(self.stability['default'][-1])} of the ports have the"
        text += " name that is usual for their place"
        if hosts := self.collisions[-1][0]:
            text += f", {hosts:,} {'host offers' if hosts == 1 else 'hosts offer'} one name to two cards"
        step = max(self.renames, key=lambda r: r.ports, default=None)
        if step is not None and step.ports:
            text += f"; {step.old} → {step.new} renames {step.ports:,} ports on {step.hosts:,} hosts"
        return f"{text}."

    def least_stable(self, scheme: int = -1) -> tuple[Role, ...]:
        """The roles, that with the most ports beside its usual default name under scheme number `scheme` first."""
        return tuple(sorted(self.roles, key=lambda role: role.usual("default", scheme)[1] - role.hosts))

    def to_table(self, scheme: int = -1, most: int | None = None) -> Table:
        """A row for each role: its usual name under scheme number `scheme` and the default policy, and the others.

        `most`: only so many, the least stable ones first.
        """
        rows = []
        for role in self.roles if most is None else self.least_stable(scheme)[:most]:
            name, hosts = role.usual("default", scheme)
            others = sorted(role.names["default"][scheme].items(), key=lambda item: (-item[1], str(item[0])))
            told = [f"{other or 'no name'} ({count:,})" for other, count in others if other != name and count]
            rows.append(
                (
                    *((role.model,) if self.by != "all" else ()),
                    role.role,
                    role.hosts,
                    name,
                    round(100 * hosts / role.hosts, 1),
                    role.distinct("default", scheme),
                    ", ".join(told[:LISTED]) + (f" and {len(told) - LISTED} more" if len(told) > LISTED else "")
                    or None,
                )
            )
        columns = ("port", "hosts", "usual name", "share (%)", "names", "other names (hosts)")
        caption = f"names by port under {self.schemes[scheme]} and the default policy, {self.fleet.hosts:,} hosts"
        return Table((("model",) if self.by != "all" else ()) + columns, tuple(rows), caption)

    def scheme_table(self) -> Table:
        """A row for each run of schemes that count alike: stability by policy, what goes wrong, what was renamed."""
        rows: list[tuple[str | int | float, ...]] = []
        for i, name in enumerate(self.schemes):
            step = self.renames[i - 1] if i else None
            cells: tuple[int | float, ...] = (
                *(round(100 * self.stability[word][i], 1) for word in WORDS),
                self.collisions[i][0],
                self.too_long[i][1],
                self.uncertain[i],
            )
            moved = (step.ports, step.hosts) if step else (0, 0)
            if rows and rows[-1][1 : 1 + len(cells)] == cells and not moved[0]:
                rows[-1] = (f"{str(rows[-1][0]).partition('–')[0]}–{name}", *rows[-1][1:])
            else:
                rows.append((name, *cells, *moved))
        columns = ("scheme", *(f"{word} (%)" for word in WORDS), "hosts with a collision", "ports too long",
                   "ports uncertain", "ports renamed", "on hosts")  # fmt: skip
        caption = "stability: ports that have the usual name of their place; renamed: against the scheme before"
        return Table(columns, tuple(rows), caption)

    def to_json(self) -> dict[str, Any]:
        """Everything counted, for scripts."""
        fleet = self.fleet
        return {
            "headline": self.headline,
            "source": fleet.source,
            "systemd": fleet.release,
            "hosts": fleet.hosts,
            "ports": fleet.ports,
            "shapes": len(fleet.shapes),
            "by": self.by,
            "bad": {"lines": fleet.bad_count, "first": fleet.bad},
            "schemes": [
                {
                    "scheme": name,
                    "stability": {word: self.stability[word][i] for word in WORDS},
                    "collisions": dict(zip(("hosts", "ports"), self.collisions[i], strict=True)),
                    "too_long": dict(zip(("hosts", "ports"), self.too_long[i], strict=True)),
                    "uncertain": self.uncertain[i],
                }
                for i, name in enumerate(self.schemes)
            ],
            "renames": self.renames,
            "roles": [role.to_json(self.schemes) for role in self.roles],
        }


def _percent(share: float) -> str:
    """A share in percent; "100 %" only if it is all."""
    return f"{min(100 * share, 100 if share == 1 else 99.9):.3g} %"
