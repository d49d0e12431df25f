"""What must hold of every preset that was booted; two files share the presets, so that two cores are busy."""

from collections.abc import Callable

from lab.naming.topologies import PRESETS, preset
from lab.realkernel.naming import NamingResult, recorded, recorded_topologies
from lab.realkernel.naming.show import differences, headline

__all__ = ["ACCIDENTS", "LIMIT", "OTHERS", "Boots", "as_predicted", "as_recorded"]

Boots = Callable[[str], NamingResult]
LIMIT = 300.0  # seconds; other tests run beside these
# names that go elsewhere: a card more, drivers in another order, another way to count slots
ACCIDENTS = (
    "card-before", "card-added", "driver-order-1", "driver-order-2", "driver-race", "native-slots", "acpi-slots",
    "race-two-cpus",
)  # fmt: skip
OTHERS = tuple(name for name in PRESETS if name not in ACCIDENTS)


def as_predicted(name: str, result: NamingResult) -> None:
    """Real systemd gave every name that was predicted before the boot."""
    assert differences(result) == []
    assert (len(result.cards), result.differ) == (len(preset(name).cards), 0)
    assert len(result.said.schemes) == len(result.said.systemd.schemes) >= 2
    assert headline(result).startswith(
        f"{result.names} names under {len(result.said.schemes)} schemes predicted before"
    )
    old = recorded(name)
    assert result.names == old.names if result.schemes == old.schemes else result.names >= 2 * len(result.cards)
    assert result.said.newest == tuple(result.systemd.schemes)[-1]
    assert result.said.qemu, "QEMU says its version"


def as_recorded(name: str, new: NamingResult) -> None:
    """What was recorded once is what a boot gives today."""
    assert name in recorded_topologies()
    old = recorded(name)
    both = [scheme for scheme in old.schemes if scheme in new.schemes]
    assert len(both) >= 2
    found, wanted = (_by_mac(result, both) for result in (new, old))
    assert found == wanted
    if old.systemd.number == new.systemd.number and old.order is None:  # a race draws its names anew
        assert {c.mac: (c.name, c.place) for c in new.cards} == {c.mac: (c.name, c.place) for c in old.cards}


def _by_mac(result: NamingResult, schemes: list[str]) -> dict[tuple[str, str], dict[str, str]]:
    """What systemd answered, by MAC and scheme: a race may give the cards other names of the kernel."""
    names = {str(card.mac): card.ifname for card in result.said.machine.cards}
    return {
        (mac, scheme): dict(result.said.names[ifname, scheme]) for mac, ifname in names.items() for scheme in schemes
    }
