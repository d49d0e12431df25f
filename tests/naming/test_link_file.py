"""Reading .link files: settings, lists, resets, drop-ins, masks, and everything that is no setting."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.naming.link import arrange, default_links, parse, read_links
from lab.naming.link.file import LinkFile, hardware_address
from lab.naming.link.words import words

ETC = "/etc/systemd/network/"
USR = "/usr/lib/systemd/network/"


def read(text: str, *dropins: str, release: int = 262) -> LinkFile:
    texts = [(f"{ETC}10-a.link", text), *((f"{ETC}10-a.link.d/{n}.conf", t) for n, t in enumerate(dropins))]
    return parse(texts[0][0], texts, release)


def test_a_file_as_people_write_it() -> None:
    link = read(
        "# the uplink\n[Match]\nMACAddress=00:11:22:aa:bb:cc 00-11-22-AA-BB-CD\nType=ether\n\n"
        "[Link]\nDescription=uplink\nName=lan0\nMTUBytes=9000\n"
        "NamePolicy=keep kernel\nAlternativeName=uplink wan\nAlternativeNamesPolicy=path mac\n"
    )
    assert link.match == {"MACAddress": ("00:11:22:aa:bb:cc", "00-11-22-AA-BB-CD"), "Type": ("ether",)}
    assert (link.name, link.name_policy, link.altnames, link.altnames_policy) == (
        "lan0", ("keep", "kernel"), ("uplink", "wan"), ("path", "mac")
    )  # fmt: skip
    assert link.settings == (("Description", "uplink"), ("MTUBytes", "9000"))
    assert (link.ignored, link.file_name, link.empty) == ((), "10-a.link", False)


def test_lists_grow_and_are_reset_and_policies_are_replaced() -> None:
    link = read(
        "[Match]\nDriver=e1000 igb\nDriver=\nDriver=!ixgbe mlx*\nOriginalName=*\n"
        "[Link]\nName=a\nName=\nName=b\nNamePolicy=path\nNamePolicy=slot mac\nAlternativeName=x\nAlternativeName=\n"
    )
    assert link.match["Driver"] == ("!ixgbe", "!mlx*")
    assert (link.name, link.name_policy, link.altnames) == ("b", ("slot", "mac"), ())


def test_dropins_come_after_the_file_in_order() -> None:
    link = read("[Match]\nOriginalName=*\n[Link]\nName=a\n", "[Link]\nName=b\n", "[Match]\nType=ether\n")
    assert (link.name, link.match["Type"], len(link.dropins)) == ("b", ("ether",), 2)


def test_lines_are_joined_and_comments_left_out() -> None:
    link = read("[Match]\nDriver=a \\\n# between\n; two\n  b\\\n\n[Link]\nName=lan0 \n   # no comment=1\n")
    assert (link.match["Driver"], link.name) == (("a", "b"), "lan0")
    assert link.settings == ()


def test_conditions_are_kept_and_the_last_one_counts() -> None:
    link = read("[Match]\nHost=a\nHost=!b\nVirtualization=kvm\nVirtualization=\n")
    assert (link.conditions, link.match) == ({"Host": "!b"}, {})


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("Name=a\n", "stands in no section"),
        ("[Match\n", "stands in no section or is no assignment"),
        ("[Link]\nnonsense\n", "is no assignment"),
        ("[Match]\nMACAddress=00:11:22:33:44\n", "'00:11:22:33:44' is not valid"),
        ("[Match]\nOriginalName=a/b\n", "'a/b' is not valid"),
        ("[Match]\nProperty=novalue\n", "'novalue' is not valid"),
        ("[Match]\nDriver='a b\n", "bad quoting"),
        ("[Match]\nSSID=home\n", "SSID= is no setting of [Match]"),
        ("[Link]\nName=a b\n", "Name=a b: no valid name"),
        ("[Link]\nName=abcdefghijklmnop\n", "too long"),
        ("[Link]\nNamePolicy=path bios\n", "'bios' is not valid"),
        ("[Link]\nAlternativeNamesPolicy=keep\n", "'keep' is not valid"),
        ("[Link]\nAlternativeName=" + "x" * 128 + "\n", "is not valid"),
    ],
)
def test_what_systemd_ignores_is_said(text: str, why: str) -> None:
    (line,) = read(text).ignored
    assert why in line
    assert line.startswith("10-a.link:")


def test_older_releases_ignore_newer_settings() -> None:
    text = "[Match]\nPermanentMACAddress=00:11:22:33:44:55\n[Link]\nAlternativeNamesPolicy=path\n"
    assert read(text, release=245).match
    assert not read(text, release=245).ignored
    old = read(text, release=244)
    assert (old.empty, old.altnames_policy, len(old.ignored)) == (True, (), 2)
    assert read("[Match]\nKind=veth\n", release=250).empty


def test_what_systemd_brings_by_release() -> None:
    policies = {n: (default_links(n)[0].name_policy[0], default_links(n)[0].altnames_policy[-1:]) for n in (240, 244)}
    assert policies == {240: ("kernel", ()), 244: ("keep", ())}
    assert default_links(252)[0].altnames_policy == ("database", "onboard", "slot", "path")
    assert default_links(257)[0].altnames_policy == ("database", "onboard", "slot", "path", "mac")


def test_the_file_of_this_machine_is_the_default() -> None:
    path = Path(USR) / "99-default.link"
    if not path.is_file():
        pytest.skip("no systemd is installed here: no 99-default.link")
    import subprocess

    try:
        said = subprocess.run(["udevadm", "--version"], capture_output=True, text=True, check=True).stdout
    except OSError:
        pytest.skip("there is no udevadm here to tell the release")
    number = min(int(said.split()[0]), 262)
    (mine,) = [link for link in read_links("/", number) if link.file_name == "99-default.link"]
    (known,) = default_links(number)
    fields = ("match", "name", "name_policy", "altnames", "altnames_policy", "settings")
    assert [getattr(mine, f) for f in fields] == [getattr(known, f) for f in fields]


# -- folders --------------------------------------------------------------------------------------

ANY = "[Match]\nOriginalName=*\n[Link]\nName={}\n"


def test_files_are_asked_by_name_whatever_their_folder() -> None:
    found = arrange({
        f"{ETC}50-b.link": ANY.format("b"), f"{USR}10-a.link": ANY.format("a"),
        "/run/systemd/network/70-c.link": ANY.format("c"), f"{ETC}10-a.network": "", f"{ETC}README": "",
    })  # fmt: skip
    assert [link.name for link in found] == ["a", "b", "c"]


def test_a_file_hides_those_of_its_name_in_later_folders() -> None:
    folders = ("/etc", "/run", "/usr/local/lib", "/usr/lib", "/lib")
    texts = {f"{top}/systemd/network/10-a.link": ANY.format(f"n{n}") for n, top in enumerate(folders)}
    for n in range(len(folders)):
        assert [link.name for link in arrange(texts)] == [f"n{n}"]
        del texts[f"{folders[n]}/systemd/network/10-a.link"]


def test_an_empty_file_masks() -> None:
    assert arrange({f"{ETC}99-default.link": "", f"{USR}99-default.link": ANY.format("a")}) == ()


def test_dropins_of_every_folder_and_their_masks() -> None:
    texts = {
        f"{USR}10-a.link": ANY.format("a"),
        f"{ETC}10-a.link.d/20.conf": "[Link]\nName=etc\n",
        f"{USR}10-a.link.d/20.conf": "[Link]\nName=hidden\n",
        f"{USR}10-a.link.d/30.conf": "[Link]\nMTUBytes=1\n",
        f"{ETC}10-a.link.d/30.conf": "",
        f"{USR}10-a.link.d/10.txt": "[Link]\nName=txt\n",
    }
    (link,) = arrange(texts)
    assert (link.name, link.settings, link.dropins) == ("etc", (), (f"{ETC}10-a.link.d/20.conf",))


def test_a_file_that_matches_nothing_valid_is_left_out() -> None:
    assert arrange({f"{ETC}10-a.link": "[Link]\nName=a\n", f"{ETC}20-b.link": "[Match]\nMACAddress=x\n"}) == ()


def test_a_system_is_read_from_its_root(tmp_path: Path) -> None:
    etc, usr = tmp_path / "etc/systemd/network", tmp_path / "usr/lib/systemd/network"
    (usr / "99-default.link.d").mkdir(parents=True)
    etc.mkdir(parents=True)
    (tmp_path / "lib").symlink_to("usr/lib")
    (usr / "99-default.link").write_text(ANY.format("d"), "ascii")
    (usr / "99-default.link.d" / "1.conf").write_text("[Link]\nName=e\n", "ascii")
    (usr / "50-masked.link").write_text(ANY.format("m"), "ascii")
    (etc / "50-masked.link").symlink_to("/dev/null")
    (etc / "40-link.link").symlink_to("/usr/lib/systemd/network/99-default.link")
    assert [(k.file_name, k.name) for k in read_links(tmp_path)] == [("40-link.link", "d"), ("99-default.link", "e")]


def test_a_root_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="is no folder"):
        read_links(tmp_path / "none")
    assert read_links(tmp_path) == ()
    (tmp_path / "etc/systemd/network/10-a.link").mkdir(parents=True)
    with pytest.raises(LabError, match="Is a directory"):
        read_links(tmp_path)


# -- parsers take anything ------------------------------------------------------------------------

LINE = st.one_of(
    st.text("[]=#;\\\n '\"abMN!* ", max_size=20),
    st.tuples(
        st.sampled_from(["MACAddress", "Path", "Name", "NamePolicy", "OriginalName", "Property", "Host", "Kind"]),
        st.text("ab:0!*'\"\\ =", max_size=12),
    ).map("=".join),
    st.sampled_from(["[Match]", "[Link]"]),
)


@given(st.lists(LINE, max_size=12).map("\n".join))
def test_no_text_is_too_strange(text: str) -> None:
    link = read(text)
    assert link.name is None or 0 < len(link.name) <= 15
    assert all(hardware_address(w) is not None for w in link.match.get("MACAddress", ()))
    assert set(link.name_policy) <= {"kernel", "keep", "database", "onboard", "slot", "path", "mac"}


@given(st.lists(st.text("ab'\"\\ \t", min_size=1), max_size=4))
def test_words_that_were_quoted_are_read_again(wanted: list[str]) -> None:
    line = " ".join('"' + w.replace("\\", "\\\\").replace('"', '\\"') + '"' for w in wanted)
    assert words(line.replace("\t", "\\t"), quotes=True, escapes=True) == (wanted, True)


@pytest.mark.parametrize(
    ("text", "octets"),
    [
        ("00:11:22:33:44:55", "001122334455"),
        ("0:1:2:3:4:AF", "0001020304af"),
        ("00-11-22-33-44-55", "001122334455"),
        ("0011.2233.4455", "001122334455"),
        ("127.0.0.1", "7f000001"),
        ("::1", "00" * 15 + "01"),
        (":".join(["80"] * 20), "80" * 20),
        ("00:11:22:33:44", None),
        ("00:11-22:33:44:55", None),
        ("001122334455", None),
        ("00:11:22:33:44:gg", None),
        ("", None),
    ],
)
def test_hardware_addresses(text: str, octets: str | None) -> None:
    found = hardware_address(text)
    assert (found.hex() if found else None) == octets
