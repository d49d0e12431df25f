"""Tests that boot real kernels: `make test-kernel` runs them, everything else skips them and says so.

Where they are asked for nothing is skipped for want of a kernel: `tests.booted_budget` has looked for all of it before.
"""

import functools
import os

import pytest

from lab.core.errors import LabError
from lab.naming.topologies import preset
from lab.realkernel.kernel import CLOUD, FULL, Kernel
from lab.realkernel.kernels.find import find_kernel
from lab.realkernel.machine.qemu import TCG
from lab.realkernel.naming import name_really
from lab.realkernel.root.udev_root import UdevRoot, udev_root
from tests.booted.preset_boots import LIMIT, Boots

ASKED = os.environ.get("LAB_BOOT", "")
# seconds of one test with the boots that its fixtures make: longer than two guests may take, so that a guest that is
# too late is told as such
TIMEOUT = 1200


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = "" if ASKED else "boots a real kernel: make test-kernel"
    for item in items:
        if "/booted/" in str(item.path):
            item.add_marker(pytest.mark.timeout(TIMEOUT))
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


def _kernel(flavour: str) -> Kernel:
    try:
        return find_kernel(os.environ.get("LAB_KERNEL") or None, flavour, headers=True)
    except LabError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="session")
def kernel_full() -> Kernel:
    return _kernel(FULL)


@pytest.fixture(scope="session")
def kernel_cloud() -> Kernel:
    return _kernel(CLOUD)


@pytest.fixture(scope="session")
def accel() -> str:
    """Emulated everywhere, so that the proof is the same everywhere; LAB_ACCEL=kvm for another."""
    return os.environ.get("LAB_ACCEL", TCG)


@pytest.fixture(scope="session")
def udev() -> UdevRoot:
    try:
        return udev_root()
    except LabError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="module")
def booted(kernel_full: Kernel, udev: UdevRoot, accel: str) -> Boots:
    """A preset's boot, made once."""
    return functools.cache(lambda name: name_really(preset(name), kernel_full, udev, accel=accel, limit=LIMIT))
