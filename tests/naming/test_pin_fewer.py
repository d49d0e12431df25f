"""Rules left out: the smallest set by trying all of them, and the short way of deciding again equal to the long one."""

import itertools
import random

import pytest

from lab.naming.link.decide import decide_one
from lab.naming.link.environment import UNKNOWN
from lab.naming.pin import case as pin_case
from lab.naming.pin import plan
from lab.naming.pin.case import Case
from lab.naming.pin.fewer import Fewer, smallest
from lab.naming.pin.plan import FORMATS
from lab.naming.schemes.releases import release
from tests.naming.synthetic import Board
from tests.naming.test_pin import draw

NAMING = ("link", "udev", "netplan")


def drawn(seed: int) -> Case:
    """A random case; in every second one the names of the cards are dealt out among them anew."""
    dice = random.Random(seed)
    before, after = draw(dice)
    known = release((244, 252, 257, 262)[seed % 4])
    scheme = known.scheme(known.default)
    names = "current"
    if seed % 2:
        offered = Case.of(before, before, scheme, "PATH", scheme, None, UNKNOWN).kept
        cards = [card for card in before.cards if card.devpath in offered]
        dealt = dice.sample([offered[card.devpath] for card in cards], len(cards))
        names = ",".join(f"{card.mac}={name}" for card, name in zip(cards, dealt, strict=True)) or names
    return Case.of(before, after, scheme, names, scheme, None, UNKNOWN)


def test_no_smaller_set_of_the_rules_keeps_as_much() -> None:
    tried = several = 0
    for seed in range(90):
        case, format_ = drawn(seed), FORMATS[NAMING[seed % 3]]
        assert format_ is not None
        rules, _ = case.rules(format_, every=seed % 5 == 0)
        if not 0 < len(rules) <= 5:
            continue
        allowed = set(case.lost(case.decided(rules, format_)))
        sizes = (
            len(some)
            for number in range(len(rules) + 1)
            for some in itertools.combinations(rules, number)
            if set(case.lost(case.decided(some, format_))) <= allowed
        )
        assert len(smallest(case, format_, rules)) == next(sizes), seed
        tried, several = tried + 1, several + (len(rules) > 1)
    assert tried > 40, "the random machines hardly ever lost a name"
    assert several > 20, "there was hardly ever a choice"


@pytest.mark.parametrize("form", NAMING)
def test_one_rule_less_is_what_deciding_everything_again_says(form: str) -> None:
    format_ = FORMATS[form]
    assert format_ is not None
    asked = 0
    for seed in range(60):
        case = drawn(seed)
        rules, _ = case.rules(format_, every=seed % 3 == 0)
        fewer = Fewer(case, format_, rules)
        while fewer.rules:
            left = fewer.rules
            for rule in left:
                less = [other for other in left if other is not rule]
                assert fewer.without(rule) == case.lost(case.decided(less, format_)), (seed, rule.name)
                asked += 1
            fewer.take_out(left[seed % len(left)])
            assert fewer.lost == case.lost(case.decided(fewer.rules, format_)), seed
    assert asked > 100


@pytest.mark.parametrize("form", NAMING)
def test_the_work_grows_with_the_cards_and_no_faster(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    decided = 0

    def counted(*words: object) -> object:
        nonlocal decided
        decided += 1
        return decide_one(*words)  # type: ignore[arg-type]

    monkeypatch.setattr(pin_case, "decide_one", counted)
    each = []
    for cards in (5, 30):
        made = Board()
        for number in range(cards):
            made.net(made.pci(f"0000:00:{number:02x}.0", ""), address=f"52:54:00:00:00:{number:02x}")
        machine, decided = made.machine("many"), 0
        pin = plan(machine, release(262).scheme("v261"), names="MAC", form=form)
        assert len(pin.rules) == cards
        each.append(decided / cards)
    assert each[0] == each[1]


def test_what_netplan_makes_says_nothing_to_a_systemd_before_245() -> None:
    made = Board()
    for number in (3, 4):
        made.net(made.pci(f"0000:00:0{number}.0", ""), address=f"52:54:00:00:00:0{number}", addr_assign_type="0")
    known = release(244)
    pin = plan(made.machine("old"), known.scheme(known.default), names="MAC", form="netplan")
    assert len(pin.refused) == 2, "PermanentMACAddress= is unknown there, and a file without [Match] is ignored"
