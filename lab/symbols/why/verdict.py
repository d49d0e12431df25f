"""The rules joined: does the kernel load the module, and every reason why not."""

from __future__ import annotations

import dataclasses

from lab.symbols.bulk.source import Data
from lab.symbols.store import Index
from lab.symbols.why.finding import Finding, Note, Reason, Uncertain
from lab.symbols.why.loader import loader_of
from lab.symbols.why.module import Module, read_module
from lab.symbols.why.question import Question
from lab.symbols.why.resolution import Resolution, resolve

__all__ = ["NEEDS", "Verdict", "can_tell", "judge", "why"]


@dataclasses.dataclass(frozen=True, slots=True)
class Verdict:
    """What the kernel does with a module.

    `reasons`: all that refuse it, in the order in which load_module() meets them; it stops at the first stage, here
    the rules of the later ones are asked all the same, as far as the file can be read (`Module.unread`). "loads"
    means that the loader takes it: its own init function may still fail, for want of hardware for example.
    `uncertain`: what the index cannot tell. `notes`: what the kernel says without refusing. `resolved`: where each
    undefined symbol resolves; empty where the file does not tell.
    """

    module: Module
    index: str
    kernel: str
    reasons: tuple[Reason, ...]
    uncertain: tuple[Uncertain, ...]
    notes: tuple[Note, ...]
    resolved: tuple[Resolution, ...]

    @property
    def loads(self) -> bool:
        """Whether nothing refuses it."""
        return not self.reasons

    @property
    def word(self) -> str:
        """The verdict in one word: loads or refused."""
        return "loads" if self.loads else "refused"

    @property
    def headline(self) -> str:
        """The verdict as a sentence."""
        kernel = self.kernel or self.index
        if self.loads:
            return f"{self.module.name} loads on {kernel}: {len(self.resolved):,} symbols asked for, nothing refuses it"
        kinds = dict.fromkeys(r.kind for r in self.reasons)
        return f"{self.module.name} is refused by {kernel}: {', '.join(kinds)}"


# kind of a reason -> the parts of a module without which its rule would say what is not so
NEEDS: dict[str, frozenset[str]] = {
    "vermagic": frozenset({"modinfo", "versions"}),
    "missing": frozenset({"undefined"}),
    "gpl-only": frozenset({"modinfo", "undefined"}),
    "license": frozenset({"modinfo", "undefined"}),
    "crc": frozenset({"versions"}),
    "namespace": frozenset({"modinfo", "undefined"}),
    "duplicate": frozenset({"exports"}),
    "built-in": frozenset({"modinfo"}),
}


def can_tell(kind: str, module: Module) -> bool:
    """Whether what the rule `kind` looks at could be read of `module`."""
    return module.unread.isdisjoint(NEEDS.get(kind, ()))


def why(data: Data, source: str, index: Index, *, form: str = "", sig_enforce: bool = False) -> Verdict:
    """Whether the kernel of `index` loads the unpacked module `data`, and why not.

    `source`: its path or the name of the upload; `form`: how it was packed. `sig_enforce`: the kernel insists on
    signatures. Raises `LabError` for what is no ELF file, and for a damaged index.
    """
    return judge(read_module(data, source, form), index, sig_enforce=sig_enforce)


def judge(module: Module, index: Index, *, sig_enforce: bool = False) -> Verdict:
    """`why` for a module that was read before."""
    from lab.symbols.why import RULES

    asked = Question(module, index, loader_of(index), resolve(module, index), sig_enforce)
    found: list[Finding] = [f for kind, rule in RULES.items() if can_tell(kind, module) for f in rule(asked)]
    return Verdict(
        module=module,
        index=index.path,
        kernel=index.kernel.release,
        reasons=tuple(sorted((f for f in found if isinstance(f, Reason)), key=lambda r: (r.stage, r.place))),
        uncertain=tuple(f for f in found if isinstance(f, Uncertain)),
        notes=tuple(f for f in found if isinstance(f, Note)),
        resolved=asked.resolved,
    )
