"""PATH: the card's PCI address, `enp1s0` (names_pci_slot)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.pci import card, function
from lab.naming.schemes.port import port
from lab.naming.schemes.prefix import prefix
from lab.naming.trace import Trace

__all__ = ["path"]


def path(devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by PCI address and why; raises `Refused` for what is no PCI device."""
    start = prefix(devpath, trace, scheme)
    pci = card(devpath, trace, scheme)
    address, domain, func = function(pci.device, trace, scheme)
    end = func + port(devpath, trace, scheme) + pci.suffix
    words = [f"domain {address.domain}"] if domain else []
    words += [f"bus {address.bus}", f"device {address.device}"]
    if func:
        words.append(f"function {func[1:]}")
    because = f"`{pci.sysname}` = {', '.join(words)}"
    trace.used(pci.device, because.partition(" = ")[2], pci.sysname)
    return f"{start}{domain}p{address.bus}s{address.device}{end}", because
