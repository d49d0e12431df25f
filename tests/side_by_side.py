"""All tests in two pytest processes side by side: a browser waits most of the time, the others compute.

    python -m tests.side_by_side

What the pages' half says is printed when the other half is done. Exit status 0 only if both are good.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("tests/browser", "tests/notebooks", "notebooks", "tests/realkernel", "tests/house")  # the last two for balance


def main() -> int:
    pytest = [sys.executable, "-m", "pytest"]
    with tempfile.TemporaryFile() as said:
        pages = subprocess.Popen([*pytest, *PAGES], cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)
        try:
            rest = subprocess.run([*pytest, "tests", *(f"--ignore={p}" for p in PAGES)], cwd=ROOT, check=False)
            pages.wait()
        except KeyboardInterrupt:  # a terminal sends it to both
            pages.wait()
            return 130
        said.seek(0)
        sys.stdout.write(said.read().decode("utf-8", "replace"))
    return rest.returncode or pages.returncode


if __name__ == "__main__":
    sys.exit(main())
