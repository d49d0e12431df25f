"""What every rule is asked with."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from lab.symbols.store import Index
from lab.symbols.why.loader import Loader
from lab.symbols.why.module import Module

if TYPE_CHECKING:  # the rules of licences are part of how symbols resolve
    from lab.symbols.why.resolution import Resolution

__all__ = ["Question"]


@dataclasses.dataclass(frozen=True, slots=True)
class Question:
    """May `module` be loaded into the kernel of `index`? `resolved`: where its undefined symbols resolve."""

    module: Module
    index: Index
    loader: Loader
    resolved: tuple[Resolution, ...]
    sig_enforce: bool
