"""`python -m lab` is `kernel-lab`."""

import sys

from lab.cli import main

sys.exit(main())
