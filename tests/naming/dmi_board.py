"""A board with a raw SMBIOS table and configuration spaces, for biosdevname's rules."""

import dataclasses
from collections.abc import Mapping

from lab.naming.model import Machine, machine_of
from lab.naming.schemes.biosdevname import biosdevname
from lab.naming.smbios import ENTRY, TABLE
from lab.naming.trace import Candidate
from tests.naming.dmi_table import config, entry, system, table
from tests.naming.synthetic import Board

__all__ = ["DEVICES", "Bench", "by_place", "names", "only"]

DEVICES = "/bus/pci/devices"


@dataclasses.dataclass(slots=True)
class Bench:
    """A board with a raw table and configuration spaces."""

    board: Board = dataclasses.field(default_factory=Board)

    def bridge(
        self, address: str, behind: int, above: str = "", port: int | None = None, slot_number: int | None = None
    ) -> str:
        """A bridge to the bus `behind`."""
        path = self.board.pci(address, above, bridge=True)
        self.board.files[f"{path}/class"] = b"0x060400\n"
        self.board.files[f"{path}/config"] = config(bridge_to=behind, port=port, slot_number=slot_number)
        return path

    def card(self, address: str, above: str = "", net: bool = True, driver: str = "igb", **attributes: str) -> str:
        """A network function, with an interface if `net`."""
        path = self.board.pci(address, above)
        self.board.files[f"{path}/class"] = b"0x020000\n"
        self.board.files[f"{path}/config"] = config()
        self.board.links[f"{path}/driver"] = f"../../../bus/pci/drivers/{driver}"
        if net:
            self.board.net(path, **attributes)
        return path

    def machine(self, *structures: bytes, vendor: str = "ACME", version: tuple[int, int] = (2, 6)) -> Machine:
        """The machine with a table of `structures`, made by `vendor`."""
        self.board.files[TABLE] = table(system(vendor), *structures)
        self.board.files[ENTRY] = entry(*version)
        self.board.folders.append(DEVICES)
        return machine_of("made up", "synthetic", self.board.tree())


def names(machine: Machine) -> dict[str, str | None]:
    """Bus path -> name; a second interface there has the interface's name as well."""
    return by_place(machine, biosdevname(machine))


def by_place(machine: Machine, answers: Mapping[str, Candidate]) -> dict[str, str | None]:
    """Bus path -> name, of these answers."""
    found: dict[str, str | None] = {}
    for card in machine.cards:
        place = str(card.bus_path)
        found[place if place not in found else f"{place} {card.ifname}"] = answers[card.devpath].name
    return found


def only(machine: Machine) -> Candidate:
    """The answer for the machine's one card."""
    (answer,) = biosdevname(machine).values()
    return answer
