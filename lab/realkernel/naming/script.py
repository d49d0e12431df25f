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
TRIES = 100  # looks at what cards there are, a fifth of a second each

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
# A USB device may be found only when udev has long had nothing to do: wait for every card that is declared
tries=0
while set -- /sys/class/net/*/device; [ ! -e "$1" ] || [ $# -lt {cards} ]; do
	tries=$((tries + 1))
	[ $tries -le {tries} ] || break
	sleep 0.2
done
[ $tries -eq 0 ] || sleep 0.5
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


def script(modules: Sequence[str] = (), cards: int = 0) -> str:
    """The guest's script; `modules` are loaded before udev starts, in this order.

    It waits until so many `cards` are there; one that never comes is told by the comparison, not here.

    The guest asks systemd for its release, then for names under each scheme that the lab knows of that release, then
    for names under its newest scheme ("latest"), whose own name tells whether there is one more.
    """
    cases = [f"{n}) schemes='{' '.join(release(n).schemes)}' ;;" for n in range(SCHEMED, RELEASE + 1)]
    return _BODY.format(
        libraries=LIBRARIES,
        modules=" ".join(map(shlex.quote, modules)),
        settle=SETTLE,
        cards=cards,
        tries=TRIES if cards else 0,
        cases="\n".join(cases),
        unknown=UNKNOWN_RELEASE,
        version=VERSION,
        answers=ANSWERS,
        newest=NEWEST,
        database=DATABASE,
        dmesg=DMESG,
        sysfs=SYSFS,
    )
