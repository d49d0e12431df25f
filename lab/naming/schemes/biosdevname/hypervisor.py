"""A virtual machine, where biosdevname says nothing: told from what the machine calls itself."""

from __future__ import annotations

from lab.naming.model import Machine
from lab.naming.schemes.biosdevname.slots import IDENTITY, vendor_and_product
from lab.naming.trace import Evidence, Gap

__all__ = ["hypervisor"]

# What the machine calls itself -> the hypervisor. The processor's own word (CPUID) is in no file of sysfs.
HYPERVISORS = {
    "QEMU": "QEMU", "KVM": "KVM", "Red Hat": "KVM", "OpenStack": "KVM", "KubeVirt": "KVM",
    "Google Compute Engine": "KVM",
    "VMware": "VMware", "VMW": "VMware", "innotek GmbH": "VirtualBox", "VirtualBox": "VirtualBox", "Xen": "Xen",
    "HVM domU": "Xen", "Bochs": "Bochs", "Parallels": "Parallels", "BHYVE": "bhyve", "Virtual Machine": "Hyper-V",
    "Hyper-V": "Hyper-V", "Apple Virtualization": "Apple", "Amazon EC2": "Amazon EC2",
}  # fmt: skip


def hypervisor(machine: Machine) -> tuple[str, tuple[Evidence, ...], tuple[Gap, ...]]:
    """The hypervisor's name ("" for a real machine), what says so, and what is left open."""
    vendor, product = vendor_and_product(machine.tree)
    path = f"{IDENTITY}/sys_vendor, product_name"
    if not vendor and not product:
        gap = Gap(path, "in a virtual machine biosdevname says nothing; whether this is one is unknown")
        return "", (), (gap,)
    value = f"{vendor} {product}".strip()
    metal = vendor == "Amazon EC2" and ".metal" in product
    found = next((h for start, h in HYPERVISORS.items() for text in (vendor, product) if text.startswith(start)), "")
    if found and not metal:
        return found, (Evidence(path, value, "a virtual machine: biosdevname says nothing (exit 4)", "refused"),), ()
    rule = "no hypervisor that is known here: taken for a real machine (CPUID says so to biosdevname)"
    return "", (Evidence(path, value, rule, "used"),), ()
