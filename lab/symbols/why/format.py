"""format: an ELF file, but not one that the loader takes for a module."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import HEADERS, SIGNATURE, Finding, Reason
from lab.symbols.why.question import Question

__all__ = ["format"]


def format(asked: Question) -> Iterator[Finding]:
    """A broken signature (mod_check_sig()), broken or missing headers (elf_validity_check())."""
    module = asked.module
    if module.trailer.damage:
        yield Reason("format", None, f"its signature is broken: {module.trailer.damage}", SIGNATURE)
    if module.damage:
        yield Reason("format", None, module.damage, HEADERS, 1)
