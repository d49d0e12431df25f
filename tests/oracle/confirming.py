"""The systemds that can be asked what a rule does: this machine's, and those in the folders of LAB_SYSTEMD_ROOTS."""

import os

import pytest

from lab.core.errors import LabError
from lab.naming.pin.confirm import Confirmation, confirm, release_of
from lab.naming.schemes.flags import RELEASE

ROOTS = ["/", *filter(None, os.environ.get("LAB_SYSTEMD_ROOTS", "").split(":"))]


def systemd(root: str) -> int:
    """The release at `root`; the test is skipped, saying why, if it cannot be asked."""
    try:
        number = release_of(root)
    except LabError as error:
        pytest.skip(str(error))
    if not 248 <= number <= RELEASE:
        pytest.skip(f"systemd {number}: only 248 to {RELEASE} can be asked")
    return number


def asked(*question: object) -> Confirmation:
    """What `confirm` says; skipped where this machine lacks a program or a right for it, and only then."""
    try:
        return confirm(*question)  # type: ignore[arg-type]
    except LabError as error:
        if "it needs" in str(error) or "there is no" in str(error):
            pytest.skip(str(error))
        raise
