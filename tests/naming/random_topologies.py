"""Random machines that can be built, as declarations: cards behind ports and bridges, in every kind of hot-plug."""

import dataclasses

from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming.topologies import KINDS, Device, Onboard, Topology
from lab.naming.topologies.check import CHIPSETS, HOTPLUGS, checked

__all__ = ["topologies"]

MODULES = sorted({m for kind in KINDS.values() for m in kind.modules})
BRIDGES = ("root-port", "pcie-pci-bridge", "pci-bridge", "pxb-pcie", "xhci")
TEXT = st.text("".join(map(chr, range(0x20, 0x7F))), min_size=1, max_size=20)


@st.composite
def topologies(draw: st.DrawFn, most: int = 9) -> Topology:
    """A machine with at most `most` devices."""
    topology = Topology(
        draw(st.sampled_from(["a", "two-cards", "x.9"])),
        draw(st.sampled_from(["", "two cards", 'é "quoted" \\ back'])),
        draw(st.sampled_from(sorted(CHIPSETS))),
        draw(st.sampled_from(HOTPLUGS)),
        (),
        cpus=draw(st.integers(1, 8)),
        append=tuple(draw(st.lists(st.sampled_from(["net.ifnames=0", "acpiphp.disable=1", 'a="b']), unique=True))),
        probed=tuple(draw(st.lists(st.sampled_from(MODULES), unique=True, max_size=4))),
    )
    for number in range(draw(st.integers(1, most))):
        topology = _more(draw, topology, number)
    last = Device("last", "virtio", "", 29, mac="52:54:00:00:02:01")
    topology = dataclasses.replace(topology, devices=(*topology.devices, *([] if topology.cards else [last])))
    cards = [d for d in topology.cards if d.kind != "usb-net"]
    if draw(st.booleans()) and cards:
        entry = Onboard(draw(st.sampled_from(cards)).id, draw(st.integers(1, 255)), draw(TEXT))
        topology = dataclasses.replace(topology, onboard=(entry,))
    return checked(topology)


def _more(draw: st.DrawFn, topology: Topology, number: int) -> Topology:
    """`topology` with one device more, if the one that is drawn fits."""
    kinds = BRIDGES if number % 3 == 0 else tuple(KINDS)
    kind = draw(st.sampled_from(kinds))
    holder = draw(st.sampled_from(["", *(d.id for d in topology.devices if d.means.holds)]))
    card = KINDS[kind].is_card
    several = not holder and kind not in ("usb-net", "pxb-pcie") and draw(st.booleans())
    device = Device(
        f"d{number}",
        kind,
        holder,
        draw(st.integers(0, 28)) if not holder else draw(st.integers(0, 3)),
        0,
        several and card,
        f"52:54:00:00:00:{number:02x}" if card else "",
        draw(st.none() | st.integers(1, 16383)) if card and kind != "usb-net" else None,
        draw(st.none() | st.integers(0, 8191)) if kind == "root-port" else None,
        draw(st.integers(100, 250)) if kind == "pxb-pcie" else None,
        draw(st.booleans()) if kind == "pci-bridge" else False,
    )
    more = [device]
    if device.multifunction:
        more.append(Device(f"e{number}", kind, holder, device.device, 1, mac=f"52:54:00:00:01:{number:02x}"))
    try:
        return checked(dataclasses.replace(topology, devices=(*topology.devices, *more)))
    except LabError:
        return topology
