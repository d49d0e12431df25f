"""Both engines against every closed form: `python -m tests.pagefault.proof [--engine fast] [--all]`.

200 cases of 50,000 faults (`closed_form_cases`), on all cores. At most 2 may be outside 3 standard errors, none
outside 5; where nothing varies the share must be exact. Exit status 0 only then.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

from lab.core.cores import allowed_cores
from lab.pagefault import run
from tests.pagefault.closed_form_cases import CASES, Case, verdict

__all__ = ["gap", "main"]


def gap(case: Case, engine: str, faults: int | None = None) -> float:
    """Simulation less theory, in standard errors; as it is where nothing varies."""
    scenario = dataclasses.replace(case.scenario, engine=engine, faults=faults or case.scenario.faults)
    found = run(scenario, case.mode)
    if found.theory.utilisation is None:
        raise ValueError(f"{case}: {found.theory.reason}")
    if found.theory.exact:
        return found.utilisation - found.theory.utilisation
    if found.standard_errors is None:
        raise ValueError(f"{case}: no interval")
    return found.standard_errors


def gaps(engine: str, workers: int) -> Iterator[tuple[Case, float]]:
    """Every case with its gap; compiled code needs no second process, which would compile it again."""
    if engine == "fast":
        yield from ((case, gap(case, engine)) for case in CASES)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from zip(CASES, pool.map(gap, CASES, [engine] * len(CASES), chunksize=4), strict=True)


def main() -> int:
    """Run them, print those that are far off, answer with the exit status."""
    parser = argparse.ArgumentParser(description="the engines against every closed form")
    parser.add_argument("--engine", choices=("simpy", "fast"), default="simpy")
    parser.add_argument("--all", action="store_true", help="print every case")
    options = parser.parse_args()
    found = list(gaps(options.engine, allowed_cores()))
    for number, (case, off) in enumerate(found, 1):
        if options.all or abs(off) > (1e-9 if case.expected.exact else 2.5):
            shown = f"{off:.1e}" if case.expected.exact else f"{off:+.2f} standard errors"
            print(f"{number:4} {case.form:15} {case.mode:5} {case.expected.utilisation:.6f} {shown}  {_changes(case)}")
    wrong = verdict(
        [off for case, off in found if not case.expected.exact], [off for case, off in found if case.expected.exact]
    )
    squares = [off * off for case, off in found if not case.expected.exact]
    print(f"{len(found)} cases, engine {options.engine}: root mean square {(sum(squares) / len(squares)) ** 0.5:.2f}")
    print(wrong or "all as theory says")
    return 1 if wrong else 0


def _changes(case: Case) -> str:
    plain = type(case.scenario)()
    fields = [f.name for f in dataclasses.fields(plain) if f.name not in ("mode", "faults", "seed")]
    return " ".join(
        f"{n}={getattr(case.scenario, n)}" for n in fields if getattr(case.scenario, n) != getattr(plain, n)
    )


if __name__ == "__main__":
    sys.exit(main())
