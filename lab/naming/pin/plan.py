"""The smallest set of rules that keeps the names of a machine, proved by deciding again with the rules in place."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from types import ModuleType

from lab.core.errors import LabError
from lab.naming.link.decide import Decision
from lab.naming.link.environment import UNKNOWN, Environment
from lab.naming.link.file import LinkFile
from lab.naming.model import Machine
from lab.naming.pin import kernel_command_line, link_files, netplan, networkmanager, udev_rules
from lab.naming.pin.answer import Pin, Pinned, PinRow, pin_headline
from lab.naming.pin.case import Case, renames
from lab.naming.pin.fewer import smallest, without_each
from lab.naming.pin.names import CURRENT, identity
from lab.naming.pin.rule import Rule, RuleFile
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.releases import release

__all__ = ["FORMATS", "ONLY", "plan"]

# format -> its file; "cmdline" names no card and stands alone
FORMATS: dict[str, ModuleType | None] = {
    "link": link_files,
    "udev": udev_rules,
    "networkmanager": networkmanager,
    "netplan": netplan,
    "cmdline": None,
}
ONLY = ("changed", "all")


def plan(
    machine: Machine,
    target: Scheme,
    *,
    after: Machine | None = None,
    names: str = CURRENT,
    old: Scheme | None = None,
    form: str = "link",
    only: str = "changed",
    links: Sequence[LinkFile] | None = None,
    environment: Environment = UNKNOWN,
) -> Pin:
    """The rules which keep the `names` of `machine` under `target` (a scheme as one release of systemd applies it).

    `after`: the machine as it will be (other cards, other firmware), else the same one. `names`: see `names_to_keep`;
    `old`: the scheme that gives the current names (None: they are as recorded). `form`: a word of `FORMATS`. `only`:
    "changed" writes a rule only where without it a name would change, collide or be uncertain; "all" for every card.
    The rules of "changed" are the smallest choice (see `smallest`); each is taken out once more to say what it is for.
    `links`: the target's own `.link` files (default: those that systemd brings). Raises `LabError` for a name that is
    written out and cannot be given, and if the format cannot keep any of the names that change.
    """
    if form not in FORMATS or only not in ONLY:
        raise LabError(f"pin: {form!r} with {only!r} is unknown; formats are {', '.join(FORMATS)}")
    case = Case.of(machine, after or machine, target, names, old, links, environment)
    bare = case.decided([])
    lost = case.lost(bare)
    alternative = case.scheme_that_keeps(target) if lost else ""
    format_ = FORMATS[form]
    if format_ is None:
        return _by_command_line(case, bare, lost, alternative)
    rules, refused = case.rules(format_, every=only == "all")
    if only == "changed":
        rules = smallest(case, format_, rules)
    needed = without_each(case, format_, rules)
    proofs = tuple(Pinned(rule, why) for rule, why in zip(rules, needed, strict=True))
    return _answer(case, form, format_, bare, proofs, refused, alternative)


def _by_command_line(case: Case, bare: Mapping[str, Decision], lost: Mapping[str, str], alternative: str) -> Pin:
    if lost and not alternative:
        why = next(iter(lost.values())).replace("`", "")
        raise LabError(
            f"--format cmdline: no scheme of systemd {case.scheme.release} keeps all names ({why}); use --format link"
        )
    files: tuple[RuleFile, ...] = ()
    pinned = bare
    if lost:
        scheme = release(case.scheme.release).scheme(alternative)
        files, pinned = kernel_command_line.render(scheme), case.decided([], None, scheme)
    return _finished(case, "cmdline", files, (), _rows(case, bare, pinned, {}, {}, "pinned"), (), alternative, True)


def _answer(
    case: Case,
    form: str,
    format_: ModuleType,
    bare: Mapping[str, Decision],
    proofs: tuple[Pinned, ...],
    refused: Mapping[str, str],
    alternative: str,
) -> Pin:
    rules = [p.rule for p in proofs]
    pinned = case.decided(rules, format_)
    named = renames(format_)
    by_path = {rule.card.devpath: rule for rule in rules}
    rows = _rows(case, bare, pinned, by_path, refused, "pinned" if named else "follows")
    files = format_.render(rules, case.scheme)
    names = tuple((case.kept[path], why) for path, why in refused.items() if path in case.kept)
    return _finished(case, form, files, proofs, rows, names, alternative, named)


def _finished(
    case: Case,
    form: str,
    files: tuple[RuleFile, ...],
    proofs: tuple[Pinned, ...],
    rows: tuple[PinRow, ...],
    refused: tuple[tuple[str, str], ...],
    alternative: str,
    renames: bool,
) -> Pin:
    target = f"systemd {case.scheme.release} ({case.scheme.name})"
    pin = Pin(form, target, files, proofs, rows, refused, alternative, renames, "")
    return dataclasses.replace(pin, headline=pin_headline(pin))


def _rows(
    case: Case,
    bare: Mapping[str, Decision],
    pinned: Mapping[str, Decision],
    rules: Mapping[str, Rule],
    refused: Mapping[str, str],
    word: str,
) -> tuple[PinRow, ...]:
    rows = []
    old, new = identity(case.before), identity(case.machine)
    for key in (*old, *(k for k in new if k not in old)):
        path = new.get(key)
        now = case.now.get(old[key]) if key in old else None
        if path is None:
            gone = next(c for c in case.before.cards if c.devpath == old[key])
            rows.append(PinRow(key, gone.driver, gone.bus_path, now, None, None, "gone", "the card is not there"))
            continue
        card = case.card(path)
        note = rules[path].why if path in rules else bare[path].why
        state = "new" if now is None else "kept"
        if path in rules:
            state = word if now is not None else "moved aside"
        elif path in refused:
            state, note = "refused", refused[path]
        elif pinned[path].name != bare[path].name:
            state = word
        rows.append(PinRow(key, card.driver, card.bus_path, now, bare[path], pinned[path], state, note))
    return tuple(rows)
