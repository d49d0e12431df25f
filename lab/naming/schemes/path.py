"""PATH: the card's PCI address, `enp1s0` (names_pci_slot)."""

from __future__ import annotations

from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.pci import Card, function
from lab.naming.schemes.port import port
from lab.naming.trace import Trace

__all__ = ["by_address"]


def by_address(start: str, pci: Card, devpath: str, trace: Trace, scheme: Scheme) -> tuple[str, str]:
    """The name by PCI address and why."""
    address, domain, func = function(pci.device, trace, scheme)
    end = func + port(devpath, trace, scheme) + pci.suffix
    words = [f"domain {address.domain}"] if domain else []
    words += [f"bus {address.bus}", f"device {address.device}"]
    if func:
        words.append(f"function {func[1:]}")
    because = f"`{pci.sysname}` = {', '.join(words)}"
    trace.used(pci.device, because.partition(" = ")[2], pci.sysname)
    return f"{start}{domain}p{address.bus}s{address.device}{end}", because
