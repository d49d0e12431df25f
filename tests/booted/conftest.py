"""Tests that boot real kernels: `make test-kernel` runs them, everything else skips them and says so."""

import os

import pytest

from lab.core.errors import LabError
from lab.realkernel.kernel import CLOUD, FULL, Kernel
from lab.realkernel.kernels.find import find_kernel
from lab.realkernel.machine.qemu import TCG

ASKED = os.environ.get("LAB_BOOT", "")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = "" if ASKED else "boots a real kernel: make test-kernel"
    for item in items:
        if reason and "/booted/" in str(item.path):
            item.add_marker(pytest.mark.skip(reason=reason))


def _kernel(flavour: str) -> Kernel:
    try:
        found = find_kernel(os.environ.get("LAB_KERNEL") or None, flavour)
    except LabError as error:
        pytest.skip(str(error))
    return found


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
