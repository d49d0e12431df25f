"""The real systemd, asked what it names the interfaces of machines that are values.

The genuine `udevadm test-builtin net_id` runs on a folder that takes the place of /sys, in a mount namespace
(`ask-udevadm`); as root or as an ordinary user; of this machine, or of a release unpacked by `systemd-root`.
"""

import dataclasses
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.naming.model import Machine
from tests.naming.synthetic import write_machine

__all__ = ["Question", "Udevadm", "mismatches"]

ASK = Path(__file__).resolve().parent / "ask-udevadm"
NAME = "ID_NET_NAME_"
SCHEME = "ID_NET_NAMING_SCHEME"
Question = tuple[str, str]  # scheme, interface


@dataclasses.dataclass(frozen=True, slots=True)
class Udevadm:
    """The systemd of the system below `root`."""

    root: Path = Path("/")

    def release(self) -> int:
        """The number that `udevadm --version` prints; 0 if there is none."""
        command = ["udevadm", "--version"]
        if self.root != Path("/"):
            command = [*_namespace(), "chroot", str(self.root), *command]
        elif shutil.which("udevadm") is None:
            return 0
        text = subprocess.run(command, capture_output=True, text=True, check=False).stdout
        return int(text.split()[0]) if text.strip() else 0

    def names(self, machines: Sequence[tuple[Machine, Sequence[Question]]]) -> list[dict[Question, dict[str, str]]]:
        """For each machine, what was printed for each (scheme, interface): property by name.

        Raises `RuntimeError` if no mount namespace can be had here, or if an answer is missing.
        """
        with tempfile.TemporaryDirectory(prefix="lab-oracle-") as place:
            lines = []
            for number, (machine, questions) in enumerate(machines):
                folder = Path(place) / str(number)
                write_machine(machine, folder)
                lines.append(f"machine {folder}\n")
                lines += [f"ask {scheme} {ifname}\n" for scheme, ifname in questions]
            done = subprocess.run(
                [*_namespace(), str(ASK), str(self.root)],
                input="".join(lines),
                capture_output=True,
                text=True,
                errors="surrogateescape",
                check=False,
                env={"PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin:/usr/bin:/bin"},
            )
        found = _parse(done.stdout)
        if [set(answers) for answers in found] != [set(questions) for _, questions in machines]:
            raise RuntimeError(f"udevadm of {self.root} cannot be asked here: {done.stderr.strip() or 'no answer'}")
        return found


def _namespace() -> list[str]:
    return ["unshare", "-m" if os.geteuid() == 0 else "-Urm"]


def _parse(text: str) -> list[dict[Question, dict[str, str]]]:
    machines: list[dict[Question, dict[str, str]]] = []
    current: dict[str, str] = {}
    for line in text.split("\n"):
        words = line.split(" ")
        if line.startswith("== machine "):
            machines.append({})
        elif line.startswith("== ask "):
            current = machines[-1][words[2], words[3]] = {}
        elif "=" in line:
            key, _, value = line.partition("=")
            current[key] = value
    return machines


def mismatches(ours: Mapping[str, str | None], said: Mapping[str, str], scheme: str) -> dict[str, tuple[str, str]]:
    """Where our names by policy and what udevadm printed differ: (ours, theirs) by policy, "" for none.

    A scheme that udevadm does not know, which it replaces by its default without a word, is such a place.
    """
    found = {}
    if said.get(SCHEME, scheme) != scheme:
        found["scheme"] = scheme, said[SCHEME]
    for policy in sorted({*ours, *(key.removeprefix(NAME) for key in said if key.startswith(NAME))}):
        pair = ours.get(policy) or "", said.get(NAME + policy, "")
        if pair[0] != pair[1]:
            found[policy] = pair
    return found
