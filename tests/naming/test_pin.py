"""Pinning: the smallest set of rules, proved again here, rule by rule."""

import random
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.core.palette import TOKENS
from lab.naming import open_source
from lab.naming.link import arrange, decide, default_links, parse
from lab.naming.model import Machine
from lab.naming.persistent_rules import parse_rules
from lab.naming.pin import FORMATS, Pin, plan, write_files
from lab.naming.pin.answer import TOKENS as STATES
from lab.naming.pin.rule import MARK, RuleFile, dangerous
from lab.naming.pin.udev_rules import named_by
from lab.naming.schemes.flags import Scheme
from lab.naming.schemes.releases import release
from lab.naming.whatif import apply, parse_step
from tests.naming.synthetic import Board

ONE, TWO, THREE = (f"52:54:00:00:00:0{n}" for n in (1, 2, 3))


def target(number: int, name: str = "") -> Scheme:
    known = release(number)
    return known.scheme(name or known.default)


def upgraded() -> Machine:
    """The machine of preset N4: the firmware knows a slot number, which systemd asks for from 257 on."""
    return apply(open_source("t01"), [parse_step("set 0000:00:03.0/firmware_node/sun=3")])


def names(pin: Pin) -> dict[str, tuple[str | None, str | None, str | None, str]]:
    return {
        r.card: (r.now, r.after.name if r.after else None, r.pinned.name if r.pinned else None, r.state)
        for r in pin.rows
    }


# -- what a person meets --------------------------------------------------------------------------


def test_the_upgrade_of_n4_needs_one_rule() -> None:
    pin = plan(upgraded(), target(257))
    assert pin.headline == ("1 rule keeps all 3 names under systemd 257 (v257): without it enp0s3 becomes ens3.")
    assert names(pin) == {
        ONE: ("enp0s3", "ens3", "enp0s3", "pinned"),
        TWO: ("enp0s5", "enp0s5", "enp0s5", "kept"),
        THREE: ("enp0s7", "enp0s7", "enp0s7", "kept"),
    }
    (file,) = pin.files
    assert (file.name, file.belongs) == ("10-enp0s3.link", "/etc/systemd/network")
    link = parse(file.name, [(file.name, file.text)])
    assert link.match == {"PermanentMACAddress": (ONE,), "Type": ("ether",)}
    assert (link.name, link.ignored) == ("enp0s3", ())
    assert link.altnames_policy == default_links(257)[0].altnames_policy, "it replaces 99-default.link"
    assert link.settings == (("MACAddressPolicy", "persistent"),)
    assert (pin.alternative, pin.proved) == ("v255", True)
    assert "ens3" in pin.rows[0].pinned.altnames if pin.rows[0].pinned else False
    assert not plan(upgraded(), target(255)).files


def test_the_card_added_in_n1_must_be_moved_aside_too() -> None:
    pin = plan(open_source("t09a"), target(262), after=open_source("t09b"))
    assert names(pin) == {
        ONE: ("enp1s0", "enp2s0", "enp1s0", "pinned"),
        TWO: (None, "enp1s0", "enx525400000002", "moved aside"),
    }
    assert len(pin.rules) == 2
    moved = parse("a.link", [("a.link", pin.files[1].text)])
    assert "path" not in moved.altnames_policy, "its altname would be the pinned name"
    assert pin.alternative == ""


def test_nothing_changes_nothing_is_written() -> None:
    pin = plan(open_source("t04"), target(262))
    assert (pin.headline, pin.files) == ("No rule is needed: both names stay under systemd 262 (v261).", ())
    every = plan(open_source("t04"), target(262), only="all")
    assert [p.needed for p in every.rules] == ["", ""]
    assert every.explained()[0].endswith("Not needed to keep a name.")


def test_another_firmware_renames_both() -> None:
    pin = plan(open_source("t04"), target(262), after=open_source("t05"))
    assert {n[:3] for n in names(pin).values()} == {("ens11", "enp1s0", "ens11"), ("ens42", "enp2s0", "ens42")}


def test_a_collision_is_told_and_the_kernels_name_is_not_given() -> None:
    pin = plan(open_source("t13"), target(245), old=target(245))
    assert [n for n, _ in pin.refused] == ["eth1", "ens2"]
    assert "the kernel itself counts ethN" in pin.refused[0][1]
    assert not pin.proved
    given = plan(open_source("t13"), target(245), names=f"{ONE}=lan0,{TWO}=lan1")
    assert [r.pinned.name for r in given.rows if r.pinned] == ["lan0", "lan1"]
    assert given.proved


def test_names_of_a_policy() -> None:
    pin = plan(open_source("t04"), target(262), names="MAC")
    assert [r.now for r in pin.rows] == ["enx525400000001", "enx525400000002"]
    assert len(pin.rules) == 2
    assert pin.proved


def test_a_udev_database_is_pinned_to_be_sure() -> None:
    from lab.core.dataset import find

    machine = open_source(str(find("naming/t04").path / "export-db.txt"))
    assert not plan(machine, target(252)).files
    pin = plan(machine, target(262))
    assert len(pin.rules) == 2
    assert all("uncertain" in p.needed for p in pin.rules)
    assert (pin.alternative, pin.proved) == ("v252", True)


# -- the key --------------------------------------------------------------------------------------


def board(*cards: dict[str, str], above: str = "") -> Machine:
    made = Board()
    for number, attributes in enumerate(cards, 3):
        made.net(made.pci(f"0000:00:{number:02x}.0", above), **attributes)
    return made.machine("made up")


def key(pin: Pin) -> list[str]:
    return [line for f in pin.files for line in f.text.split("\n") if line.startswith(("Path=", "MAC", "Perm"))]


def test_a_random_address_is_no_key_so_the_place_is() -> None:
    pin = plan(board({"addr_assign_type": "1"}), target(262), names="0000:00:03.0=lan0")
    assert "Path=pci-0000:00:03.0" in key(pin)
    assert "its address is not permanent" in pin.rules[0].rule.key.why
    assert pin.proved


def test_an_address_that_two_cards_have_is_no_key() -> None:
    pin = plan(board({"address": ONE}, {"address": ONE}), target(262), names="0000:00:03.0=lan0,0000:00:04.0=lan1")
    assert "another card has the same address" in pin.rules[0].rule.key.why
    assert pin.proved


def test_two_ports_without_a_key_are_refused() -> None:
    made = Board()
    device = made.pci("0000:00:03.0")
    for port in ("0", "1"):
        made.net(device, addr_assign_type="1", dev_port=port)
    pin = plan(made.machine("made up"), target(262), names="eth0=lan0,eth1=lan1")
    assert [n for n, _ in pin.refused] == ["lan0", "lan1"]
    assert "another interface has the same ID_PATH pci-0000:00:03.0" in pin.refused[0][1]
    assert not pin.files


def test_an_older_systemd_asks_for_the_address_as_it_can() -> None:
    assert f"MACAddress={ONE}" in key(plan(board({}), target(244), names=f"{ONE}=lan0"))
    assert f"PermanentMACAddress={ONE}" in key(plan(board({}), target(245), names=f"{ONE}=lan0"))


def test_a_place_with_strange_letters_is_refused() -> None:
    made = Board()
    made.net(made.device('/devices/platform/a"b\nName=x', "platform"), addr_assign_type="1")
    pin = plan(made.machine("made up"), target(262), names="eth0=lan0")
    assert "letters that a rule cannot hold" in pin.refused[0][1]
    assert not pin.files


# -- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["eth0", "wlan12", "ib0", "usb0", "x" * 16, "a b", "a:b", "7", "all", 'a"b', "a$b", "-5"]
)
def test_dangerous_names(name: str) -> None:
    assert dangerous(name)
    with pytest.raises(LabError, match="--names: "):
        plan(board({}), target(262), names=f"{ONE}={name}")


@pytest.mark.parametrize("name", ["lan0", "enp0s3", "eth", "ethernet0", "uplink", "x" * 15, "a.100"])
def test_names_that_may_be_given(name: str) -> None:
    assert not dangerous(name)
    pin = plan(board({}), target(262), names=f"{ONE}={name}")
    assert [r.pinned.name for r in pin.rows if r.pinned] == [name]


@pytest.mark.parametrize(
    ("wanted", "complaint"),
    [
        ("BIOS", "'BIOS' is not CARD=NAME, and none of current, ONBOARD"),
        ("", "'' is not CARD=NAME"),
        ("lan7=lan0", "'lan7' is unknown"),
        (f"{ONE}=lan0,{TWO}=lan0", "'lan0' would be the name of two cards"),
        (f"{ONE}=eth1", "the kernel itself counts ethN"),
    ],
)
def test_names_that_make_no_sense(wanted: str, complaint: str) -> None:
    with pytest.raises(LabError, match=complaint):
        plan(board({}, {}), target(262), names=wanted)


def test_an_unknown_format_or_choice() -> None:
    for words in ({"form": "ifcfg"}, {"only": "some"}):
        with pytest.raises(LabError, match="is unknown; formats are link, udev"):
            plan(board({}), target(262), **words)  # type: ignore[arg-type]


# -- formats --------------------------------------------------------------------------------------


def test_udev_rules_are_read_back() -> None:
    pin = plan(upgraded(), target(257), form="udev")
    (file,) = pin.files
    rule = f'DRIVERS=="?*", ATTR{{address}}=="{ONE}", ATTR{{type}}=="1", NAME="enp0s3"'
    assert rule in file.text
    machine = upgraded()
    given = {i.ifname: named_by(parse_rules(file.text.encode(), "ours"), machine, i) for i in machine.interfaces}
    assert given == {"enp0s3": "enp0s3", "enp0s5": None, "enp0s7": None, "lo": None}
    assert pin.proved


def test_a_udev_rule_cannot_take_an_altname_away() -> None:
    pin = plan(open_source("t09a"), target(262), after=open_source("t09b"), form="udev")
    assert [n for n, _ in pin.refused] == ["enp1s0"]
    assert "--format link does" in pin.refused[0][1]


def test_netplan_makes_link_files() -> None:
    import yaml

    pin = plan(upgraded(), target(257), form="netplan")
    (file,) = pin.files
    assert yaml.safe_load(file.text)["network"]["ethernets"] == {
        "enp0s3": {"match": {"macaddress": ONE}, "set-name": "enp0s3"}
    }
    row = pin.rows[0]
    assert row.pinned is not None
    assert row.pinned.file is not None
    assert row.pinned.file.path == "/run/systemd/network/10-netplan-enp0s3.link"
    by_place = plan(board({"addr_assign_type": "1"}), target(262), names="eth0=lan0", form="netplan")
    assert "not by place" in by_place.refused[0][1]


def test_networkmanager_follows_and_renames_nothing() -> None:
    import configparser

    pin = plan(upgraded(), target(257), form="networkmanager")
    (file,) = pin.files
    profile = configparser.ConfigParser()
    profile.read_string(file.text)
    assert (profile["connection"]["type"], profile["ethernet"]["mac-address"]) == ("ethernet", ONE)
    assert names(pin)[ONE] == ("enp0s3", "ens3", "ens3", "follows")
    assert pin.headline.startswith("NetworkManager renames nothing: 1 profile follows its card")
    assert not pin.proved
    by_place = plan(board({"addr_assign_type": "1"}), target(262), names="eth0=lan0", form="networkmanager")
    assert "path=pci-0000:00:03.0" in by_place.files[0].text


def test_one_word_for_the_kernel() -> None:
    pin = plan(upgraded(), target(257), form="cmdline")
    assert [f.text for f in pin.files] == ["net.naming_scheme=v255\n"]
    assert {r.pinned.name for r in pin.rows if r.pinned} == {"enp0s3", "enp0s5", "enp0s7"}
    assert plan(upgraded(), target(255), form="cmdline").files == ()
    with pytest.raises(LabError, match="no scheme of systemd 262 keeps all names"):
        plan(open_source("t09a"), target(262), after=open_source("t09b"), form="cmdline")


def test_other_files_of_the_system_are_heeded() -> None:
    texts = {"/etc/systemd/network/05-mine.link": "[Match]\nType=ether\n[Link]\nNamePolicy=mac\nMTUBytes=9000\n"}
    links = (*arrange(texts), *default_links(262))
    pin = plan(upgraded(), target(262), links=links)
    assert "with the rules in place" in pin.refused[0][1], "05-mine.link is asked before 10-enp0s3.link"
    later = (*arrange({path.replace("05", "50"): text for path, text in texts.items()}), *default_links(262))
    pin = plan(upgraded(), target(262), links=later)
    assert pin.proved
    assert all("MTUBytes=9000" in f.text for f in pin.files), "what a file sets beside names is kept"


# -- the proof ------------------------------------------------------------------------------------


def draw(dice: random.Random) -> tuple[Machine, Machine]:
    """A machine and what may become of it: cards moved or added, firmware indexes and slots that come and go."""
    macs = dice.sample(range(1, 60), dice.randint(1, 5))
    places = dice.sample(range(1, 32), 31)
    made = []
    for later in (False, True):
        built = Board()
        for number in [*macs, *range(60, 60 + later * dice.randint(0, 2))]:
            moved = later and (number >= 60 or dice.random() < 0.3)
            place = f"0000:00:{places[10 + macs.index(number) if not moved else dice.randint(0, 9)]:02x}.0"
            if any(f"/{place}/" in path for path in built.files):
                continue
            device = built.pci(place, "", {"index": str(number)} if dice.random() < 0.2 else {})
            if dice.random() < 0.2:
                built.firmware(device, dice.choice(["0", "4", "5"]))
            if dice.random() < 0.2:
                built.slot(str(number), place.rpartition(".")[0])
            built.links[f"{device}/driver"] = "../../../bus/pci/drivers/e1000e"
            random_address = "1" if number % 4 == 0 else "0"
            built.net(device, address=f"52:54:00:00:00:{number:02x}", addr_assign_type=random_address)
        made.append(built.machine("random"))
    return made[0], made[1]


@pytest.mark.parametrize("form", [f for f, module in FORMATS.items() if module and f != "networkmanager"])
def test_every_answer_is_proved_and_no_rule_is_idle(form: str) -> None:
    proved = rules = 0
    for seed in range(20):
        before, after = draw(random.Random(seed))
        scheme = target(random.Random(seed).choice([244, 252, 257, 262]))
        pin = plan(before, scheme, after=after, old=scheme, form=form)
        module = FORMATS[form]
        assert module is not None
        if not pin.proved:
            continue
        proved += 1
        wanted = {r.card: r.now for r in pin.rows if r.now and r.state != "gone"}
        assert _named(pin, after, scheme, pin.files, module) == wanted, seed
        for index, pinned in enumerate(pin.rules):
            rules += 1
            assert pinned.needed, seed
            fewer = [p.rule for n, p in enumerate(pin.rules) if n != index]
            assert _named(pin, after, scheme, module.render(fewer, scheme), module) != wanted, (seed, pinned)
    assert proved > 5, "the random machines could hardly ever be pinned"
    assert rules > 5, "the random machines hardly ever lost a name"


def _named(
    pin: Pin, after: Machine, scheme: Scheme, files: tuple[RuleFile, ...], module: object
) -> dict[str, str | None]:
    """Who has the names that are to be kept, for certain, with the files in place; decided from their texts."""
    place = module.in_place(files, after, default_links(scheme.release), scheme)  # type: ignore[attr-defined]
    decided = {d.card.devpath: d for d in decide(after, scheme, place.links, named=place.named).values()}
    kept = [r for r in pin.rows if r.now and r.state != "gone"]
    return {r.card: d.name if r.pinned and (d := decided[r.pinned.card.devpath]).certain else None for r in kept}


def test_every_state_has_a_colour_and_the_table_says_what_the_rows_say() -> None:
    assert set(STATES.values()) <= set(TOKENS)
    pin = plan(upgraded(), target(257))
    assert pin.to_table().caption == pin.headline
    assert pin.to_table().rows[0][3:7] == ("enp0s3", "ens3", "enp0s3", "pinned")


# -- writing --------------------------------------------------------------------------------------


def test_files_are_written_and_ours_may_be_replaced(tmp_path: Path) -> None:
    pin = plan(upgraded(), target(257))
    (path,) = write_files(pin.files, tmp_path / "network")
    assert path.read_text("utf-8") == pin.files[0].text
    path.write_text(f"{MARK}\n# an older answer\n", "utf-8")
    assert write_files(pin.files, tmp_path / "network") == (path,)
    assert path.read_text("utf-8") == pin.files[0].text
    path.write_text(pin.files[0].text, "utf-8")
    write_files(pin.files, tmp_path / "network")


def test_what_somebody_else_wrote_stays(tmp_path: Path) -> None:
    files = (RuleFile("a.link", "new\n", "/etc"), RuleFile("b.link", "new\n", "/etc"))
    (tmp_path / "b.link").write_text("mine\n", "utf-8")
    with pytest.raises(LabError, match=r"b\.link: is there already and was not written by this command"):
        write_files(files, tmp_path)
    assert not (tmp_path / "a.link").exists()
    (tmp_path / "b.link").unlink()
    (tmp_path / "b.link").symlink_to("/dev/null")
    with pytest.raises(LabError, match="is a link"):
        write_files(files, tmp_path)
    assert not (tmp_path / "a.link").exists()


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    files = (RuleFile("a.link", "new\n", "/etc"),)
    (tmp_path / "file").write_text("", "utf-8")
    with pytest.raises(LabError, match="is no folder"):
        write_files(files, tmp_path / "file")
    with pytest.raises(LabError, match="cannot be made"):
        write_files(files, tmp_path / "none" / "none")


def test_profiles_are_private(tmp_path: Path) -> None:
    (path,) = write_files(plan(upgraded(), target(257), form="networkmanager").files, tmp_path)
    assert path.stat().st_mode & 0o077 == 0
