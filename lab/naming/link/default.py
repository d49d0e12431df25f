"""The `.link` file that systemd brings itself, and that applies where no other does: 99-default.link."""

from __future__ import annotations

import functools

from lab.naming.link.file import LinkFile, parse
from lab.naming.schemes.flags import RELEASE

__all__ = ["DEFAULT_PATH", "default_links"]

DEFAULT_PATH = "/usr/lib/systemd/network/99-default.link"
KEEP_SINCE = 241  # NEWS of 241: the policy "keep", in 99-default.link from then on
ALTNAMES_SINCE = 245  # NEWS of 245
ALTNAME_MAC_SINCE = 257  # 252 has it not, 257 has it; the releases between were not looked at


@functools.cache
def default_links(release: int = RELEASE) -> tuple[LinkFile, ...]:
    """The files of a system to which nobody added one, as systemd `release` brings them.

    Distributions add some: Debian's 73-usb-net-by-mac.link names USB adapters by their MAC. `read_links` reads those
    of a real system.
    """
    lines = ["[Match]", "OriginalName=*", "[Link]"]
    lines.append(f"NamePolicy={'keep ' if release >= KEEP_SINCE else ''}kernel database onboard slot path")
    if release >= ALTNAMES_SINCE:
        mac = " mac" if release >= ALTNAME_MAC_SINCE else ""
        lines.append(f"AlternativeNamesPolicy=database onboard slot path{mac}")
    lines.append("MACAddressPolicy=persistent")
    return (parse(DEFAULT_PATH, [(DEFAULT_PATH, "\n".join(lines))], release),)
