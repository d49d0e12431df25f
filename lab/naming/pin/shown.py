"""A machine as folders that udev can be shown in the place of its own: sysfs, its database, its `.link` files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lab.core.errors import LabError
from lab.naming.link.decide import RENAMED
from lab.naming.link.folders import FOLDERS
from lab.naming.model import Machine
from lab.naming.pin.rule import RuleFile
from lab.naming.tree import Tree, tree_of

__all__ = ["write_system"]


def write_system(machine: Machine, files: Sequence[RuleFile], folder: Path) -> None:
    """The machine's sysfs, udev's database and our files, below `folder`: sys/, run/udev/data/, run/systemd/network/.

    Raises `LabError` if that cannot be written.
    """
    tree = _booted(machine)
    run = folder / "run"
    network, data, rules = run / FOLDERS[1].removeprefix("/run/"), run / "udev/data", run / "udev/rules.d"
    try:
        for path in sorted(tree.folders):
            _below(folder / "sys", path).mkdir(parents=True, exist_ok=True)
        for path, content in tree.files.items():
            _below(folder / "sys", path).write_bytes(content)
        for path, target in tree.links.items():
            _below(folder / "sys", path).symlink_to(target)
        for place in (network, data, rules):
            place.mkdir(parents=True)
        for file in files:
            (rules if file.name.endswith(".rules") else network).joinpath(file.name).write_text(file.text, "utf-8")
        for card in machine.cards:
            values: Mapping[str, str] = machine.properties.get(card.devpath, {})
            lines = [f"E:{key}={value}\n" for key, value in values.items() if "\n" not in value]
            (data / f"n{card.ifindex}").write_text("".join(["I:1\n", *lines]), "utf-8")
    except (OSError, ValueError) as error:
        raise LabError(f"{machine.name}: its sysfs cannot be written out for udevadm ({error})") from None


def _below(folder: Path, path: str) -> Path:
    parts = path.strip("/").split("/")
    if ".." in parts:
        raise ValueError(f"{path} leads out of the folder")
    return folder.joinpath(*parts)


def _booted(machine: Machine) -> Tree:
    """The sysfs as udev finds it at boot: no card was renamed yet (its folder keeps the name it has here)."""
    renamed = [f"{card.devpath}/name_assign_type" for card in machine.cards]
    files = {p: b"1\n" for p in renamed if machine.tree.text(p) == RENAMED}
    return tree_of({**machine.tree.files, **files}, machine.tree.links, machine.tree.folders)
