"""Modules that need each other in a circle: the words of kmod, and what kmod does not survive."""

from __future__ import annotations

import itertools
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.symbols.depmod.cycles import find_cycles, lines
from lab.symbols.depmod.run import depmod
from lab.symbols.depmod.types import Settings
from tests.oracle.kmod import Kmod, indexes
from tests.symbols.module_trees import MEMORY, VERSION, Module, Tree, write_tree

# kmod's own test of circles: nine modules in four circles, two beside them (testsuite/module-playground/mod-loop-*.c)
LOOPS = {
    "a": "bfg",
    "b": "cfg",
    "c": "a",
    "d": "e",
    "e": "d",
    "f": "",
    "g": "",
    "h": "i",
    "i": "j",
    "j": "hk",
    "k": "h",
}


def tree_of(needs: dict[str, str]) -> Tree:
    """A module for each letter, which exports a symbol and needs those of others."""
    return Tree(
        tuple(
            Module(f"kernel/mod-loop-{n}.ko", {f"sym_{n}": ""}, tuple(f"sym_{o}" for o in on))
            for n, on in needs.items()
        )
    )


def kmod_says(root: Path) -> tuple[int, list[str]]:
    kmod = Kmod()
    if not kmod.release():
        pytest.skip("there is no depmod here (apt-get install kmod)")
    answer = kmod.depmod(root, VERSION, root / "etc/depmod.d")
    return answer.status, [line for line in answer.errors if not line.startswith("depmod: WARNING")]


def we_say(root: Path) -> list[str]:
    result = depmod(Settings(str(root), VERSION, compat=True, sysroot=str(root)))
    if not result.cycles:
        return []
    names = sorted({name for circle in result.cycles for name in circle})
    return lines(names, [[names.index(name) for name in circle] for circle in result.cycles])


def test_the_command_says_it_in_kmods_words(tmp_path: Path) -> None:
    write_tree(tmp_path, tree_of({"a": "b", "b": "a", "c": ""}))
    words = ["depmod", "-b", str(tmp_path), VERSION, "--sysroot", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "lab", "symbols", *words, "--json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    status, errors = kmod_says(tmp_path)
    assert (status, done.stderr.splitlines()) == (1, errors)
    answer = json.loads(done.stdout)
    assert (answer["cycles"], answer["files"]) == ([errors[0].rpartition(": ")[2].split(" -> ")], [])


def test_the_loops_of_kmods_own_suite(tmp_path: Path) -> None:
    home = write_tree(tmp_path, tree_of(LOOPS))
    (home / "modules.dep").write_text("old\n")
    ours = we_say(tmp_path)
    assert (home / "modules.dep").read_text() == "old\n"
    assert set(indexes(home)) == {"dep"}
    assert kmod_says(tmp_path) == (1, ours)
    said = "d e d, i j k h i, i j h i, c a b c"
    assert ours[:-1] == [
        f"depmod: ERROR: Cycle detected: {' -> '.join(f'mod_loop_{n}' for n in circle.split())}"
        for circle in said.split(", ")
    ]
    assert ours[-1] == "depmod: ERROR: Found 9 modules in dependency cycles!"


@settings(max_examples=30)
@given(st.integers(0, 2**32))
def test_random_circles_as_kmod_reports_them(seed: int) -> None:
    """Circles that share no module, and trees hanging on them: where kmod comes to an end."""
    r = random.Random(seed)
    letters = r.sample("abcdefghijklmnop", 16)
    needs: dict[str, str] = {}
    while letters:
        circle = [letters.pop() for _ in range(min(r.randrange(1, 5), len(letters)))]
        leaf = letters.pop() if letters and r.random() < 0.5 else ""
        for i, letter in enumerate(circle):
            closes = i + 1 < len(circle) or r.random() < 0.8
            needs[letter] = (circle[(i + 1) % len(circle)] if closes else "") + (leaf if r.random() < 0.5 else "")
        if leaf:
            needs[leaf] = ""
    with tempfile.TemporaryDirectory(dir=MEMORY) as place:
        root = Path(place).resolve()
        write_tree(root, tree_of(needs))
        ours = we_say(root)
        status, theirs = kmod_says(root)
    assert status == bool(ours)
    assert theirs == ours


def cycles_of(needs: list[list[int]]) -> list[list[int]]:
    return find_cycles([str(i) for i in range(len(needs))], needs)


@given(st.lists(st.lists(st.integers(0, 6), max_size=4, unique=True), min_size=7, max_size=7))
def test_every_answer_is_a_circle_and_every_knot_has_one(needs: list[list[int]]) -> None:
    found = cycles_of(needs)
    for circle in found:
        assert circle[0] == circle[-1]
        assert len(set(circle)) == len(circle) - 1
        assert all(after in needs[before] for before, after in itertools.pairwise(circle))
    assert len({tuple(c) for c in found}) == len(found)
    reach = [set(on) for on in needs]
    for _ in needs:
        reach = [r.union(*(reach[j] for j in r)) for r in reach]
    assert {i for c in found for i in c} == {i for i, r in enumerate(reach) if i in r}


def test_a_circle_behind_a_circle_does_not_go_on_for_ever() -> None:
    # kmod walks 2 -> 3 -> 2 -> ... from 0 until its stack of four is full and an assertion ends it
    assert cycles_of([[1, 2], [0], [3], [2]]) == [[0, 1, 0], [2, 3, 2]]


def test_a_module_that_hangs_on_a_circle_is_not_called_one() -> None:
    # kmod 30 says "Cycle detected: 2" here: 2 was met from 0, and that is all it looks at
    assert cycles_of([[1, 2], [0], [3], []]) == [[0, 1, 0]]


def test_dense_knots_end_soon() -> None:
    size = 60
    before = time.process_time()
    found = cycles_of([[j for j in range(size) if j != i] for i in range(size)])
    assert found
    assert {i for c in found for i in c} == set(range(size))
    ring = cycles_of([[(i + 1) % 60_000] for i in range(60_000)])
    assert [len(c) for c in ring] == [60_001]
    assert time.process_time() - before < 5
