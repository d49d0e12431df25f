"""A real kernel's own tables searched inside it: every count as predicted, and two runs alike to the byte."""

from collections.abc import Mapping

import pytest

from lab.realkernel.boot import Boot, boot
from lab.realkernel.build.module_build import build_module, compile_module
from lab.realkernel.build.sources import linux_sources
from lab.realkernel.guest import Guest
from lab.realkernel.kernel import Kernel
from lab.realkernel.machine.qemu import ICOUNT
from lab.realkernel.symbols.answers import read_about, read_answers, read_table
from lab.realkernel.symbols.comparison import digest, judged, tables_of
from lab.realkernel.symbols.prediction import STRUCTURE, predict
from lab.realkernel.symbols.questions import MODULE, Question, draw, missing_names, table_of_image, wanted_by
from lab.realkernel.symbols.result import WORDS, SymbolRun
from lab.realkernel.symbols.run import guest_of, run_symbols
from lab.symbols.ksymtab import Ksymtab

SEED, LOOKUPS = 6, 400
MORE = (2,)  # further seeds, in the same boot
SEARCHES = [name for name in STRUCTURE if name != "linear"]  # a scan for every name takes a minute
SOME = ("kfree", "rcu_barrier", "no_such_name")  # exported, to GPL only, not; kallsyms is a long scan before Linux 6.2
ADDRESS_0 = b"fixed_percpu_data"  # a per-CPU variable, the first one: what __symbol_get() returns for it is NULL
LIFE = f"""
say() {{ echo "$*" >>/out/life; }}
insmod /symbench.ko || exit 1
cd /sys/kernel/debug/symbench
cat bsearch >/out/none
cat about table >/out/first
cat /names >queries
for file in about table {" ".join(SEARCHES)} symbol_get; do cat $file >/out/$file; done
printf '%s\\n' {" ".join(SOME)} >queries
cat symbol_get >/out/some_symbol_get
cat kallsyms >/out/some_kallsyms
printf 'kfree\\nschedule' >queries
cat bsearch >/out/two
printf 'bad name\\n' >queries 2>/dev/null && say "blank taken"
printf 'a\\n\\nb\\n' >queries 2>/dev/null && say "empty name taken"
head -c 600 /dev/zero | tr '\\0' x >/tmp/long
cat /tmp/long >queries 2>/dev/null && say "long name taken"
yes kfree | head -c 1100000 >/tmp/much
cat /tmp/much >queries 2>/dev/null && say "too much taken"
cat bsearch >/out/after
exec 7<bsearch
cd /
rmmod symbench 2>/dev/null && say "unloaded while open"
exec 7<&-
rmmod symbench || say "not unloaded"
[ -e /sys/kernel/debug/symbench ] && say "files left"
insmod /symbench.ko && rmmod symbench || say "not loaded again"
dmesg | grep -E 'symbench|WARNING|BUG|Oops|failing symbol_get' >/out/log
say over
"""


@pytest.fixture(scope="module")
def image(kernel_cloud: Kernel) -> Ksymtab:
    return table_of_image(kernel_cloud)


@pytest.fixture(scope="module")
def questions(kernel_cloud: Kernel, image: Ksymtab) -> tuple[Question, ...]:
    missing, wanted = missing_names(image), wanted_by(kernel_cloud, MODULE)
    first = draw(image, missing, wanted, LOOKUPS, SEED)
    return (*first, *(one for seed in MORE for one in draw(image, missing, wanted, LOOKUPS, seed)))


@pytest.fixture(scope="module")
def two(kernel_cloud: Kernel, questions: tuple[Question, ...]) -> tuple[Boot, Boot]:
    """Two boots of the same guest with counted instructions."""
    built = build_module(linux_sources("symbench"), kernel_cloud)
    guest = guest_of(kernel_cloud, built, questions, ICOUNT)
    return boot(guest, ICOUNT), boot(guest, ICOUNT)


@pytest.fixture(scope="module")
def run(two: tuple[Boot, Boot], image: Ksymtab, questions: tuple[Question, ...]) -> SymbolRun:
    files = two[0].files
    return judged(files, digest(image), questions, kernel="", qemu="", accel=ICOUNT, seed=SEED, module=MODULE)


@pytest.fixture(scope="module")
def life(kernel_full: Kernel, accel: str) -> Mapping[str, bytes]:
    """One boot of the full kernel: every name of its tables, and how the module behaves."""
    names = "".join(f"{key.decode()}\n" for key in table_of_image(kernel_full).keys).encode()
    built = build_module(linux_sources("symbench"), kernel_full)
    return boot(Guest("symbench-life", kernel_full, LIFE, {"symbench.ko": built, "names": names}), accel).files


def test_two_runs_are_alike_to_the_byte(two: tuple[Boot, Boot]) -> None:
    first, second = (dict(b.files) for b in two)
    assert set(first) == {"about", "table", "clock", *WORDS}
    for name in ("about", "table", *WORDS):
        assert first[name] == second[name], name


def test_every_lookup_compares_what_was_predicted(run: SymbolRun) -> None:
    assert {name: method.differences for name, method in run.methods.items()} == dict.fromkeys(WORDS, ())
    assert run.equal
    for name in STRUCTURE:
        method = run.methods[name]
        assert method.lookups == len(run.questions) == LOOKUPS * (1 + len(MORE))
        assert method.comparisons == method.predicted
        assert method.bytes == method.predicted_bytes
        assert method.found == 3 * method.lookups // 4


def test_the_running_kernels_table_is_what_the_lab_reads_from_its_image(
    two: tuple[Boot, Boot], image: Ksymtab, run: SymbolRun
) -> None:
    table, _ = tables_of(two[0].files, digest(image))
    assert len(table) > 5000
    assert table.keys == image.keys
    assert table.parts == image.parts
    assert run.tables.as_image


def test_the_kernels_own_path_compares_as_many_strings_for_every_name(run: SymbolRun) -> None:
    """The instructions that it takes more need not be the same to the last one, but leave no room for a comparison."""
    assert all(run.own_path().values())
    assert run.same_path(), run.own_path()


def test_instructions_follow_from_comparisons_and_bytes(run: SymbolRun) -> None:
    for name in STRUCTURE:
        costs = run.costs(name)
        assert costs is not None
        assert costs.off < 0.02, (name, costs)
    assert run.methods["linear"].time > 50 * run.methods["bsearch"].time > 50 * run.methods["hash"].time  # type: ignore[operator]


def test_every_name_of_the_full_kernel(life: Mapping[str, bytes], kernel_full: Kernel) -> None:
    image = table_of_image(kernel_full)
    table = read_table(life["table"], read_about(life["about"]))
    assert table.keys == image.keys
    assert table.parts == image.parts
    for name in SEARCHES:
        rows = read_answers(life[name], name, len(table), len(table)).rows
        wanted = predict(name, table, table.keys)
        assert [row and (row.comparisons, row.bytes, row.entry) for row in rows] == list(
            zip(wanted.comparisons, wanted.bytes, wanted.entries, strict=True)
        ), name


def test_the_kernels_own_ways_find_every_name_that_they_are_asked_for(life: Mapping[str, bytes]) -> None:
    table = read_table(life["table"], read_about(life["about"]))
    plain = table.parts[1]
    rows = read_answers(life["symbol_get"], "symbol_get", len(table), len(table)).rows
    assert rows[:plain] == (None,) * plain
    other = {
        table.keys[i]: row and row.entry for i, row in enumerate(rows) if i >= plain and (not row or row.entry != i)
    }
    assert other == {ADDRESS_0: -1}
    kfree, rcu_barrier = (table.find(name.encode()) for name in SOME[:2])
    assert 0 <= kfree < plain <= rcu_barrier
    entries = [
        [row and row.entry for row in read_answers(life[f"some_{name}"], name, len(SOME), len(table)).rows]
        for name in ("symbol_get", "kallsyms")
    ]
    assert entries == [[None, rcu_barrier, -1], [kfree, rcu_barrier, -1]]


def test_names_are_replaced_or_refused(life: Mapping[str, bytes]) -> None:
    assert life["none"].startswith(b"symbench 1 bsearch lookups 0 ")
    assert life["two"].startswith(b"symbench 1 bsearch lookups 2 ")
    assert life["after"].split(b"\n")[0].split()[:5] == life["two"].split(b"\n")[0].split()[:5]
    assert len(life["two"].splitlines()) == len(life["after"].splitlines()) == 3


def test_it_comes_and_goes_cleanly(life: Mapping[str, bytes]) -> None:
    assert life["life"] == b"over\n"
    assert life["first"] == life["about"] + life["table"]
    log = life["log"].decode()
    assert "WARNING" not in log
    assert "BUG" not in log
    assert "failing symbol_get" not in log
    said = [line for line in log.splitlines() if "symbench" in line]
    assert said, log
    assert all("taint" in line for line in said), log


def test_it_builds_without_a_warning(kernel_full: Kernel) -> None:
    assert compile_module(linux_sources("symbench"), kernel_full).warnings == ()


def test_lookups_that_are_timed(kernel_cloud: Kernel, accel: str) -> None:
    run = run_symbols(kernel_cloud, lookups=100, seed=SEED, accel=accel)
    assert run.equal, run.headline()
    assert run.kernel == kernel_cloud.release
    for method in run.methods.values():
        assert method.instructions_per_lookup is None
        assert method.nanoseconds_per_lookup is not None
    ratio = run.ratio("linear", "hash")
    assert ratio is not None
    assert ratio > 1
