"""`why` held against the real kernel, which boots in QEMU and is given each module: `python -m tests.oracle.loads`.

Needs qemu-system-x86_64 and a static busybox (Debian: qemu-system-x86, busybox-static), and LAB_KERNEL_ROOT or a
folder as argument: an unpacked linux-image for amd64 with plain .ko files. Network and disk are not given to the guest.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import re
import sys
import tempfile
import time
from pathlib import Path

from lab.symbols.store import Index, open_index
from lab.symbols.store.build import build
from lab.symbols.why import Verdict, why
from lab.symbols.why.finding import SYMBOLS
from tests.oracle.loads_cases import BASE, Case, Tree, cases, proprietary
from tests.oracle.loads_edit import unpacked, unsigned
from tests.oracle.loads_guest import Answer, boot, lacking

# what the kernel logs when it refuses -> kinds of ours that say so
LOGGED: tuple[tuple[str, frozenset[str]], ...] = (
    (r"disagrees about version of symbol|no symbol version for", frozenset({"crc"})),
    (r"version magic '.*' should be", frozenset({"vermagic"})),
    (r"module uses symbol \(.*\) from namespace", frozenset({"namespace"})),
    (r"module using GPL-only symbols uses symbols", frozenset({"license"})),
    (r"exports duplicate symbol", frozenset({"duplicate"})),
    (r"module is already loaded", frozenset({"built-in"})),
    (r"Invalid architecture in ELF header", frozenset({"arch"})),
    (r"Invalid ELF header type: 256 ", frozenset({"arch"})),  # ET_REL in the other byte order
    (r"Invalid ELF|ELF Spec violation|No module found|Exactly one|must occupy|has no symbols", frozenset({"format"})),
    # from 6.4 on: struct module is of another size, which is why the CRC of module_layout or the vermagic differs
    (r"this_module section size must match", frozenset({"crc", "vermagic"})),
    (r"Loading of .* is rejected", frozenset({"signature"})),
    (r"Unknown symbol .* \(err -2\)", frozenset({"missing", "gpl-only", "license"})),
    (r"Unknown symbol .* \(err -22\)", frozenset({"crc", "namespace"})),
)
UNKNOWN = re.compile(r": Unknown symbol (\S+) \(err")
# what no index can know: whether a signature fits, whether /sys/module/NAME is there
OPEN = {"signature-unfitting": "a signature by a known key", "built-in-hidden": "insmod is refused only where"}


@dataclasses.dataclass(frozen=True, slots=True)
class Compared:
    """One case: what the kernel did and what was said of it; `wrong` says where they differ, "" if they agree."""

    name: str
    kernel: str
    ours: str
    wrong: str
    open: bool


def compare(case: Case, answer: Answer | None, verdict: Verdict) -> Compared:
    """Hold a verdict against the kernel's answer: loads or refused, the kind, and each symbol it names."""
    ours = f"{verdict.word} {', '.join(dict.fromkeys(r.kind for r in verdict.reasons))}".strip()
    if answer is None:
        return Compared(case.name, "no answer", ours, "the guest did not come to it", False)
    kinds = [kind for pattern, kind in LOGGED if any(re.search(pattern, line) for line in answer.log)]
    refused = bool(answer.said) and not answer.called
    kernel = f"{'refused' if refused else 'loads'} {'; '.join('|'.join(sorted(k)) for k in kinds)}".strip()
    return Compared(case.name, kernel, ours, _difference(case, answer, verdict, kinds, refused), case.name in OPEN)


def _difference(case: Case, answer: Answer, verdict: Verdict, kinds: list[frozenset[str]], refused: bool) -> str:
    said = [*(u.why for u in verdict.uncertain), *(n.text for n in verdict.notes)]
    if case.name in OPEN:
        return "" if any(OPEN[case.name] in text for text in said) else "does not say that it is open"
    if refused == verdict.loads:
        return f"kernel: {answer.said} {answer.log}"
    if not refused:
        return ""
    stage = verdict.reasons[0].stage
    first = {r.kind for r in verdict.reasons if r.stage == stage}
    if kinds and not any(first & kind for kind in kinds):
        return f"kernel: {answer.log}"
    symbols = {m[1] for line in answer.log if (m := UNKNOWN.search(line))}
    named = {r.symbol for r in verdict.reasons if r.stage == SYMBOLS}
    if symbols and stage == SYMBOLS and symbols != named:
        return f"kernel names {sorted(symbols - named)}, we name {sorted(str(s) for s in named - symbols)}"
    return ""


def run(root: Path, count: int, seed: int, also: list[Path]) -> list[Compared]:
    """Boot the kernel under `root` once and compare every case; `also`: module files of any other kernel."""
    tree = Tree(root)
    sample = tree.sample(count, seed)
    with tempfile.TemporaryDirectory(prefix="kernel-lab-loads-") as place:
        folder = Path(place)
        modules = folder / "modules"
        tree.smaller(modules, [*BASE, *sample])
        (modules / "kernel" / "crc_itu_p.ko").write_bytes(proprietary(tree))
        build(str(tree.image), str(modules), str(folder / "index"))
        with open_index(folder / "index") as index:
            foreign = [Case(f"also-{i}-{p.name.partition('.')[0]}", unsigned(unpacked(p))) for i, p in enumerate(also)]
            asked = [*foreign, *cases(tree, _name(index, 14), sample)]
            verdicts = [why(c.data, f"{c.name}.ko", index, sig_enforce=c.enforce) for c in asked]
        files = {p.name.partition(".")[0].replace("-", "_"): unsigned(unpacked(p)) for p in modules.rglob("*.ko*")}
        answers = boot(tree.image, files, asked, folder)
    return [compare(c, answers.get(c.name), v) for c, v in zip(asked, verdicts, strict=True)]


def _name(index: Index, length: int) -> str:
    """A name that the kernel exports, of so many letters."""
    return next(row.name for row in index.exports(None) if len(row.name) == length)


def main() -> int:
    """Print one line a case and one that closes; 1 if any differs."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.loads", description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=os.environ.get("LAB_KERNEL_ROOT"))
    parser.add_argument("--sample", type=int, default=12, help="so many modules of the tree, unchanged [%(default)s]")
    parser.add_argument("--seed", type=int, default=1, help="which ones [%(default)s]")
    parser.add_argument("--also", nargs="+", type=Path, default=[], metavar="FILE", help="modules of other kernels")
    options = parser.parse_args()
    if options.root is None or not list(Path(options.root).glob("lib/modules/*/kernel")):
        print("skipped: name an unpacked linux-image for amd64 (LAB_KERNEL_ROOT or an argument)")
        return 0
    if lacking():
        print(f"skipped: this machine lacks {lacking()}")
        return 0
    start = time.monotonic()
    found = run(Path(options.root), options.sample, options.seed, options.also)
    for c in found:
        mark = "DIFFERS" if c.wrong else ("open" if c.open else "ok")
        print(f"{mark:8}{c.name:32}kernel: {c.kernel:42}why: {c.ours}" + (f"\n        {c.wrong}" if c.wrong else ""))
    wrong = sum(bool(c.wrong) for c in found)
    print(f"{len(found)} modules given to the real kernel, {wrong} differ, {time.monotonic() - start:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
