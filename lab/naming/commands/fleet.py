"""`kernel-lab naming fleet` and `fleet-sample`: the names of many hosts at once, and a fleet to try it on."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from lab.core.errors import LabError
from lab.core.progress import terminal
from lab.core.report import Report
from lab.naming.prediction import ALL, schemes_asked
from lab.naming.schemes.flags import RELEASE
from lab.naming.schemes.releases import release

__all__ = ["add"]

BY = ("all", "vendor-model")
ROWS = 20  # of each table, without --json


def add(commands: Any) -> None:
    """Add `fleet` and `fleet-sample`."""
    _add_fleet(commands)
    sample = commands.add_parser(
        "fleet-sample",
        help="write a generated fleet: JSON lines, one host a line",
        description="Write the snapshots of servers that nobody owns, drawn from a seed; the same seed gives the same "
        "file. Some hosts of a model differ: an extra card, no firmware index, another slot number, named ports.",
    )
    sample.add_argument("-o", "--output", metavar="FILE", type=Path, required=True, help="the file to write")
    sample.add_argument("--hosts", type=int, default=1000, metavar="N", help="how many (default 1000)")
    sample.add_argument("--models", type=int, default=200, metavar="N", help="of how many models (default 200)")
    sample.add_argument("--seed", type=int, default=1, metavar="S", help="seed of the draw (default 1)")
    sample.add_argument("--json", action="store_true", help="print JSON")
    sample.set_defaults(run=_sample)


def _add_fleet(commands: Any) -> None:
    fleet = commands.add_parser(
        "fleet",
        help="the names of many hosts: by port, how stable, and what makes equal servers differ",
        description="Read snapshots, one host a line, and count for each physical port the names it has under every "
        "scheme. Hosts that agree in everything the rules read are named once.",
    )
    fleet.add_argument(
        "file", metavar="FILE", help="JSON lines, one snapshot a line, plain or gzip; - is standard input"
    )
    fleet.add_argument(
        "--systemd", type=int, default=RELEASE, metavar="N", help=f"the release of systemd (default {RELEASE})"
    )
    fleet.add_argument(
        "--scheme", default=ALL, metavar="all|vNNN", help="a naming scheme, or all that the release knows (default)"
    )
    fleet.add_argument("--by", choices=BY, default=BY[0], help="which hosts are compared: all, or those of one model")
    fleet.add_argument(
        "--workers", type=int, metavar="N", help="processes (default: one for each core that may be used)"
    )
    fleet.add_argument("--cluster", metavar="ADDRESS", help="a Dask scheduler instead, such as tcp://host:8786")
    fleet.add_argument("--keep-going", action="store_true", help="pass over lines that are no snapshot, and count them")
    fleet.add_argument("--json", action="store_true", help="print JSON")
    fleet.set_defaults(run=_fleet)


def _fleet(options: argparse.Namespace) -> Report:
    from lab.naming.fleet import census, outlier_table, outliers, survey

    if options.cluster is not None and options.workers is not None:
        raise LabError("--workers: has no meaning with --cluster, whose workers do the work; leave one out")
    schemes = schemes_asked(release(options.systemd), options.scheme)
    fleet = survey(
        options.file,
        schemes,
        workers=options.workers,
        cluster=options.cluster,
        keep_going=options.keep_going,
        progress=terminal(),
    )
    found = census(fleet, options.by)
    odd = outliers(found, most=ROWS)
    parts = [found.headline]
    if fleet.bad_count:
        first, lines = fleet.bad[0], "line was" if fleet.bad_count == 1 else "lines were"
        parts.append(f"{fleet.bad_count:,} {lines} passed over; line {first.line:,}: {first.why}")
    for one in (found.scheme_table(), found.to_table(most=ROWS), outlier_table(odd)):
        parts += ["", f"{one.caption}:", one.to_text()]
    if len(found.roles) > ROWS:
        parts.append(f"(the {ROWS} least stable of {len(found.roles):,} ports; --json has all)")
    return Report({**found.to_json(), "outliers": odd}, "\n".join(parts))


def _sample(options: argparse.Namespace) -> Report:
    from lab.naming.fleet import write_sample

    write_sample(options.output, options.seed, options.hosts, options.models, terminal())
    size = options.output.stat().st_size
    data = {"file": str(options.output), "hosts": options.hosts, "models": options.models, "seed": options.seed}
    text = (
        f"{options.output}: {options.hosts:,} hosts of {options.models:,} models, seed {options.seed}, {size:,} bytes"
    )
    return Report({**data, "bytes": size}, text)
