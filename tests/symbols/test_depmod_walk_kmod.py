"""Which modules count and in which order, against the machine's own depmod on the very same random trees."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.symbols.depmod.config import read_config
from lab.symbols.depmod.walk import find_modules
from tests.oracle.kmod import Kmod
from tests.symbols.module_trees import MEMORY, VERSION, Module, Tree, write_tree

NAMES = ("foo", "foobar", "foo-bar", "foo_bar", "a.b", "dm-mod", "x")
FOLDERS = (
    "kernel/a",
    "kernel",
    "",
    "updates",
    "updates/deep",
    "updates-not",
    "extra",
    "foo",
    "foobar",
    "kernel/build",
    "q/skip",
)
ENDINGS = ("ko", "ko", "ko.xz", "ko.zst", "ko.bak", "txt")
VERSIONS = ("*", "^6\\.1", "6.1.0-test", "[0-9]+$", "(5|6)[.]1", "7", "+", "[[:alpha:]]+$")
PLACES = ("updates", "built-in", "external", "external", "extra", "foo", "kernel/a", "updates/deep", "foobar")


@pytest.fixture(scope="module")
def kmod() -> Kmod:
    kmod = Kmod()
    if not kmod.release():
        pytest.skip("there is no depmod here (apt-get install kmod)")
    return kmod


def random_tree(r: random.Random, root: Path) -> Tree:
    """Few names in many places, an order file with what is not there, and depmod.d files that contradict."""
    paths = {f"{f}/{n}.{e}".lstrip("/") for f in FOLDERS for n in NAMES for e in ENDINGS if r.random() < 0.09}
    order = [path.partition(".ko")[0] + ".ko" for path in sorted(paths)] + ["kernel/a/none.ko", "", "../x.ko", "/x.ko"]
    chosen = r.choices(order, k=r.randrange(20)) if r.random() < 0.8 else None
    lines: dict[str, Callable[[], str]] = {
        "search": lambda: " ".join(r.choices(PLACES, k=r.randrange(1, 6))),
        "override": lambda: f"{r.choice(NAMES)} {r.choice(VERSIONS)} {r.choice(FOLDERS) or 'kernel'}",
        "external": lambda: f"{r.choice(VERSIONS[:5])} {root}/{r.choice(('ext', 'ext/', 'ext2', 'none'))}",
        "exclude": lambda: r.choice(("q", "skip", "x.ko", "deep none")),
        "make_map_files": lambda: "no",
        "override x": lambda: "",
        "# search": lambda: "kernel",
        "search \\\n": lambda: r.choice(PLACES),
    }
    config = {}
    for name in r.sample(("a.conf", "b.conf", "10-x.conf", "c.txt", ".d.conf"), r.randrange(1, 4)):
        words = r.choices(list(lines), (4, 4, 6, 1, 1, 1, 1, 2), k=r.randrange(1, 8))
        config[name] = "\n".join(f"{r.choice(('', ' '))}{w}\t{lines[w]()}" for w in words) + r.choice(("", "\n"))
    everything = sorted(paths)
    r.shuffle(everything)
    return Tree(tuple(Module(p) for p in everything), None if chosen is None else tuple(chosen), config=config)


@settings(max_examples=50)
@given(st.integers(0, 2**32))
def test_the_same_modules_in_the_same_order(kmod: Kmod, seed: int) -> None:
    r = random.Random(seed)
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        root = Path(place).resolve()
        home = write_tree(root, random_tree(r, root))
        for folder in ("ext", "ext/sub", "ext2", "ext2/updates"):
            for name in r.sample(NAMES, r.randrange(5)):
                (root / folder).mkdir(parents=True, exist_ok=True)
                (root / folder / f"{name}.{r.choice(ENDINGS)}").write_bytes(b"no module")
        if r.random() < 0.3:
            (home / "linked").symlink_to(r.choice(("kernel", "extra", "nowhere", "kernel/../updates")))
        release = kmod.release()
        warnings: list[str] = []
        config = read_config(str(root), VERSION, warnings.append, release)
        ours = find_modules(str(home), VERSION, config, warnings.append, str(root), release)
        answer = kmod.depmod(root, VERSION, root / "etc/depmod.d")
        assert answer.status == 0
        theirs = [line.partition(":")[0] for line in (home / "modules.dep").read_text().splitlines()]
        assert [f.path for f in ours] == theirs
        assert all((home / f.path).samefile(f.absolute) for f in ours)


@pytest.mark.parametrize(
    "content",
    ["kernel/b.ko\r\nkernel/a.ko\r\n", "kernel/b.ko\nkernel/a.ko", "kernel/b.ko\nx\0y\nkernel/a.ko\n",
     "kernel/b.ko\n\0y\n", "x" * 4094 + "\nkernel/b.ko\n", "x" * 4095 + "\nkernel/b.ko\n",
     "/kernel/b.ko\nkernel/../kernel/b.ko\n", "", "\n",
     "kernel/b.ko\nkernel/a.ko\nkernel/b.ko\n", "kernel/ü.ko\nkernel/b.ko\n"],
    ids=range(11),
)  # fmt: skip
def test_strange_order_files(kmod: Kmod, tmp_path: Path, content: str) -> None:
    home = write_tree(tmp_path, Tree(tuple(Module(f"kernel/{n}.ko") for n in ("a", "b", "c", "d-e"))))
    (home / "modules.order").write_bytes(content.encode())
    warnings: list[str] = []
    config = read_config(str(tmp_path), VERSION, warnings.append)
    ours = find_modules(str(home), VERSION, config, warnings.append, str(tmp_path), kmod.release())
    answer = kmod.depmod(tmp_path, VERSION, tmp_path / "etc/depmod.d")
    theirs = [line.partition(":")[0] for line in (home / "modules.dep").read_text().splitlines()]
    assert [f.path for f in ours] == theirs
    assert any("corrupted line" in line for line in answer.errors) == any("corrupted line" in w for w in warnings)
