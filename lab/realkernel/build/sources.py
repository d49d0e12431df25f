"""Where the sources are of what runs inside Linux."""

from __future__ import annotations

from pathlib import Path

from lab.core.errors import LabError

__all__ = ["linux_sources"]

_PACKAGE = Path(__file__).resolve().parents[2]
# Inside the package when installed (pyproject.toml puts it there), beside it in a checkout.
_PLACES = (_PACKAGE / "kernels" / "linux", _PACKAGE.parent / "kernels" / "linux")


def linux_sources(name: str) -> Path:
    """The folder `name` of kernels/linux: "netnode", "symbench", "asyncpf" or "init".

    Raises `LabError` if this lab came without it.
    """
    for place in _PLACES:
        if (place / name).is_dir():
            return place / name
    raise LabError(f"{_PLACES[0] / name}: did not come with this lab; install it again")
