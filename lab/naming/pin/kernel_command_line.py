"""Format `cmdline`: one word on the kernel's command line, `net.naming_scheme=v255`, for the whole machine."""

from __future__ import annotations

from lab.naming.pin.rule import RuleFile
from lab.naming.schemes.flags import Scheme

__all__ = ["render"]


def render(scheme: Scheme) -> tuple[RuleFile, ...]:
    """The word that holds the machine to `scheme` (systemd.net-naming-scheme(7))."""
    return (RuleFile("cmdline", f"net.naming_scheme={scheme.name}\n", "the kernel's command line"),)
