"""The answer in one sentence. Names stand between backticks."""

from __future__ import annotations

from collections.abc import Sequence

from lab.naming.choice import Choice
from lab.naming.row import Row
from lab.naming.scenario import NamingScenario
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme

__all__ = ["headline", "prefix", "rules_said"]

# state -> what no name is: "No card has a PATH name of at most 15 characters."
REFUSED = {"too long": " of at most 15 characters", "no valid name": " that an interface may have"}
# state -> why a card has lost its name
WHY = {"too long": "the new name has more than 15 characters", "no valid name": "the new name is none for an interface"}
LISTED = 3  # names in one sentence; more are counted


def headline(rows: Sequence[Row], scenario: NamingScenario) -> str:
    """What the comparison says, the most dangerous thing first."""
    if not rows:
        return "There is no card on either machine."
    text = prefix(scenario) + _sentence(rows, scenario.policy)
    if not all(row.certain for row in rows) and scenario.policy != "kernel":
        text = f"{text[:-1]} – uncertain, the source lacks something."
    return text


def prefix(scenario: NamingScenario) -> str:
    """What else differs between before and after: "v255 → v257: ", "" if nothing does."""
    old, new = scenario.rules
    if old.release != new.release:
        return f"systemd {old.release} → {new.release}: "
    return f"{old.name} → {new.name}: " if old.name != new.name else ""


def rules_said(scheme: Scheme) -> str:
    """Which rules name: "v261", for another release than the newest with it: "systemd 252, v252"."""
    if scheme.release == RELEASE:
        return scheme.name
    return f"systemd {scheme.release}, {scheme.name}" if scheme.name in SCHEMES else f"systemd {scheme.release}"


def _sentence(rows: Sequence[Row], policy: str) -> str:
    taken = [r for r in rows if r.state == "taken"]
    clash = [r for r in rows if r.state == "collision"]
    changed = [r for r in rows if r.state == "changed"]
    were = sorted({r.before.name for r in rows if r.before and r.before.collides and r.before.name})
    if taken:
        names = [str(r.after.name) for r in taken if r.after]
        old = {r.before.name for r in taken if r.before}
        if len(taken) == 2 and old == set(names):
            return f"{_listed(sorted(names), ' and ')} have changed places."
        return f"{_listed(names)} now {'belongs to another card' if len(names) == 1 else 'belong to other cards'}."
    if clash:
        names = sorted({str(r.after.name) for r in clash if r.after})
        return f"{_listed(names)} {_are(names)} offered to {len(clash)} cards; only one can have it."
    if were:
        count = sum(1 for r in rows if r.before and r.before.collides)
        each = "now each has its own" if all(r.after and r.after.name for r in rows) else "now to none"
        return f"{_listed(were)} {'was' if len(were) == 1 else 'were'} offered to {count} cards; {each}."
    refused = [r for r in rows if r.state in REFUSED and _lost(r)]
    if refused:
        names = [str(r.before.name) for r in refused if r.before]
        words = " or ".join(dict.fromkeys(WHY[r.state] for r in refused))
        now = [str(r.after.name) for r in refused if r.after and r.after.name]
        return f"{_listed(names)} {_are(names)} lost: {words}{f'; now {_listed(now)}' if now else ''}."
    if changed:
        if len(changed) > LISTED:
            return f"{len(changed)} of {len(rows)} cards have a new name."
        olds = [r.before.name for r in changed if r.before and r.before.name]
        news = [str(r.after.name) for r in changed if r.after]
        if len(olds) < len(news):
            fresh = [str(r.after.name) for r in changed if r.after and r.before and not r.before.name]
            return f"{_listed(fresh)} {_are(fresh)} a new name for a card that had no {policy} name."
        return f"{_listed(olds)} {_are(olds)} now called {_listed(news)}."
    return _quiet(rows, policy)


def _quiet(rows: Sequence[Row], policy: str) -> str:
    """Nothing is dangerous: say what is new, gone or nameless."""
    here = [r for r in rows if r.after is not None]
    word = "" if policy == "default" else f" {policy}"
    if (
        here
        and not any(r.before and r.before.name for r in rows)
        and all(r.state in ("no name", *REFUSED) for r in here)
    ):
        limits = [words for state, words in REFUSED.items() if any(r.state == state for r in here)]
        return f"No card has a{'n' if word in (' ONBOARD', ' all_ethN') else ''}{word} name{' or'.join(limits)}."
    parts = []
    lost = [r.before.name for r in here if r.before and r.before.name and not (r.after and r.after.name)]
    if lost:
        parts.append(f"{_listed(lost)} {_are(lost)} gone, the card has no{word} name now")
    if any(r.state == "kept" for r in rows):
        parts.append(
            "every card that has one keeps its name"
            if any(r.state == "no name" for r in rows)
            else "every card keeps its name"
        )
    new = [_called(r.after) for r in rows if r.state == "new" and r.after]
    gone = [_called(r.before) for r in rows if r.state == "gone" and r.before]
    if new:
        parts.append(f"{_listed(new)} {_are(new)} new")
    if gone:
        parts.append(f"{_listed(gone)} {_are(gone)} gone")
    text = "; ".join(parts) or "no card is there after"
    return f"{text[0].upper()}{text[1:]}."


def _lost(row: Row) -> bool:
    """True if the card had a name and has another now, or none."""
    return bool(row.before and row.before.name and row.after and row.after.name != row.before.name)


def _called(choice: Choice) -> str:
    """The name, or where the card sits if it has none."""
    return choice.name or choice.card.bus_path or choice.card.ifname


def _listed(names: Sequence[str], last: str = ", ") -> str:
    if len(names) > LISTED:
        return f"{len(names)} names"
    return last.join(f"`{name}`" for name in names)


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"
