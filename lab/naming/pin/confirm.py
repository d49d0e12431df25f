"""Asks the real udevadm what it makes of the rules: a door to programs of this machine, which it does not touch.

In namespaces of its own (mounts, network) the machine's sysfs stands in the place of /sys, an empty network gets links
with the names, indexes and addresses of the cards, and for each of them udev's own three steps are run: path_id,
net_id, net_setup_link. Before systemd 256 the last one really changes the link, which is thrown away here. Udev rules
are asked by `udevadm test`, among systemd's own for networks and no others, so that no foreign program is run.
"""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.naming.link.decide import Decision, decide
from lab.naming.link.environment import Environment
from lab.naming.link.folders import read_links
from lab.naming.model import Interface, Machine
from lab.naming.pin import link_files, udev_rules
from lab.naming.pin.rule import ETHERNET, RuleFile, dangerous
from lab.naming.pin.shown import write_system
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.releases import release

__all__ = ["Confirmation", "Said", "confirm", "release_of"]

SECONDS = 120
SCRIPT = """
set -u
root=${1%/} work=$2 way=$3
fail() { echo "!! $1"; exit 0; }
for folder in usr/lib lib; do
  for file in 75-net-description 80-net-setup-link; do
    cp "$root/$folder/udev/rules.d/$file.rules" "$work/run/udev/rules.d/" 2>/dev/null
  done
done
echo 'ENV{SYSTEMD_ALIAS}="/sys/subsystem/net/devices/$name"' > "$work/run/udev/rules.d/99-name.rules"
mount --bind "$work/sys" "$root/sys" || fail "mount --bind over /sys"
[ -z "$root" ] || mount --rbind /proc "$root/proc" || fail "mount --rbind /proc"
for folder in run etc/systemd/network etc/udev/rules.d usr/lib/udev/rules.d lib/udev/rules.d; do
  [ ! -d "$root/$folder" ] || mount -t tmpfs tmpfs "$root/$folder" || fail "mount over /$folder"
done
cp -r "$work/run/." "$root/run/"
set --
[ -z "$root" ] || set -- chroot "$root"
while read -r name index address; do
  if ip link add name "$name" index "$index" address "$address" type ifb 2>/dev/null ||
    ip link add name "$name" index "$index" address "$address" type veth peer name "peer$index" 2>/dev/null
  then echo "$name $index" >> "$work/made"
  else echo "-- $name"
  fi
done
[ ! -e "$work/made" ] || while read -r name index; do
  echo "== $name"
  device=/sys/class/net/$name
  if [ "$way" = rules ]; then
    "$@" udevadm test --action=add "$device" 2>/dev/null </dev/null
    continue
  fi
  for step in path_id net_id; do
    "$@" udevadm test-builtin "$step" "$device" 2>/dev/null </dev/null | sed -n 's/^[A-Z0-9_]*=/E:&/p'
  done > "$work/said"
  cat "$work/said" >> "$root/run/udev/data/n$index"
  sed -n 's/^E://p' "$work/said"
  "$@" udevadm test-builtin net_setup_link "$device" 2>/dev/null </dev/null
done < "$work/made"
"""
RULES, ALIAS = "/etc/udev/rules.d", "/sys/subsystem/net/devices/"  # our last rule notes the name that won


@dataclasses.dataclass(frozen=True, slots=True)
class Said:
    """One card: what udevadm `said` it is called and by which `file`, and what was `decided` here."""

    card: Interface
    decided: Decision
    said: str | None
    file: str | None

    @property
    def agrees(self) -> bool:
        """True if udev asks for the same name, by the same file."""
        name = self.decided.wanted or self.card.ifname
        file = self.decided.file.file_name if self.decided.file else None
        return self.said == name and (self.file or "").rpartition("/")[2] == (file or "")


@dataclasses.dataclass(frozen=True, slots=True)
class Confirmation:
    """The answers of one systemd: its `release`, the `scheme` it used, a `Said` per card that could be asked.

    `left_out`: the cards that could not be asked, as (name, why). `note`: what was otherwise than on a real system.
    """

    release: int
    scheme: str
    said: tuple[Said, ...]
    left_out: tuple[tuple[str, str], ...]
    note: str

    @property
    def agrees(self) -> bool:
        """True if all answers are those computed here, and there are some."""
        return bool(self.said) and all(s.agrees for s in self.said)

    @property
    def headline(self) -> str:
        """The sentence on top."""
        wrong = [s for s in self.said if not s.agrees]
        if wrong:
            name = wrong[0].decided.wanted or wrong[0].card.ifname
            return f"systemd {self.release} says {wrong[0].said or 'nothing'} where {name} was computed."
        if not self.said:
            return f"systemd {self.release} could not be asked about any card."
        several = "s" if len(self.said) > 1 else ""
        return f"systemd {self.release} gives the same {len(self.said)} name{several} under {self.scheme}."


def release_of(root: Path | str = "/") -> int:
    """The release of the udevadm of the system at `root`; raises `LabError` if there is none that runs."""
    import subprocess

    command = ["udevadm", "--version"] if str(root) == "/" else ["chroot", str(root), "udevadm", "--version"]
    try:
        text = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS).stdout
    except (OSError, subprocess.SubprocessError):
        text = ""
    first = text.split()[:1]
    if not first or not first[0].isdecimal():
        raise LabError(f"{root}: no udevadm runs there; install Debian's udev, or leave --confirm out")
    return int(first[0])


def confirm(machine: Machine, files: Sequence[RuleFile], target: Scheme, root: Path | str = "/") -> Confirmation:
    """What the systemd of the system at `root` says of `machine` with these `.link` files in place.

    It is asked under `target`'s scheme if it knows that, else under its own default. Raises `LabError` where udevadm,
    ip or namespaces are not to be had, or the machine has no sysfs to ask about.
    """
    if machine.recorded or not machine.tree.files:
        raise LabError(f"{machine.name}: holds no sysfs, so udevadm cannot be asked about it; take a copy of /sys")
    for program in ("udevadm", "unshare", "ip", "bash"):
        if shutil.which(program) is None:
            raise LabError(f"--confirm: there is no {program} here; install Debian's udev, util-linux and iproute2")
    known = release(release_of(root))
    scheme = known.schemes.get(target.name) or known.scheme(known.default)
    ours = [dataclasses.replace(f, text=_askable(f.text)) for f in files]
    distribution = [link for link in read_links(root, known.number) if not link.path.startswith(("/etc", "/run"))]
    rules = any(f.belongs == RULES for f in files)
    place = (udev_rules if rules else link_files).in_place(ours, machine, distribution, scheme)
    cards, left_out = _askable_cards(machine)
    if rules:  # they ask for a driver
        left_out += [(c.ifname, "its driver is not in this source") for c in cards if c.driver is None]
        cards = [c for c in cards if c.driver is not None]
    quiet = Environment(command_line=("quiet",))
    decided = decide(machine, scheme, place.links, environment=quiet, named=place.named)
    with tempfile.TemporaryDirectory(prefix="kernel-lab-") as folder:
        write_system(machine, ours, Path(folder))
        answers, silent = _ask(Path(folder), str(root), scheme, cards, rules)
    left_out += [(name, "no link of this name and index can be made in a network namespace here") for name in silent]
    said = []
    for card in cards:
        if card.ifname in answers:
            values = answers[card.ifname]
            if values.get("ID_NET_NAMING_SCHEME", scheme.name) != scheme.name:
                raise LabError(f"--confirm: systemd {known.number} took another scheme than {scheme.name}")
            name = values.get("SYSTEMD_ALIAS", "").rpartition(ALIAS)[2] if rules else values.get("ID_NET_NAME")
            said.append(Said(card, decided[card.devpath], name or None, values.get("ID_NET_LINK_FILE")))
    return Confirmation(known.number, scheme.name, tuple(said), tuple(left_out), _note(files, target, scheme))


def _note(files: Sequence[RuleFile], target: Scheme, scheme: Scheme) -> str:
    notes = []
    if any("PermanentMACAddress=" in f.text for f in files):
        notes.append("asked with MACAddress=, since a link in a namespace has no permanent address")
    if scheme.name != target.name:
        notes.append(f"under {scheme.name}, since this systemd does not know {target.name}")
    return "; ".join(notes)


def _askable(text: str) -> str:
    """The same rule for a link that was made for the question: its address is set, not burnt in."""
    return text.replace("\nPermanentMACAddress=", "\nMACAddress=")


def _askable_cards(machine: Machine) -> tuple[list[Interface], list[tuple[str, str]]]:
    """The cards for which a link can be made, and the others with the reason."""
    cards: list[Interface] = []
    left_out: list[tuple[str, str]] = []
    seen: set[int] = set()
    for card in machine.cards:
        plain = not dangerous(card.ifname) or dangerous(card.ifname).startswith("the kernel")
        octets = (card.mac or "").split(":")
        if not plain or card.ifindex is None or card.ifindex < 2 or card.ifindex in seen:
            left_out.append((card.ifname, "its name or index cannot be given to a link"))
        elif len(octets) != ETHERNET or card.kind != "ether" or int(octets[0], 16) & 1:
            left_out.append((card.ifname, "a link of its kind cannot be made for the question"))
        else:
            seen.add(card.ifindex)
            cards.append(card)
    return cards, left_out


def _ask(
    folder: Path, root: str, scheme: Scheme, cards: Sequence[Interface], rules: bool
) -> tuple[dict[str, dict[str, str]], list[str]]:
    """What udevadm printed for each interface, and those for which no link could be made."""
    import subprocess

    user = ["-mn"] if os.geteuid() == 0 else ["-Urmn"]
    environment = {
        "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin",
        "NET_NAMING_SCHEME": scheme.name,
        "SYSTEMD_DEVICE_VERIFY_SYSFS": "0",  # documented in systemd's docs/ENVIRONMENT.md, as the next
        "SYSTEMD_PROC_CMDLINE": "quiet",
        "SYSTEMD_LOG_LEVEL": "err",
    }
    asked = "".join(f"{card.ifname} {card.ifindex} {card.mac}\n" for card in cards)
    try:
        done = subprocess.run(
            ["unshare", *user, "bash", "-c", SCRIPT, "ask", root, str(folder), "rules" if rules else "builtin"],
            input=asked,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            env=environment,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise LabError(f"--confirm: udevadm could not be asked ({type(error).__name__})") from None
    answers: dict[str, dict[str, str]] = {}
    silent: list[str] = []
    current: dict[str, str] = {}
    for line in done.stdout.splitlines():
        mark, _, rest = line.partition(" ")
        if mark == "!!":
            raise LabError(f"--confirm: {rest} is not allowed here; it needs namespaces, as root has them")
        if mark == "==":
            current = answers[rest] = {}
        elif mark == "--":
            silent.append(rest)
        elif "=" in line:
            key, _, value = line.strip().partition("=")
            current[key] = value
    if done.returncode != 0 and not answers:
        raise LabError("--confirm: namespaces cannot be made here (unshare -mn); it needs root, or user namespaces")
    return answers, silent
