"""The VMM of kernels/linux/asyncpf: it builds without a warning, refuses what is wrong, throws the lab's own dice."""

import io
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.core.errors import LabError
from lab.pagefault.randomness import CHOICE, below, stream
from lab.realkernel.asyncpf.build import FOLDER, PROGRAM
from lab.realkernel.asyncpf.guest_script import EVENTS, PLACE, guest_script, steps
from lab.realkernel.build.module_build import Built, compile_program
from lab.realkernel.build.sources import linux_sources

SOURCES = linux_sources(FOLDER)
NO_COMPILER = "no gcc or no make here: apt-get install gcc make"
needs_compiler = pytest.mark.skipif(not (shutil.which("gcc") and shutil.which("make")), reason=NO_COMPILER)

DICE = """\
#include <stdio.h>
#include "order.c"
int main(void)
{
	struct dice dice;
	unsigned long long seed;
	unsigned n;
	int order;

	while (scanf("%llu %u %d", &seed, &n, &order) == 3) {
		seed_dice(&dice, seed);
		for (; n; n--)
			printf("%u ", choose(order, &dice, n));
		putchar('\\n');
	}
	return 0;
}
"""
# The pager's own functions on a real userfaultfd of this process; what the kernel would say is given to them by hand.
FAULTS = """\
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "faults.c"

#define PAGES 3
#define NOT_HERE 77

double now_ms(void)
{
	return 0;
}

void connect_bell(const struct machine *machine, int bell)
{
	(void)machine;
	(void)bell;
}

static struct board board = { .number = { 1, 2, 3 } };
static struct machine machine = { .late_size = PAGES * PAGE_SIZE, .board = &board };
static struct pager pager = { .machine = &machine, .room = EVENTS_PER_PAGE * PAGES };

static bool told(u32 page)
{
	struct uffd_msg message = { .event = UFFD_EVENT_PAGEFAULT };

	message.arg.pagefault.address = (u64)machine.late + page * PAGE_SIZE;
	return note_fault(&pager, &message);
}

static void show(bool good)
{
	printf("%d %u %u %s\\n", good, pager.npending, pager.nevents, pager.failed);
}

int main(void)
{
	int probe = syscall(SYS_userfaultfd, O_CLOEXEC);

	if (probe < 0) {
		perror("userfaultfd");
		return NOT_HERE;
	}
	pager.events = calloc(pager.room, sizeof(pager.events[0]));
	machine.late = mmap(NULL, machine.late_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	pager.uffd = open_userfaultfd(&machine);
	show(told(0));
	show(told(0));
	show(put_in(&pager, pager.pending[0]));
	show(told(0));
	printf("%#x\\n", machine.late[0]);
	pager.room = pager.nevents;
	show(told(1));
	show(give_up(&pager, "a consequence"));
	return 0;
}
"""
NO_USERFAULTFD = 77  # its status where this user may have none
ORDERS = ("fifo", "lifo", "random")  # as the numbers of enum order


@pytest.fixture(scope="module")
def built() -> Built:
    return compile_program(SOURCES, PROGRAM)


@pytest.fixture(scope="module")
def program(built: Built, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vmm") / PROGRAM
    path.write_bytes(built.data)
    path.chmod(0o755)
    return path


def said(program: Path, *words: str) -> tuple[int, str, str]:
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=10, check=False)
    return done.returncode, done.stdout, done.stderr


@needs_compiler
def test_builds_without_a_warning_and_needs_no_library(built: Built) -> None:
    assert built.warnings == ()
    elf = ELFFile(io.BytesIO(built.data))
    assert elf.get_machine_arch() == "x64"
    assert not [s for s in elf.iter_segments() if s["p_type"] in ("PT_INTERP", "PT_DYNAMIC")]


@needs_compiler
def test_help_names_every_option_of_the_readme(program: Path) -> None:
    status, told, wrong = said(program, "--help")
    assert (status, wrong) == (0, "")
    options = set(re.findall(r"^  (--[a-z-]+)", told, re.MULTILINE))
    table = set(re.findall(r"^\| `(--[a-z-]+)", (SOURCES / "README.md").read_text(), re.MULTILINE))
    assert {"--tasks", "--order", "--user-mode", "--kernel-mode", "--fail"} <= options
    assert options == table


@needs_compiler
@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--tasks 0", "--tasks 0: write a whole number from 1 to 96"),
        ("--tasks 97", "--tasks 97: write a whole number from 1 to 96"),
        ("--pages 4097", "from 1 to 4096"),
        ("--flags 0x10", "--flags 0x10: write a whole number from 0 to 15"),
        ("--seed -1", "--seed -1: write a whole number"),
        ("--seed 18446744073709551616", "to 18446744073709551615"),
        ("--delay 1.5", "--delay 1.5: write a whole number"),
        ("--gap 3ms", "--gap 3ms: write a whole number"),
        ("--order up", "--order up: see asyncpf-vmm --help"),
        ("--pace slow", "--pace slow: see asyncpf-vmm --help"),
        ("--tasks", "--tasks: a value is missing"),
        ("--vcpus 2", "--vcpus: there is no such option"),
        ("--write now", "now: an option begins with --"),
    ],
)
def test_a_wrong_option_is_one_line_and_status_1(program: Path, words: str, reason: str) -> None:
    status, told, wrong = said(program, *words.split())
    assert (status, told) == (1, "")
    assert wrong.count("\n") == 1
    assert reason in wrong


@needs_compiler
def test_the_order_of_arrival_is_the_labs(tmp_path: Path) -> None:
    (tmp_path / "dice.c").write_text(DICE)
    words = ["gcc", "-O2", "-I", str(SOURCES), "-o", "dice", "dice.c"]
    subprocess.run(words, cwd=tmp_path, check=True, timeout=60)
    seeds = (0, 1, 7, 2**63 - 1, 2**63, 2**64 - 1, *(x * 0x9E3779B97F4A7C15 % 2**64 for x in range(200)))
    asked = [(seed, n, order) for seed in seeds for n in (1, 8, 100) for order in range(3)]
    lines = "".join(f"{seed} {n} {order}\n" for seed, n, order in asked)
    done = subprocess.run([tmp_path / "dice"], input=lines, capture_output=True, text=True, timeout=30, check=True)
    answers = [[int(word) for word in line.split()] for line in done.stdout.splitlines()]
    assert answers == [places(seed, n, ORDERS[order]) for seed, n, order in asked]


@needs_compiler
def test_a_page_that_is_told_twice_is_put_in_once(tmp_path: Path) -> None:
    """The kernel queues a message before it looks whether the page came meanwhile (fs/userfaultfd.c)."""
    (tmp_path / "faults-here.c").write_text(FAULTS)
    words = ["gcc", "-O1", "-D_GNU_SOURCE", "-fsanitize=undefined", "-fsanitize-undefined-trap-on-error", "-pthread",
             "-I", str(SOURCES), "-o", "faults-here", "faults-here.c"]  # fmt: skip
    subprocess.run(words, cwd=tmp_path, check=True, timeout=60)
    done = subprocess.run([tmp_path / "faults-here"], capture_output=True, text=True, timeout=30, check=False)
    if done.returncode == NO_USERFAULTFD:
        pytest.skip(f"no userfaultfd for this user here: {done.stderr.strip()}")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "1 1 1 ",
        "1 1 1 ",  # told twice while it is pending: one event
        "1 0 2 ",  # put in
        "1 0 2 ",  # told once more: nothing is pending, nothing is noted
        "0x5a",
        "0 1 2 more than 2 events",  # no room: nothing is written behind the last one
        "0 1 2 more than 2 events",  # the first reason stays
    ]


@needs_compiler
def test_makes_own_flag_turns_warnings_into_errors() -> None:
    shown = subprocess.run(["make", "-n", "-B", "WERROR=-Werror", PROGRAM], cwd=SOURCES, capture_output=True, text=True)
    plain = subprocess.run(["make", "-n", "-B", PROGRAM], cwd=SOURCES, capture_output=True, text=True)
    assert (shown.returncode, plain.returncode) == (0, 0)
    assert "-Wextra -Werror" in shown.stdout
    assert "-Werror" not in plain.stdout


def places(seed: int, n: int, order: str) -> list[int]:
    """Which of the pages that are left arrives, one batch of `n`."""
    streams = [stream(seed, CHOICE, 0)]
    if order == "random":
        return [below(streams, 0, left) for left in range(n, 0, -1)]
    return [left - 1 if order == "lifo" else 0 for left in range(n, 0, -1)]


def test_sources_are_in_the_kernels_style() -> None:
    files = [p for p in SOURCES.rglob("*") if p.suffix in (".c", ".h", ".S", ".lds") and ".build" not in p.parts]
    assert len(files) > 12
    for path in files:
        text = path.read_text()
        comment = "//" if path.suffix == ".c" else "/*"
        assert text.startswith(f"{comment} SPDX-License-Identifier: GPL-2.0-only"), path.name
        for number, line in enumerate(text.splitlines(), 1):
            assert len(line.expandtabs(8)) <= 100, f"{path.name}:{number} is longer than 100 columns"
            assert line == line.rstrip(), f"{path.name}:{number} ends with a blank"
            assert number == 1 or not line.lstrip().startswith("//"), f"{path.name}:{number}: a C++ comment"


def test_the_script_runs_each_setting_under_its_name() -> None:
    runs = {"one": ["--tasks", "2"], "two-b4": ["--order", "a b'c"]}
    text = guest_script(runs, limit=7)
    assert text.endswith(f"one one /{PLACE} --limit 7 --tasks 2\none two-b4 /{PLACE} --limit 7 --order 'a b'\"'\"'c'\n")
    assert steps(runs) == ("kvm", "one", "two-b4")
    assert all(event in text for event in EVENTS)
    checked = subprocess.run(["sh", "-n"], input=text, capture_output=True, text=True, timeout=10, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", ["", "../up", "Big", "a b", "a;b", "-x", "kvm", "x" * 81, "$(id)", "a\n"])
def test_a_name_that_is_no_files_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="is no name of a run"):
        guest_script({name: []})


@settings(max_examples=30)
@given(st.text(max_size=30))
def test_no_word_of_a_setting_gets_out_of_its_place(word: str) -> None:
    """Whatever a word holds, the shell hands on that word alone."""
    if "\0" in word or "\r" in word or any("\ud800" <= c <= "\udfff" for c in word):
        return
    line = (
        guest_script({"x": [word]}).partition("mark kvm\n")[2].replace(f"one x /{PLACE} --limit 60", "printf '%s'", 1)
    )
    done = subprocess.run(["sh", "-c", line], capture_output=True, timeout=10, check=True)
    assert done.stdout.decode() == word
