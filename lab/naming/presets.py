"""The five scenes of the naming explorer. The same ids stand in prose, on the command line and in tests."""

from __future__ import annotations

from lab.core.scenario import Preset
from lab.naming.scenario import NamingScenario

__all__ = ["PRESETS"]

PRESETS: tuple[Preset[NamingScenario], ...] = (
    Preset(
        "N1",
        "a card is added",
        NamingScenario("t09a-before", "t09b-card-added"),
        "The old card becomes enp2s0, and the new one takes its name enp1s0. Only MAC names stay.",
    ),
    Preset(
        "N2",
        "another driver loads first",
        NamingScenario("t10a-probe-e1000e-first", "t10b-probe-virtio-first", policy="kernel"),
        "Same hardware, other driver order: eth0 and eth1 change places. PATH keeps enp0s3 and enp0s4.",
    ),
    Preset(
        "N3",
        "another hot-plug firmware",
        NamingScenario("t04-slots-pciehp", "t05-slots-acpihp"),
        "Same cards, same addresses: ens11 and ens42 become enp1s0 and enp2s0, since slots 0 and 0-2 do not count.",
    ),
    Preset(
        "N4",
        "systemd is upgraded",
        NamingScenario(
            "t01-flat",
            "t01-flat",
            scheme="v257",
            scheme_before="v255",
            step=("both set 0000:00:03.0/firmware_node/sun=3",),
        ),
        "The firmware's slot number counts from v257 on: enp0s3 becomes ens3.",
    ),
    Preset(
        "N5",
        "a bridge in a slot",
        NamingScenario("t13-bridge-in-slot", "t13-bridge-in-slot", scheme="v247", scheme_before="v245"),
        "Both cards were offered ens2; from v247 on the slot of a bridge names no card.",
    ),
)
