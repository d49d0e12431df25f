"""What the guest does: load drivers, let udev find and name everything, ask it for every scheme, copy sysfs."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import SCHEMED, release
from lab.realkernel.root.udev_root import LIBRARIES

__all__ = ["ANSWERS", "DATABASE", "DMESG", "NEWEST", "STEPS", "SYSFS", "UNKNOWN_RELEASE", "VERSION", "script"]

STEPS = ("drivers", "udev", "schemes", "sysfs")
VERSION, ANSWERS, DATABASE, DMESG, SYSFS = "version.txt", "schemes.txt", "export-db.txt", "dmesg.txt", "sys.tar"
NEWEST = "newest.txt"
UNKNOWN_RELEASE = 75  # the script's status if the release of systemd has no line below
SETTLE = 60  # seconds

# As systemd-udev-trigger.service coldplugs. The question is one process each, and that process costs 15 million
# instructions, so nothing else is started in that loop. A program that is always at the same address is translated
# once when it is emulated, and not at every start: so addresses are not drawn at random.
_BODY = """\
export LD_LIBRARY_PATH=/{libraries}
echo 0 >/proc/sys/kernel/randomize_va_space
mkdir -p /run/udev
mark drivers
for module in {modules}; do
	modprobe $module
done
mark udev
/usr/lib/systemd/systemd-udevd --daemon
udevadm trigger --type=subsystems --action=add
udevadm trigger --type=devices --action=add
udevadm settle -t {settle}
mark schemes
udevadm --version >/out/{version}
uname -r >>/out/{version}
read -r release </out/{version}
case ${{release%%[!0-9]*}} in
{cases}
*) echo "systemd $release is none that the lab knows the schemes of"; exit {unknown} ;;
esac
for card in /sys/class/net/*; do
	[ -e $card/device ] || continue
	for scheme in $schemes; do
		echo "== ${{card##*/}} $scheme"
		NET_NAMING_SCHEME=$scheme udevadm test-builtin net_id $card 2>/dev/null
	done
	NET_NAMING_SCHEME=latest udevadm test-builtin net_id $card >/out/{newest} 2>/dev/null
done >/out/{answers}
mark sysfs
udevadm info --export-db >/out/{database}
dmesg >/out/{dmesg}
collect-sysfs /out/{sysfs}
"""


def script(modules: Sequence[str] = ()) -> str:
    """The guest's script; `modules` are loaded before udev starts, in this order.

    The guest asks systemd for its release, then for names under each scheme that the lab knows of that release, then
    for names under its newest scheme ("latest"), whose own name tells whether there is one more.
    """
    cases = [f"{n}) schemes='{' '.join(release(n).schemes)}' ;;" for n in range(SCHEMED, RELEASE + 1)]
    return _BODY.format(
        libraries=LIBRARIES,
        modules=" ".join(map(shlex.quote, modules)),
        settle=SETTLE,
        cases="\n".join(cases),
        unknown=UNKNOWN_RELEASE,
        version=VERSION,
        answers=ANSWERS,
        newest=NEWEST,
        database=DATABASE,
        dmesg=DMESG,
        sysfs=SYSFS,
    )
