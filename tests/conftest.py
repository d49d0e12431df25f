"""For every test: Jupyter and IPython with folders of their own, and property tests that repeat.

The same examples each time, so that a run proves the same on every machine; to look for new ones:
`make test ARGS="--hypothesis-profile=explore"`.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests.installed import Installed, install

settings.register_profile("house", deadline=None, derandomize=True, database=None)
settings.register_profile("explore", deadline=None, max_examples=500)
settings.load_profile("house")

_PLACE = tempfile.mkdtemp(prefix="kernel-lab-test-")


def pytest_configure(config: pytest.Config) -> None:
    """Before nbval starts a kernel."""
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        os.environ[name] = os.path.join(_PLACE, name.lower())
    for name in ("JUPYTER_PATH", "JUPYTER_CONFIG_PATH", "PYTHONPATH", "PYTHONSTARTUP"):
        os.environ.pop(name, None)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Leave nothing behind."""
    shutil.rmtree(_PLACE, ignore_errors=True)


@pytest.fixture(scope="session")
def installed() -> Iterator[Installed]:
    """The wheel, installed where its user may not write."""
    yield from install()
