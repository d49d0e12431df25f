"""`kernel-lab kernel fetch`: the one command that uses the network."""

from __future__ import annotations

import argparse
from typing import Any

from lab.core.report import Report

__all__ = ["fill"]


def fill(parser: Any) -> None:
    """Add the options."""
    parser.add_argument(
        "--series", metavar="N.N", help="the newest kernel of a series, such as 6.1 (default: the newest)"
    )
    parser.add_argument(
        "--no-headers", action="store_true", help="without what modules are built with: enough for naming and asyncpf"
    )
    parser.add_argument("--dry-run", action="store_true", help="say what would be fetched; asks no network")
    parser.set_defaults(run=_run)


def _run(options: argparse.Namespace) -> Report:
    import sys

    from lab.core.progress import terminal
    from lab.core.table import Table
    from lab.realkernel.kernels.cache import kernels_folder
    from lab.realkernel.kernels.fetch import fetch, free_space
    from lab.realkernel.kernels.kernel_packages import plan

    progress = terminal()
    wanted = plan(options.series, headers=not options.no_headers, progress=progress)
    folder = kernels_folder()
    rows = tuple((p.name, p.version, round(p.size / 1e6, 1), round(p.unpacked / 1e6, 1)) for p in wanted.packages)
    need = f"{wanted.size / 1e6:.0f} MB to download, {wanted.unpacked / 1e6:.0f} MB unpacked, into {folder}"
    lines = [Table(("package", "version", "MB to download", "MB unpacked"), rows).to_text(), ""]
    data: dict[str, Any] = {
        "releases": wanted.releases,
        "packages": wanted.packages,
        "download_bytes": wanted.size,
        "unpacked_bytes": wanted.unpacked,
        "folder": str(folder / wanted.name),
    }
    if options.dry_run:
        data |= {"free_bytes": free_space(folder), "fetched": False}
        lines.append(f"{need}; {data['free_bytes'] / 1e6:.0f} MB are free there. Nothing was fetched.")
        return Report(data, "\n".join(lines))
    if sys.stderr.isatty():
        print(f"{need}: {', '.join(wanted.releases)}", file=sys.stderr)
    done = fetch(wanted, progress)
    state = "fetched, checked and unpacked" if done.fresh else "there already, and as they were fetched"
    lines.append(f"{', '.join(wanted.releases)}: {state}, in {done.folder}")
    lines += [f"Older: rm -r {old}" for old in done.older]
    return Report({**data, "fetched": done.fresh, "older": done.older}, "\n".join(lines))
