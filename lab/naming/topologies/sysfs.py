"""The sysfs that Linux would show on a declared machine, as far as a naming rule reads it."""

from __future__ import annotations

from lab.naming.choice import choose
from lab.naming.model import Machine, machine_of
from lab.naming.schemes.flags import NEWEST, scheme
from lab.naming.schemes.slot import SLOTS
from lab.naming.topologies.firmware import SYSTEM_BUS, acpi_nodes, onboard_attributes, smbios_files
from lab.naming.topologies.kinds import KINDS
from lab.naming.topologies.layout import CHIPSET, DOMAIN, SEVERAL, Placed, layout, roots
from lab.naming.topologies.probing import Probed, probing
from lab.naming.topologies.slots import slots
from lab.naming.topologies.topology import Topology
from lab.naming.tree import Tree, tree_of
from lab.naming.whatif.draft import Draft

__all__ = ["SOURCE", "machine"]

SOURCE = "declared topology"
LO = "/devices/virtual/net/lo"
BUSES = 0x18  # offset of a bridge's primary, secondary and subordinate bus (include/uapi/linux/pci_regs.h)
CAPABILITIES, EXPRESS_AT = 0x34, 0x54
EXPRESS, PORT_WITH_SLOT = 0x10, 0x0142  # the capability; version 2, root port, with a slot
SLOT_NUMBER = 19  # the bit of the slot capabilities at which the number begins
CONFIG = 256  # bytes of configuration space


def machine(topology: Topology) -> Machine:
    """The machine that `topology` declares, as Linux and its udev would show it: what every naming rule reads.

    It is the machine that QEMU 7.2 builds (`lab.naming.topologies.firmware.TRIED`); what a newer QEMU may tell the
    guest besides is in `untried`.

    The interfaces are called what systemd's newest scheme makes of them with its own `.link` file, or what the kernel
    called them if the command line has net.ifnames=0. Which ethN that is, is known only if the order of the drivers is
    declared (`probed`), or if there is one driver alone; else the machine has the names of one order out of several.
    """
    placed = layout(topology)
    draft = Draft(machine_of(topology.name, SOURCE, _base(topology, placed)))
    for number, part in CHIPSET[topology.chipset].items():
        address = f"{DOMAIN}:00:{number[0]:02x}.{number[1]}"
        draft.function(part, f"/devices/pci{DOMAIN}:00/{address}", several=number in SEVERAL[topology.chipset])
    for p in placed:
        draft.function(p.part, p.folder, several=p.device.multifunction)
        if p.bus:
            _bridge(draft, p)
    for folder, attributes in onboard_attributes(topology, placed).items():
        draft.text(folder, attributes)
    for card in probing(topology, placed):
        _interface(draft, card, certain=card.certain and topology.kernel_names)
    tree = draft.done()
    found = machine_of(topology.name, SOURCE, tree)
    return found if topology.kernel_names else _named(found)


def _base(topology: Topology, placed: tuple[Placed, ...]) -> Tree:
    """What is there before any device: lo, the host bridges, ACPI's nodes, SMBIOS, the slots."""
    lo = {"type": 772, "ifindex": 1, "iflink": 1, "address": "00:00:00:00:00:00", "addr_assign_type": 0}
    lo |= {"dev_id": "0x0", "dev_port": 0, "name_assign_type": 2, "uevent": "INTERFACE=lo\nIFINDEX=1"}
    files = {f"{LO}/{key}": f"{value}\n".encode() for key, value in lo.items()}
    files |= smbios_files(topology, placed)
    links = {"/class/net/lo": f"../..{LO}", f"{LO}/subsystem": "../../../../class/net"}
    nodes = acpi_nodes(topology, placed)
    for node in nodes:
        files |= {f"{node.folder}/adr": b"0x%08x\n" % node.adr, f"{node.folder}/path": f"{node.path}\n".encode()}
        files[f"{node.folder}/uevent"] = b""
        if node.sun is not None:
            files[f"{node.folder}/sun"] = b"%d\n" % node.sun
    for root in roots(topology):
        files[f"{root.folder}/uevent"] = b""
    first = f"/devices/pci{DOMAIN}:00"
    links[f"{first}/firmware_node"] = f"..{nodes[0].folder.removeprefix('/devices')}"
    files |= {f"{SLOTS}/{name}/address": f"{place}\n".encode() for place, name in slots(topology).items()}
    return tree_of(files, links, ("/class/net", SLOTS, "/bus/pci/devices", SYSTEM_BUS))


def _bridge(draft: Draft, p: Placed) -> None:
    """The bus behind a bridge, and the bridge's own numbers in its configuration space."""
    folder = f"{p.folder}/pci_bus/{DOMAIN}:{p.bus:02x}"
    draft.files[f"{folder}/uevent"] = b""
    draft.link(f"{folder}/device", p.folder)
    draft.link(f"{folder}/subsystem", "/class/pci_bus")
    draft.folders.append("/class/pci_bus")
    config = bytearray(draft.files[f"{p.folder}/config"].ljust(CONFIG, b"\0"))
    config[BUSES : BUSES + 3] = bytes([p.on, p.bus, p.last])
    if p.device.kind == "root-port":
        config[CAPABILITIES] = EXPRESS_AT
        config[EXPRESS_AT : EXPRESS_AT + 4] = bytes([EXPRESS, 0]) + PORT_WITH_SLOT.to_bytes(2, "little")
        slot = ((p.device.slot or 0) << SLOT_NUMBER).to_bytes(4, "little")
        config[EXPRESS_AT + 0x14 : EXPRESS_AT + 0x18] = slot
    draft.files[f"{p.folder}/config"] = bytes(config)
    draft.text(p.folder, {"secondary_bus_number": p.bus, "subordinate_bus_number": p.last})


def _interface(draft: Draft, card: Probed, certain: bool) -> None:
    """The interface of a card on its device; `certain`: the kernel's name is known and stays."""
    device = card.folder
    if card.usb:
        device = _usb(draft, card)
    elif card.virtio:
        device = draft.virtio(card.folder)
    draft.interface(device, {"address": card.mac, "name_assign_type": 1 if certain else 4})


def _usb(draft: Draft, card: Probed) -> str:
    """The levels of USB between a controller and the adapter's interface: root hub, device, interface 0."""
    hub = f"{card.folder}/usb1"
    device = f"{hub}/1-{card.usb}"
    interface = f"{device}/1-{card.usb}:1.0"
    for path, kind in ((hub, "usb_device"), (device, "usb_device"), (interface, "usb_interface")):
        draft.text(path, {"uevent": f"DEVTYPE={kind}"})
        draft.link(f"{path}/subsystem", "/bus/usb")
    driver = f"/bus/usb/drivers/{KINDS['usb-net'].part.driver}"
    draft.folders += ["/bus/usb", driver]
    draft.link(f"{interface}/driver", driver)
    return interface


def _named(found: Machine) -> Machine:
    """`found` with every interface renamed as systemd does it; of two with one name the second keeps its own."""
    choices = choose(found, "default", scheme(NEWEST))
    taken = {i.ifname for i in found.interfaces}
    names: dict[str, str] = {}
    for card in found.cards:
        name = choices[card.devpath].name
        if name and name not in taken:
            taken.add(name)
            names[card.devpath] = name
    return machine_of(found.name, found.source, _renamed(found.tree, names))


def _renamed(tree: Tree, names: dict[str, str]) -> Tree:
    """`tree` with the interfaces at these folders called otherwise."""

    def moved(path: str) -> str:
        place = path if path in names else path.rpartition("/")[0]
        if place not in names:
            return path
        return f"{place.rpartition('/')[0]}/{names[place]}{path[len(place) :]}"

    files = {moved(path): data for path, data in tree.files.items()}
    for folder, name in names.items():
        index = tree.text(f"{folder}/ifindex")
        files[f"{moved(folder)}/uevent"] = f"INTERFACE={name}\nIFINDEX={index}\n".encode()
    links = {moved(path): target for path, target in tree.links.items()}
    for folder, name in names.items():
        del links[f"/class/net/{folder.rpartition('/')[2]}"]
        links[f"/class/net/{name}"] = f"../..{moved(folder)}"
    return tree_of(files, links, dict.fromkeys(map(moved, tree.folders)))
