"""Index files against the real kmod on the same tree, byte for byte, and modprobe's answers from ours.

The machine's own kmod, and those that LAB_KMOD_ROOT names (folders filled by tests/oracle/kmod-root, `:` between).
"""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.types import Result, Settings
from tests.oracle.kmod import Kmod, indexes
from tests.symbols.module_trees import MEMORY, VERSION, Module, Tree, assembled, object_file, sample, write_tree

ROOTS = ["/", *filter(None, os.environ.get("LAB_KMOD_ROOT", "").split(":"))]
ALIASES = ("pci:v0000808[0-9]d*", "usb-net", "a-b[c-d]-e", "x]", "[x", "fs-ext4", "char-major-10-1", "block-major-7-*",
           "devname:net/tun", "devname:x", "block-major-9-12", "char-major-1-2-3", "*", "a b",
           "acpi*:PNP0C0?:*")  # fmt: skip
RESOLVED = ("symbol:crc_update", "symbol:table_del", "pci:v00008086d000015sv1sd2bc02sc00i3", "net-pf-3-x", "usb:v1p2",
            "crypto-crc", "fs-ext4", "ext4", "x-b", "nothing", "a")  # fmt: skip
FORMS = ("ko", "ko.xz", "ko.zst")


@pytest.fixture(scope="module", params=ROOTS)
def kmod(request: pytest.FixtureRequest) -> Kmod:
    kmod = Kmod(Path(request.param))
    if kmod.release() not in (30, 34):
        pytest.skip(f"{request.param}: no kmod 30 or 34 that can be run there (release {kmod.release()})")
    return kmod


def ours(root: Path, out: Path, kmod: int) -> Result:
    return depmod(Settings(str(root), VERSION, out=str(out), kmod=kmod, compat=True, sysroot=str(root)))


def assert_equal(kmod: Kmod, root: Path) -> None:
    """Our files into another folder, then kmod's in place: all of them the same bytes."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as out:
        result = ours(root, Path(out), kmod.release())
        written = indexes(Path(out) / "lib/modules" / VERSION)
    answer = kmod.depmod(root, VERSION, root / "etc/depmod.d")
    theirs = indexes(root / "lib/modules" / VERSION)
    assert answer.status == 0
    assert result.modules == len(theirs["dep"].splitlines())
    assert set(written) == set(theirs)
    for name, content in theirs.items():
        assert written[name] == content, name


@pytest.mark.parametrize("machine", ["x86-64", "ppc"])
def test_modules_that_gcc_made(kmod: Kmod, tmp_path: Path, machine: str) -> None:
    tree = sample()
    root = tmp_path / "root"
    write_tree(root, tree, assembled(tree.modules, tmp_path, machine))
    assert_equal(kmod, root)


def random_tree(r: random.Random) -> Tree:
    """Modules on levels: each needs what lower levels export, so there is no circle whoever owns a name."""
    pool = {level: [f"{r.choice(('', '.', '_'))}s{level}_{i}" for i in range(4)] for level in range(5)}
    modules = []
    versions = r.random() < 0.7
    for i in range(r.randrange(1, 14)):
        level = r.randrange(5)
        below = [name for lower in range(level) for name in pool[lower]] + [
            "kfree",
            "_printk",
            *([".s0_0"] if level else []),
        ]
        exports = {n: r.choice(("", "", "NS_A", "ns.b")) for n in r.sample(pool[level], r.randrange(4))}
        info = [f"alias={alias}" for alias in r.choices(ALIASES, k=r.randrange(5))]
        info += r.sample(("softdep=pre: a", "softdep=post: b c", "weakdep=a b", "depends=", "alias", "=x", "alias="), 2)
        path = f"{r.choice(('kernel', 'kernel/d-x', 'updates', 'extra'))}/{r.choice('ab')}-m{i % 11}.{r.choice(FORMS)}"
        needs = tuple(dict.fromkeys(r.choices(below, k=r.randrange(6))))
        weak = tuple(n for n in r.sample(below, r.randrange(2)) if n not in needs)
        modules.append(Module(path, exports, needs, weak, tuple(info), versions if r.random() < 0.9 else not versions))
    unique = tuple({m.path: m for m in modules}.values())
    names = [m.path.partition(".")[0] + ".ko" for m in unique]
    order = None if r.random() < 0.2 else tuple(r.choices(names, k=r.randrange(len(names) + 1)))
    builtin = tuple(r.sample(("kernel/fs/ext4/ext4.ko", "kernel/a-b.ko", "x.ko", "kernel/x-y.z.ko"), r.randrange(4)))
    built_in = b"".join(
        f"{m}.{k}={r.choice(ALIASES)}\0".encode() for m in ("ext4", "a_b") for k in ("alias", "license")
    )
    config = {"a.conf": f"search {' '.join(r.sample(('updates', 'built-in', 'extra', 'kernel'), 2))}\n"}
    return Tree(unique, order, builtin, built_in, config if r.random() < 0.5 else {})


@settings(max_examples=40)
@example(0)
@given(st.integers(0, 2**32))
def test_random_trees(kmod: Kmod, seed: int) -> None:
    r = random.Random(seed)
    tree = random_tree(r)
    bits, order = r.choice(((64, "<"), (32, "<"), (64, ">"), (32, ">")))
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        root = Path(place).resolve() / "root"
        write_tree(root, tree, {m.path: object_file(m, bits, order) for m in tree.modules})
        assert_equal(kmod, root)


def test_modprobe_answers_the_same_from_our_files(kmod: Kmod, tmp_path: Path) -> None:
    tree = sample()
    root = tmp_path / "root"
    home = write_tree(root, tree)
    ours(root, tmp_path / "out", kmod.release())
    kmod.depmod(root, VERSION, root / "etc/depmod.d")
    names = [m.path.rpartition("/")[2].partition(".")[0] for m in tree.modules]
    asked = [("-c",)] + [("-D", name) for name in names]
    asked += [("-R", name) for name in (*names, *RESOLVED)]
    theirs = [kmod.modprobe(root, VERSION, *question) for question in asked]
    assert sum(answer.status == 0 for answer in theirs) > len(asked) * 2 // 3
    for name in indexes(home):
        (home / f"modules.{name}").unlink()
    for path in (tmp_path / "out/lib/modules" / VERSION).iterdir():
        shutil.copy(path, home)
    assert [kmod.modprobe(root, VERSION, *question) for question in asked] == theirs


# no line that ends the file in a folder: kmod 30 takes what its stack holds for the name
@pytest.mark.parametrize(
    "content",
    [b"b\n", b"b", b"kernel/\n", b"kernel/b-c\nx/y.ko\nx/b-c", b"a.ko\nk/\nb.ko\r\nc\r\n", b"kernel/.ko\nx.ko\n",
     b"a\0/b.ko\nc.ko\n", b"\0a.ko\n\n x.ko\n[y.ko\n", b"x" * 4090 + b"abcdefghi.ko\nq.ko\n", b"x" * 4095 + b"\n",
     b"a b\tc.ko\na-[-]-.ko\nkernel/x.ko/\n", b"\n", b""],
    ids=range(13),
)  # fmt: skip
def test_strange_lines_of_what_is_built_in(kmod: Kmod, tmp_path: Path, content: bytes) -> None:
    home = write_tree(tmp_path, Tree((Module("kernel/a.ko"),)))
    (home / "modules.builtin").write_bytes(content)
    assert_equal(kmod, tmp_path)


def test_without_compat_namespaces_are_no_symbols(tmp_path: Path) -> None:
    home = write_tree(tmp_path, Tree((Module("kernel/a.ko", {"real": "SPACE"}, crcs=False),)))
    depmod(Settings(str(tmp_path), VERSION, sysroot=str(tmp_path)))
    assert b"SPACE" not in (home / "modules.symbols").read_bytes()
    assert b"alias symbol:real a\n" in (home / "modules.symbols").read_bytes()
