"""What a name that udev recorded says under another scheme: as far as it goes, and marked so."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from lab.naming.model import Interface, Recorded
from lab.naming.schemes.flags import SCHEMES, Scheme
from lab.naming.schemes.releases import versions
from lab.naming.trace import Candidate, Evidence, Gap

__all__ = ["MISSING", "RECORDER", "recorded_candidate"]

MISSING = "the attributes of sysfs"
RECORDER = "the release of systemd that recorded"


def recorded_candidate(
    interface: Interface, policy: str, recorded: Recorded, scheme: Scheme, rules: Callable[[Scheme], Candidate]
) -> Candidate:
    """What `policy` gives `interface`, of which udev `recorded` names under one scheme, under `scheme`.

    Under the recorded scheme that is the recorded name, and certain unless the releases of systemd that know the scheme
    differ here: which of them recorded it the text does not say. `rules` applies a scheme's rules to the little
    that a udev database holds (devices and their buses). Where they give the same under both schemes, what is not
    known weighs in both alike, and the recorded name stands; where they differ, their name under `scheme` does. Both
    are marked uncertain, with everything that was missing.
    """
    name, under = recorded.names.get(policy), recorded.scheme or "an unknown scheme"
    place = f"{interface.devpath} ID_NET_NAME_{policy}"
    rule = f"recorded by udev under {under}"
    evidence = Evidence(place, name, rule, "used" if name else "unreadable")
    because = rule if name else f"udev recorded none under {under}"
    if recorded.scheme == scheme.name:
        return Candidate(policy, name, because, (evidence,), _by_release(scheme.name, rules))
    then = SCHEMES.get(recorded.scheme or "")
    now = rules(scheme)
    reason = (
        f"recorded under {under}; what {scheme.name} gives cannot be told from this text alone: "
        "a udev database holds no attributes (config, dev_port, phys_port_name, slots)"
    )
    gaps = tuple(dict.fromkeys((Gap(MISSING, reason), *now.gaps)))
    if then is None:
        differs = name is None
    else:
        differs = rules(dataclasses.replace(then, release=scheme.release)).name != now.name
    if not differs:
        return Candidate(policy, name, because, (evidence, *now.evidence), gaps)
    refused = Evidence(place, name, f"{rule}; {scheme.name} treats the card otherwise", "refused")
    return Candidate(policy, now.name, now.because, (refused, *now.evidence), gaps)


def _by_release(scheme: str, rules: Callable[[Scheme], Candidate]) -> tuple[Gap, ...]:
    """What is open where the releases that know `scheme` give different names, or read what the text does not hold."""
    first: Candidate | None = None
    for version in versions(scheme):
        found = rules(version)
        if first is None:
            first, oldest = found, version.release
        elif (found.name, _missing(found)) != (first.name, _missing(first)):
            reason = (
                f"which systemd recorded it is not known: {scheme} of systemd {version.release} reads other things of "
                f"this card than {scheme} of systemd {oldest}"
            )
            return (Gap(RECORDER, reason),)
    return ()


def _missing(candidate: Candidate) -> frozenset[str]:
    return frozenset(gap.missing for gap in candidate.gaps)
