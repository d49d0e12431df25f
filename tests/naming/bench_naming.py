"""How long the names of an interface take under all schemes, beside one udevadm process: `make bench-naming`.

The cards are random ones on all buses; then machines of 1 to 1,000 cards, each in a slot of its own, show the growth.
"""

import random
import sys
from collections.abc import Callable, Sequence

from lab.core.errors import LabError
from lab.core.timing import Measurement, machine, measure
from lab.naming import predict
from lab.naming.model import Machine
from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import release
from tests.naming.random_machines import draw
from tests.naming.synthetic import Board
from tests.oracle.udevadm import Udevadm

MACHINES = 40
SIZES = (1, 10, 100, 1000)
ASKED = 20  # interfaces of a machine of growing size that are asked for


def main() -> int:
    """Measure both in turns, print the figures and the ratio; 1 if there is no udevadm to compare with."""
    here = machine()
    print(f"{here.cpu}, {here.cores_allowed} cores allowed, {here.system}, Python {here.python}")
    machines = [draw(random.Random(seed)).machine(f"machine {seed}") for seed in range(MACHINES)]
    cards = sum(len(m.interfaces) for m in machines)
    schemes = len(release(RELEASE).schemes)
    udevadm = Udevadm()
    number = udevadm.release()
    try:
        scheme = release(number).default
    except LabError as error:
        print(f"udevadm: {error}" if number else "udevadm: there is none here (Debian package udev)")
        return 1
    found = measure(
        {
            "predict": lambda: [_predict(m) for m in machines],
            "asked": lambda: udevadm.names([(m, [(scheme, i.ifname) for i in m.interfaces]) for m in machines]),
            "not asked": lambda: udevadm.names([(m, []) for m in machines]),
        },
        units=cards,
        rounds=5,
        warm_up=1,
    )
    print(f"{cards} interfaces of {MACHINES} random machines, microseconds an interface (95 % interval), 5 rounds:")
    print(f"  predict, {schemes} schemes of systemd {RELEASE}: {_shown(found['predict'])}")
    process = (found["asked"].median - found["not asked"].median) / 1000
    print(f"  one process of udevadm {number}, one scheme: {process:,.0f}")
    print(f"  so all {schemes} schemes take 1/{process / found['predict'].median * 1000:.1f} of one process")
    print(f"growth, {schemes} schemes, cards each behind a root port of its own and in a slot:")
    grown = [_big(size) for size in SIZES]
    runs = {str(size): _run(m) for size, m in zip(SIZES, grown, strict=True)}
    units = {str(size): min(size, ASKED) for size in SIZES}
    for name, figure in measure(runs, units, rounds=5, warm_up=1).items():
        print(f"  {int(name):>5,} interfaces: {_shown(figure)} an interface")
    return 0


def _run(wanted: Machine) -> Callable[[], object]:
    return lambda: _predict(wanted)


def _predict(wanted: Machine) -> Sequence[object]:
    schemes = release(RELEASE).schemes.values()
    step = max(1, len(wanted.interfaces) // ASKED)
    return [predict(wanted, i, scheme) for i in wanted.interfaces[::step] for scheme in schemes]


def _big(cards: int) -> Machine:
    board = Board()
    for number in range(cards):
        domain, bus = divmod(number, 250)
        above = board.pci(f"{domain:04x}:00:{number % 32:02x}.{number // 32 % 8}", bridge=True)
        address = f"{domain:04x}:{bus + 1:02x}:00"
        board.net(board.pci(f"{address}.0", above))
        board.slot(str(number + 1), address)
    return board.machine(f"{cards} cards")


def _shown(figure: Measurement) -> str:
    return f"{figure.median / 1000:,.0f} ({figure.low / 1000:,.0f} to {figure.high / 1000:,.0f})"


if __name__ == "__main__":
    sys.exit(main())
