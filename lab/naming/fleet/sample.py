"""A fleet that nobody owns: servers of some models, drawn from a seed, with what makes equal servers differ.

Each model has eight interfaces on onboard ports, cards of one, two or four functions, cards with several ports on one
function, and virtual functions, below root ports that may have a bridge between. Some hosts of a model differ: a card
with a bridge of its own shifts the buses behind it, an older BIOS gives no index, a slot has another number, a newer
driver names its ports.
"""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Iterator
from pathlib import Path

from lab import __version__
from lab.core.errors import LabError
from lab.core.progress import Progress, silent
from lab.core.snapshot import Provenance, write_atomic
from lab.naming.fleet.board import OTHER, Board
from lab.naming.model import machine_of
from lab.naming.sources.snapshot import encode

__all__ = ["HOSTS_MAX", "MODELS_MAX", "sample_lines", "write_sample"]

HOSTS_MAX, MODELS_MAX = 10_000_000, 10_000
INTERFACES = 8
VENDORS = (("Dell Inc.", "PowerEdge R"), ("HPE", "ProLiant DL"), ("Lenovo", "ThinkSystem SR"), ("Supermicro", "SYS-"))
# driver of the physical function, its ids, driver and ids of its virtual functions
KINDS = (
    ("ixgbe", (0x8086, 0x10FB), "ixgbevf", (0x8086, 0x10ED)),
    ("i40e", (0x8086, 0x1572), "iavf", (0x8086, 0x154C)),
    ("ice", (0x8086, 0x1593), "iavf", (0x8086, 0x1889)),
    ("bnxt_en", (0x14E4, 0x16D7), "bnxt_en", (0x14E4, 0x16DC)),
    ("mlx5_core", (0x15B3, 0x1017), "mlx5_core", (0x15B3, 0x1018)),
)
ONBOARD = (("tg3", (0x14E4, 0x165F)), ("igb", (0x8086, 0x1521)))
# how often a host of a model differs, and in what
DEVIATIONS = (("extra card", 0.05), ("no index", 0.04), ("slot", 0.03), ("port names", 0.03))
_BLANK = re.compile(rb"%([a-z]+)([0-9]*)%")


@dataclasses.dataclass(frozen=True, slots=True)
class _Card:
    """A card of a model: its kind, functions, ports on a function, virtual functions of the first one."""

    kind: int
    functions: int
    ports: int
    virtual: int
    slot: int
    behind_bridge: bool
    sun: bool


@dataclasses.dataclass(frozen=True, slots=True)
class _Model:
    """What all servers of one model have in common."""

    vendor: str
    product: str
    onboard: int
    onboard_kind: int
    index: str  # the file that the firmware's index is in: acpi_index or index, "" if it gives none
    first_index: int
    root: int  # device number of the first root port
    extra_at: int  # the card before which an extra one may sit
    cards: tuple[_Card, ...]


class _Draw:
    """Numbers from a seed, the same with every Python: only `random()` is used, whose sequence is promised."""

    def __init__(self, seed: str) -> None:
        self._next = random.Random(seed).random  # noqa: S311 - a sample, no secret

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        return int(self._next() * count)

    def chance(self, share: float) -> bool:
        """True for this share of all calls."""
        return self._next() < share


def sample_lines(seed: int, hosts: int, models: int) -> Iterator[bytes]:
    """The lines of a fleet: `hosts` snapshots of servers of `models` models; one seed gives the same bytes always.

    Raises `LabError` for numbers out of range.
    """
    for what, value, most in (("hosts", hosts, HOSTS_MAX), ("models", models, MODELS_MAX)):
        if not 1 <= value <= most:
            raise LabError(f"--{what}: {value:,} is out of range; 1 to {most:,}")
    plans = [_model(_Draw(f"{seed} model {number}"), number) for number in range(models)]
    forms: dict[tuple[int, tuple[str, ...]], list[bytes]] = {}
    draw = _Draw(f"{seed} hosts")
    for host in range(hosts):
        number = draw.below(models)
        differs = tuple(word for word, share in DEVIATIONS if draw.chance(share))
        key = (number, differs)
        if key not in forms:
            forms[key] = _form(plans[number], number, differs)
        yield _filled(forms[key], seed, host, number)


def write_sample(path: Path | str, seed: int, hosts: int, models: int, progress: Progress = silent) -> None:
    """Write `sample_lines` to the file `path`, wholly or not at all; raises `LabError` if it cannot be."""

    def told() -> Iterator[bytes]:
        for done, line in enumerate(sample_lines(seed, hosts, models)):
            if done % 1000 == 0:
                progress(done, hosts, "writing hosts")
            yield line + b"\n"
        progress(hosts, hosts, "writing hosts")

    write_atomic(path, told())


def _model(draw: _Draw, number: int) -> _Model:
    """A model with eight interfaces."""
    vendor, series = VENDORS[draw.below(len(VENDORS))]
    onboard = (2, 2, 4)[draw.below(3)]
    cards: list[_Card] = []
    left = INTERFACES - onboard
    while left:
        functions, ports, virtual = ((1, 1, 0), (2, 1, 0), (4, 1, 0), (1, 2, 0), (1, 1, 1), (1, 1, 3))[draw.below(6)]
        if functions * ports + virtual <= left:
            left -= functions * ports + virtual
            slot = 1 + len(cards) + (draw.below(3) if draw.chance(0.3) else 0)
            bridge, sun = draw.chance(0.3), draw.chance(0.25)
            cards.append(_Card(draw.below(len(KINDS)), functions, ports, virtual, slot, bridge, sun))
    return _Model(
        vendor=vendor,
        product=f"{series}{300 + number}",
        onboard=onboard,
        onboard_kind=draw.below(len(ONBOARD)),
        index=("acpi_index", "acpi_index", "index", "")[draw.below(4)],
        first_index=1 if draw.chance(0.9) else 49 + draw.below(20_000),
        root=1 + draw.below(3),
        extra_at=draw.below(len(cards) + 1),
        cards=tuple(cards),
    )


def _board(model: _Model, differs: tuple[str, ...]) -> Board:
    """One server of the model, with blanks where each host has something of its own."""
    board = Board()
    board.dmi(sys_vendor=model.vendor, product_name=model.product, product_serial="%serial%", product_uuid="%uuid%")
    for place, card in enumerate(model.cards):
        if place == model.extra_at and "extra card" in differs:
            _extra(board, model)
        _card(board, model.root + 2 * place + 1, card, differs)
    if model.extra_at == len(model.cards) and "extra card" in differs:
        _extra(board, model)
    driver, ids = ONBOARD[model.onboard_kind]
    above, bus = board.bridge("", 0, 0x1C)
    for function in range(model.onboard):
        path = board.pci(above, bus, 0, function, ids, driver, functions=True)
        if model.index and "no index" not in differs:
            board.text(f"{path}/{model.index}", str(model.first_index + function))
            board.text(f"{path}/label", f"NIC{function + 1}")
        board.firmware(path, None)
        board.net(path, f"%mac{board.interfaces}%")
    return board


def _extra(board: Board, model: _Model) -> None:
    """A card with a bridge of its own: it takes two buses."""
    above, bus = board.bridge("", 0, model.root + 2 * model.extra_at)
    inner, behind = board.bridge(above, bus, 0)
    board.pci(inner, behind, 0, 0, (0x10DE, 0x20B5), "nvidia", code=OTHER)


def _card(board: Board, root: int, card: _Card, differs: tuple[str, ...]) -> None:
    driver, ids, virtual_driver, virtual_ids = KINDS[card.kind]
    above, bus = board.bridge("", 0, root)
    slot = card.slot + (10 if "slot" in differs else 0)
    board.firmware(above, slot if card.sun else None)
    if not card.sun:
        board.slot(str(slot), bus)
    if card.behind_bridge:
        above, bus = board.bridge(above, bus, 0)
    for function in range(card.functions):
        path = board.pci(above, bus, 0, function, ids, driver, functions=card.functions > 1)
        for port in range(card.ports):
            named = card.kind in (1, 2, 4) and "port names" in differs
            board.net(path, f"%mac{board.interfaces}%", port, f"p{function + port}" if named else "")
        for number in range(card.virtual):
            board.net(board.virtual_function(path, number, virtual_ids, virtual_driver), f"%mac{board.interfaces}%")


def _form(model: _Model, number: int, differs: tuple[str, ...]) -> list[bytes]:
    """The line of such a host, cut at its blanks: text, word, number, text, word, ..."""
    machine = machine_of("%name%", "generated", _board(model, differs).tree())
    told = Provenance("%name%", f"kernel-lab {__version__}", "%date%")
    return _BLANK.split(encode(machine, told).encode())


def _filled(form: list[bytes], seed: int, host: int, number: int) -> bytes:
    """The line of host number `host`: addresses that no other host has, its name and serial number."""
    parts = form.copy()
    for i in range(1, len(parts), 3):
        match parts[i]:
            case b"mac":
                own = host * INTERFACES + int(parts[i + 1])
                parts[i] = b"%02x:%02x:%02x:%02x:%02x:%02x" % (0x0C, 0x42, *own.to_bytes(4, "big"))
            case b"name":
                parts[i] = b"m%03d-host%06d" % (number, host)
            case b"date":
                parts[i] = b"2026-01-%02d" % (1 + host % 28)
            case b"serial":
                parts[i] = b"SN%d%08d" % (seed, host)
            case _:
                parts[i] = b"%08x-0000-4000-8000-%012x" % (seed & 0xFFFFFFFF, host)
        parts[i + 1] = b""
    return b"".join(parts)
