"""The question of the room as a value: which two machines, which policy, which scheme, which what-if steps."""

from __future__ import annotations

import dataclasses
from typing import Annotated

from lab.core.scenario import Parameter, check
from lab.naming.choice import POLICY_WORDS
from lab.naming.schemes.flags import RELEASE, SCHEMES, Scheme
from lab.naming.schemes.probe import KINDS, ProbeOrder
from lab.naming.schemes.releases import release
from lab.naming.whatif import parse_step

__all__ = ["DEFAULT", "OLDEST", "SAME", "NamingScenario"]

SAME = "same"
DEFAULT = "default"  # the scheme that the release takes if nobody names one
OLDEST = 197  # the first systemd that gave predictable names
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
    scheme: Annotated[
        str,
        Parameter("the naming scheme; default is the newest that the systemd knows", choices=(DEFAULT, *SCHEMES)),
    ] = DEFAULT
    scheme_before: Annotated[
        str, Parameter("another scheme for the machine before", choices=(SAME, *SCHEMES), label="scheme before")
    ] = SAME
    step: Annotated[
        tuple[str, ...],
        Parameter("a what-if step, such as: set 0000:00:03.0/firmware_node/sun=3", label="what if"),
    ] = ()
    probe: Annotated[
        str,
        Parameter(
            "the order in which the kernel finds the cards after, for the policies kernel and persistent",
            choices=tuple(KINDS),
        ),
    ] = "recorded"
    driver: Annotated[
        tuple[str, ...], Parameter("a driver that probes before others, for --probe driver", label="drivers first")
    ] = ()
    seed: Annotated[int, Parameter("which race, for --probe race", low=0, high=2**31 - 1)] = 1
    systemd: Annotated[
        int, Parameter("the release of systemd that names", low=OLDEST, high=RELEASE, label="systemd release")
    ] = RELEASE
    systemd_before: Annotated[
        int | None,
        Parameter(
            "another release for the machine before", low=OLDEST, high=RELEASE, absent=SAME, label="systemd before"
        ),
    ] = None

    def __post_init__(self) -> None:
        """Refuse an unknown policy or scheme, and a step that is none."""
        check(self)
        for text in self.step:
            parse_step(text)

    @property
    def order(self) -> ProbeOrder:
        """The order of probing on the machine after."""
        return ProbeOrder(self.probe, self.driver, self.seed)

    @property
    def schemes(self) -> tuple[str, str]:
        """The names of the schemes before and after."""
        old, new = self.rules
        return old.name, new.name

    @property
    def rules(self) -> tuple[Scheme, Scheme]:
        """The schemes before and after, each as its release of systemd applies it.

        Where the release before does not know the scheme that is the "same", it takes its own default, as systemd
        does (src/shared/netif-naming-scheme.c). Raises `LabError` for a release that is unknown, or a scheme that
        its release does not know.
        """
        new = release(self.systemd)
        old = new if self.systemd_before is None else release(self.systemd_before)
        after = new.scheme(new.default if self.scheme == DEFAULT else self.scheme)
        if self.scheme_before != SAME:
            return old.scheme(self.scheme_before), after
        known = self.scheme != DEFAULT and self.scheme in old.schemes
        return old.scheme(self.scheme if known else old.default), after
