"""How fast modules are read: the bulk path beside pyelftools, paired and interleaved, as ratios.

Run: `python tests/symbols/bench_extract.py ROOT`, ROOT an unpacked kernel package.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

SAMPLE = 400  # modules
ROUNDS = 3


def by_pyelftools(paths: list[Path]) -> int:
    """Names of exports and undefined symbols, by iterating symbols."""
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    count = 0
    for path in paths:
        with path.open("rb") as source:
            table = ELFFile(source).get_section_by_name(".symtab")
            if not isinstance(table, SymbolTableSection):
                continue
            for symbol in table.iter_symbols():
                name = symbol.name
                count += bool(name) and (symbol["st_shndx"] == "SHN_UNDEF" or name.startswith("__crc_"))
    return count


def by_bulk(paths: list[Path]) -> int:
    """The same through `lab.symbols.bulk`."""
    from lab.symbols import bulk

    count = 0
    for path in paths:
        data, _ = bulk.module_bytes(path)
        found = bulk.open_object(data, str(path))
        count += len(bulk.undefined(found)) + len(bulk.crc_symbols(found))
    return count


def _seconds(work: Callable[[list[Path]], int], paths: list[Path]) -> tuple[float, int]:
    start = time.process_time()
    count = work(paths)
    return time.process_time() - start, count


def ratios(root: Path) -> dict[str, float]:
    """How many times faster the bulk path is ("extract"), and its microseconds a module and whole-tree seconds.

    `root` holds lib/modules with plain .ko files. Processor time, median of paired rounds after a warm-up.
    """
    every = sorted(p for p in (root / "lib/modules").rglob("*.ko") if p.is_file())
    if not every:
        raise SystemExit(f"{root}: holds no plain .ko files under lib/modules")
    sample = every[:: max(1, len(every) // SAMPLE)][:SAMPLE]
    _seconds(by_bulk, every)
    pairs = [(_seconds(by_pyelftools, sample), _seconds(by_bulk, sample)) for _ in range(ROUNDS)]
    if any(a[1] != b[1] for a, b in pairs):
        raise SystemExit("the two paths counted differently")
    whole = min(_seconds(by_bulk, every)[0] for _ in range(ROUNDS))
    return {
        "extract": statistics.median(a[0] / b[0] for a, b in pairs),
        "us per module": 1e6 * statistics.median(b[0] for _, b in pairs) / len(sample),
        "pyelftools us per module": 1e6 * statistics.median(a[0] for a, _ in pairs) / len(sample),
        "seconds per tree": whole,
        "modules": float(len(every)),
    }


def main() -> None:
    """Print them."""
    for name, value in ratios(Path(sys.argv[1])).items():
        print(f"{name:28}{value:12.3f}")


if __name__ == "__main__":
    main()
