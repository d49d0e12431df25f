"""Format `link`: a `.link` file for each card, asked before 99-default.link (systemd.link(5))."""

from __future__ import annotations

import functools
from collections.abc import Sequence

from lab.naming.link.file import LinkFile, parse
from lab.naming.link.folders import FOLDERS
from lab.naming.model import Machine
from lab.naming.pin.rule import MARK, InPlace, Rule, RuleFile
from lab.naming.schemes.flags import Scheme

__all__ = ["in_place", "refuses", "render"]


def refuses(rule: Rule) -> str:
    """Why this format cannot hold `rule`; it always can."""
    return ""


def render(rules: Sequence[Rule], scheme: Scheme) -> tuple[RuleFile, ...]:
    """A file for each rule. It replaces the file that applied before, so it repeats that one's other settings."""
    return tuple(RuleFile(f"10-{rule.name}.link", _text(rule), FOLDERS[0]) for rule in rules)


def _text(rule: Rule) -> str:
    key = rule.key
    word = "Path" if key.kind == "path" else "PermanentMACAddress" if key.permanent else "MACAddress"
    lines = [MARK, f"# Without it: {rule.why}", f"# The key: {key.why}", "[Match]", f"{word}={key.value}"]
    lines += [f"Type={key.type}"] if key.type else []
    lines += ["", "[Link]", f"Name={rule.name}"]
    if rule.altnames_policy:
        lines.append(f"AlternativeNamesPolicy={' '.join(rule.altnames_policy)}")
    if rule.replaced is not None:
        lines += [f"AlternativeName={name}" for name in rule.replaced.altnames]
        lines += [f"{setting}={value}" for setting, value in rule.replaced.settings]
    return "\n".join(lines) + "\n"


def in_place(files: Sequence[RuleFile], machine: Machine, links: Sequence[LinkFile], scheme: Scheme) -> InPlace:
    """The `.link` files with ours among them: their texts are read again, as systemd will."""
    ours = [_parsed(f"{f.belongs}/{f.name}", f.text, scheme.release) for f in files]
    hidden = {link.file_name for link in ours}
    everything = [*(link for link in ours if not link.empty), *(link for link in links if link.file_name not in hidden)]
    return InPlace(sorted(everything, key=lambda link: link.file_name.encode()))


@functools.lru_cache(maxsize=1024)  # the proof reads the same files again and again
def _parsed(path: str, text: str, release: int) -> LinkFile:
    return parse(path, [(path, text)], release)
