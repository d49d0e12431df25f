"""The texts that depmod writes beside its indexes, and that it writes all files or none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.symbols.depmod import alias, builtin, devname, softdep, symbols, weakdep
from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.trie_read import entries
from lab.symbols.depmod.types import Result, Settings
from lab.symbols.depmod.write import Staging
from tests.symbols.small_trees import LIBRARY, USER, Made

VERSION = "6.1.0-test"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "root/lib/modules" / VERSION
    for path, made in {"kernel/a-lib.ko": LIBRARY, "kernel/user.ko": USER, "extra/b.ko": Made()}.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(made.bytes())
    (folder / "modules.order").write_text("kernel/user.ko\nkernel/a-lib.ko\n")
    (folder / "modules.builtin").write_text("kernel/fs/ext-four.ko\n")
    (folder / "modules.builtin.modinfo").write_bytes(b"ext_four.alias=fs-ext4\0ext_four.license=GPL\0")
    return tmp_path / "root"


@pytest.fixture
def run(tree: Path) -> Callable[..., Result]:
    def start(**changed: object) -> Result:
        return depmod(Settings(str(tree), VERSION, **{"sysroot": str(tree), **changed}))  # type: ignore[arg-type]

    return start


def content(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (b"usb-net", b"usb_net"),
        (b"a-[b-c]-[x-]-", b"a_[b-c]_[x-]_"),
        (b"a[b[c-]-", b"a[b[c-]_"),
        (b"", b""),
        (b"a]", None),
        (b"[a", None),
        (b"[a]]", None),
        (b"x-" * 3000, (b"x_" * 3000)[:4095]),
    ],
)
def test_an_alias_has_dashes_only_in_brackets(text: bytes, wanted: bytes | None) -> None:
    assert alias.normal(text) == wanted


def test_aliases_of_two_modules_and_twice_in_one() -> None:
    told: list[str] = []
    files = alias.files([b"one", b"two", b"none"], [b"x-y\0x_y\0[\0", b"x-y\0p[0-9]\0", b""], False, told.append)
    assert files["modules.alias"].splitlines()[1:] == [
        b"alias x-y one", b"alias x_y one", b"alias [ one", b"alias x-y two", b"alias p[0-9] two",
    ]  # fmt: skip
    index = dict(entries(files["modules.alias.bin"], "it"))
    assert index == {b"x_y": [(0, b"one"), (0, b"one"), (1, b"two")], b"p[0-9]": [(1, b"two")]}
    assert told == ["Unmatched bracket in ["]


def test_symbols_stand_in_the_order_of_kmods_hash_table() -> None:
    files = symbols.files([b"m"], {b"zz": 0, b"aa": 0}, False, pytest.fail)
    assert sorted(files["modules.symbols"].splitlines()[1:]) == [b"alias symbol:aa m", b"alias symbol:zz m"]
    assert dict(entries(files["modules.symbols.bin"], "it")) == {b"symbol:aa": [(0, b"m")], b"symbol:zz": [(0, b"m")]}


def test_soft_and_weak_dependencies_are_lines_even_where_empty() -> None:
    assert softdep.text([b"a", b"b"], [b"pre: x\0post: y\0", b""]).splitlines()[1:] == [
        b"softdep a pre: x",
        b"softdep a post: y",
    ]
    assert weakdep.text([b"a"], [b"\0"]).splitlines()[1:] == [b"weakdep a "]


@pytest.mark.parametrize(
    ("aliases", "line"),
    [
        (b"devname:net/tun\0char-major-10-200\0", b"m net/tun c10:200"),
        (b"char-major-1-2\0block-major-7-8\0devname:x\0char-major-3-4\0", b"m x b7:8"),
        (b"devname:x\0devname:y\0block-major- +7--1rest\0", b"m y b7:4294967295"),
        (b"char-major-10-200\0", None),
        (b"devname:x\0char-major-10-*\0", None),
    ],
)
def test_a_device_node_needs_a_name_and_numbers(aliases: bytes, line: bytes | None) -> None:
    told: list[str] = []
    text = devname.text([b"m"], [aliases], told.append)
    assert text.splitlines()[1:] == ([line] if line else [])
    assert bool(told) == (line is None and b"devname" in aliases)


def test_what_is_built_in_by_name_and_alias() -> None:
    told: list[str] = []
    names = builtin.name_index(b"kernel/fs/ext-four.ko\n#x\nkernel/loop.ko.xz\nkernel/loop.ko\n", True, told.append)
    assert dict(entries(names, "it")) == {b"ext_four": [(0, b"")], b"loop": [(0, b""), (0, b"")]}
    assert told == ["Invalid modules.builtin line: #x"]
    strange = b"b\nk/\na\0.ko\n\nx\xc3.ko\n" + b"y" * 4095 + b"z.ko"
    assert dict(entries(builtin.name_index(strange, True, told.append), "it")).keys() == {b"b", b"a", b"y" * 4095, b"z"}
    assert told[1:] == [
        *("Invalid modules.builtin line: k/", "Invalid modules.builtin line: "),
        r"modules.builtin: line x\xc3.ko is not ASCII; left out of the index",
    ]
    told[1:] = []
    records = b"a.alias=x-1\0b.alias=x-1\0.c.alias=y\0d.parm\0e.alias=lost\0f.alias=\0nodot\0g.alias=[\0h.alias=cut"
    index = dict(entries(builtin.alias_index(records, False, told.append), "it"))
    assert index == {b"x_1": [(0, b"b"), (0, b"a")], b"y": [(0, b"c")]}
    assert told[1:] == ["Unmatched bracket in ["]
    assert builtin.name_index(None, True, told.append) == builtin.alias_index(None, True, told.append) == b""


@pytest.mark.parametrize("kmod", [30, 34])
def test_a_run_writes_every_file_of_its_kmod(run: Callable[..., Result], tmp_path: Path, kmod: int) -> None:
    result = run(out=str(tmp_path / "out"), kmod=kmod)
    folder = tmp_path / "out/lib/modules" / VERSION
    written = content(folder)
    assert set(written) == set(result.files)
    assert ("modules.weakdep" in written) == (kmod == 34)
    assert written["modules.dep"] == b"kernel/user.ko: kernel/a-lib.ko\nkernel/a-lib.ko:\nextra/b.ko:\n"
    assert (result.modules, result.symbols, result.read, result.cached) == (3, 2, 3, 0)
    assert os.listdir(folder)
    assert not [name for name in os.listdir(folder) if name.startswith(".")]


def test_one_process_and_two_write_the_same(run: Callable[..., Result], tree: Path, tmp_path: Path) -> None:
    folder = tree / "lib/modules" / VERSION
    for i in range(220):
        made = Made(((f"sym_{i}", i, "", False),), ((f"sym_{i * 7 % 220}", 1, False),) if i % 7 else ())
        if i * 7 % 220 < i:
            (folder / f"extra/m{i}.ko").write_bytes(made.bytes())
    for count in (1, 2):
        result = run(out=str(tmp_path / str(count)), processes=count)
        assert result.modules > 64
        assert not result.cycles
    assert content(tmp_path / "1/lib/modules" / VERSION) == content(tmp_path / "2/lib/modules" / VERSION)


def test_a_kernel_without_modversions_has_namespaces_as_symbols_only_in_compat(
    run: Callable[..., Result], tree: Path, tmp_path: Path
) -> None:
    place = tree / "lib/modules" / VERSION / "kernel/a-lib.ko"
    place.write_bytes(place.read_bytes().replace(b"__crc_", b"__abc_").replace(b"\0LIB\0", b"\0LIB\0lib_open\0"))
    made = LIBRARY.bytes().replace(b"__crc_", b"__abc_")
    place.write_bytes(made)
    truth = run(out=str(tmp_path / "o")).symbols
    lines = (tmp_path / "o/lib/modules" / VERSION / "modules.symbols").read_text().splitlines()[1:]
    assert truth == 2
    assert sorted(lines) == ["alias symbol:lib_close a_lib", "alias symbol:lib_open a_lib"]
    run(out=str(tmp_path / "o"), compat=True)
    lines = (tmp_path / "o/lib/modules" / VERSION / "modules.symbols").read_text().splitlines()[1:]
    assert lines == ["alias symbol:LIB a_lib"]


def test_a_damaged_module_is_listed_and_told(run: Callable[..., Result], tree: Path, tmp_path: Path) -> None:
    (tree / "lib/modules" / VERSION / "extra/b.ko").write_bytes(b"\x7fELF nothing")
    result = run(out=str(tmp_path / "o"))
    assert [line for line in result.warnings if "b.ko" in line and "\n" not in line]
    assert b"extra/b.ko:\n" in (tmp_path / "o/lib/modules" / VERSION / "modules.dep").read_bytes()


def test_a_record_of_modinfo_without_a_value_counts_as_empty(run: Callable[..., Result], tree: Path) -> None:
    folder = tree / "lib/modules" / VERSION
    (folder / "extra/b.ko").write_bytes(Made(modinfo=b"alias=one\0alias\0aliases=x\0alias=two").bytes())
    run()
    lines = (folder / "modules.alias").read_bytes().splitlines()[1:]
    assert lines == [b"alias one b", b"alias  b", b"alias two b"]


def test_a_circle_writes_nothing(run: Callable[..., Result], tree: Path) -> None:
    folder = tree / "lib/modules" / VERSION
    one = Made((("one", 1, "", False),), (("two", 2, False),))
    two = Made((("two", 2, "", False),), (("one", 1, False),))
    (folder / "extra/one.ko").write_bytes(one.bytes())
    (folder / "extra/two.ko").write_bytes(two.bytes())
    before = content(folder)
    result = run()
    assert len(result.cycles) == 1
    assert set(result.cycles[0]) == {"one", "two"}
    assert result.cycles[0][0] == result.cycles[0][-1]
    assert result.files == ()
    assert content(folder) == before


def test_a_link_in_the_place_of_an_index_is_replaced_not_followed(run: Callable[..., Result], tree: Path) -> None:
    precious = tree.parent / "precious"
    precious.write_text("mine")
    place = tree / "lib/modules" / VERSION / "modules.dep"
    place.symlink_to(precious)
    run()
    assert precious.read_text() == "mine"
    assert not place.is_symlink()


def test_a_folder_in_the_place_of_an_index_leaves_all_as_it_was(run: Callable[..., Result], tree: Path) -> None:
    folder = tree / "lib/modules" / VERSION
    (folder / "modules.symbols").mkdir()
    before = sorted(os.listdir(folder))
    with pytest.raises(LabError, match=r"modules\.symbols: is a folder"):
        run()
    assert sorted(os.listdir(folder)) == before


def test_a_disk_that_fills_up_leaves_the_old_indexes(
    run: Callable[..., Result], tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    folder = tree / "lib/modules" / VERSION
    before = content(folder)
    put = Staging.put

    def full(self: Staging, files: dict[str, bytes]) -> None:
        if "modules.symbols" in files:
            raise LabError("modules.symbols: cannot be written (No space left on device); nothing was changed")
        put(self, files)

    monkeypatch.setattr(Staging, "put", full)
    (folder / "kernel/user.ko").write_bytes(Made().bytes())
    with pytest.raises(LabError, match="No space left"):
        run()
    assert content(folder) == before | {}
    assert not [name for name in os.listdir(folder) if name.startswith(".")]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"version": "../../etc"}, "no kernel version"),
        ({"version": "6.9.9"}, "has no folder"),
        ({"root": "/nowhere/at/all"}, "is no folder"),
        ({"root": "/", "version": "6.9.9-not-here"}, "has no folder"),
        ({"kmod": 12}, "only 30 and 34"),
        ({"out": "/dev/null/x"}, "cannot be written"),
        ({"out": "/"}, "running system"),
    ],
)
def test_a_wrong_setting_is_one_line(tree: Path, changed: dict[str, object], words: str) -> None:
    fields = {"root": str(tree), "version": VERSION, "sysroot": str(tree), **changed}
    with pytest.raises(LabError, match=words):
        depmod(Settings(**fields))  # type: ignore[arg-type]


def test_links_stay_inside_root(tmp_path: Path) -> None:
    root = tmp_path / "root"
    folder = root / "usr/lib/modules" / VERSION
    folder.mkdir(parents=True)
    (folder / "a.ko").write_bytes(LIBRARY.bytes())
    (root / "lib").symlink_to("/usr/lib")  # absolute: the root's own /usr/lib
    result = depmod(Settings(str(root), VERSION, sysroot=str(root)))
    assert result.folder == str(folder)
    assert (folder / "modules.dep").read_bytes() == b"a.ko:\n"


@pytest.mark.parametrize("name", ["modules.builtin", "modules.builtin.modinfo"])
def test_what_stands_for_a_list_of_the_kernels_own_is_neither_waited_for_nor_followed_out(
    tree: Path, tmp_path: Path, run: Callable[..., Result], name: str
) -> None:
    path = tree / "lib/modules" / VERSION / name
    path.unlink()
    os.mkfifo(path)
    pipe = run()
    path.unlink()
    (tmp_path / "secret").write_text("kernel/secret.ko\n")
    path.symlink_to(tmp_path / "secret")
    link = run()
    for result in (pipe, link):
        assert len([line for line in result.warnings if line.startswith(f"could not open {name} at ")]) == 1
    index = "modules.builtin.bin" if name == "modules.builtin" else "modules.builtin.alias.bin"
    assert (path.parent / index).read_bytes() == b""


def test_a_warning_is_one_line_whatever_it_quotes(tree: Path, run: Callable[..., Result]) -> None:
    (tree / "lib/modules" / VERSION / "modules.builtin.modinfo").write_bytes(b"a.alias=one\n\x1b[2Jtwo[\0")
    (line,) = run().warnings
    assert line == r"Unmatched bracket in one\x0a\x1b[2Jtwo["
