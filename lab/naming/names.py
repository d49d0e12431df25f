"""Every interface of one machine with the names that each policy gives it: what `show` and the notebook list."""

from __future__ import annotations

from lab.core.errors import printable
from lab.core.table import Table
from lab.naming.model import Interface, Machine
from lab.naming.schemes import POLICIES, predict
from lab.naming.schemes.flags import NEWEST, SCHEMES, Scheme, scheme
from lab.naming.trace import Candidate

__all__ = ["names", "names_table", "own_scheme", "title"]


def own_scheme(machine: Machine) -> Scheme:
    """The scheme under which `machine` is looked at: the newest, for a udev database the one it was recorded under."""
    recorded = _recorded(machine)
    if not recorded:
        return scheme(NEWEST)
    return SCHEMES.get(recorded[-1]) or Scheme(recorded[-1], frozenset())  # a distribution's own: recorded names only


def names(machine: Machine, under: Scheme) -> tuple[tuple[Interface, dict[str, Candidate]], ...]:
    """Every interface but lo, with what each policy gives it under the scheme `under`."""
    return tuple((i, dict(predict(machine, i, under))) for i in machine.interfaces if not i.is_loopback)


def names_table(machine: Machine, under: Scheme) -> Table:
    """`names` as rows; a question mark stands where the source lacks something that could change the name."""
    rows = tuple(
        (i.ifname, i.kind, i.mac, i.driver, i.bus_path, *map(_cell, offered.values()))
        for i, offered in names(machine, under)
    )
    return Table(("name now", "kind", "MAC", "driver", "bus path", *POLICIES), rows, title(machine, under))


def title(machine: Machine, under: Scheme) -> str:
    """Which machine it is, what it was read from, and under which scheme it is named."""
    start = printable(f"{machine.name} ({machine.source})")
    if not machine.recorded:
        return f"{start}, names under {under.name}"
    schemes = printable(", ".join(_recorded(machine))) or "no scheme"
    if under.name not in _recorded(machine):
        return f"{start}, recorded by udev under {schemes}; names under {under.name} as far as can be told"
    return f"{start}, names recorded by udev under {schemes}"


def _recorded(machine: Machine) -> list[str]:
    return sorted({r.scheme for r in machine.recorded.values() if r.scheme})


def _cell(candidate: Candidate) -> str | None:
    return f"{candidate.name or ''}{'' if candidate.certain else ' ?'}".strip() or None
