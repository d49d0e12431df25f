"""The question of the room as a value: which two machines, which policy, which scheme, which what-if steps."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from lab.core.scenario import Parameter, check
from lab.naming.choice import POLICY_WORDS
from lab.naming.schemes.flags import NEWEST, SCHEMES
from lab.naming.whatif import parse_step

__all__ = ["SAME", "NamingScenario"]

SAME = "same"
_MACHINE = "a bundled recording (09a), a sysfs tarball or folder, or a udev database"


@dataclasses.dataclass(frozen=True, slots=True)
class NamingScenario:
    """Two machines, before and after, and how their cards are named."""

    before: Annotated[str, Parameter(f"the machine before: {_MACHINE}")] = "t09a-before"
    after: Annotated[str, Parameter(f"the machine after: {_MACHINE}")] = "t09b-card-added"
    policy: Annotated[
        str,
        Parameter(
            "who names: default is the first of ONBOARD, SLOT, PATH, else the kernel's name", choices=POLICY_WORDS
        ),
    ] = "default"
    scheme: Annotated[str, Parameter("the naming scheme of systemd", choices=tuple(SCHEMES))] = NEWEST
    scheme_before: Annotated[
        str, Parameter("another scheme for the machine before", choices=(SAME, *SCHEMES), label="scheme before")
    ] = SAME
    step: Annotated[
        tuple[str, ...],
        Parameter("a what-if step, such as: set 0000:00:03.0/firmware_node/sun=3", label="what if"),
    ] = ()

    def __post_init__(self) -> None:
        """Refuse an unknown policy or scheme, and a step that is none."""
        check(self)
        for text in self.step:
            parse_step(text)

    @property
    def schemes(self) -> tuple[str, str]:
        """The scheme before and after."""
        return (self.scheme if self.scheme_before == SAME else self.scheme_before), self.scheme
