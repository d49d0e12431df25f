"""Look at a notebook as a reader does: run all its cells in JupyterLab and save a picture of the page.

shot.py NOTEBOOK OUT.png [--dark] [--width 1280] [--height 720] [--element .lab-frame] [--script FILE.js]
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script

from tests.browser import harness


def main() -> int:
    """Take the picture; the exit status is 1 if a cell failed, the console had errors or another host was asked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("notebook", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--dark", action="store_true", help="JupyterLab Dark")
    parser.add_argument("--width", type=int, default=1280, metavar="PX")
    parser.add_argument("--height", type=int, default=720, metavar="PX")
    parser.add_argument(
        "--element", default="", metavar="CSS", help="scroll there and picture only the first such element"
    )
    parser.add_argument("--script", type=Path, metavar="FILE", help="JavaScript (an expression) run before the picture")
    options = parser.parse_args()
    if why := harness.missing():
        print(why, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        shutil.copy(options.notebook, name)
        with harness.running_server(Path(name)) as server, harness.running_browser() as browser:
            book = harness.Book(browser, server, options.width, options.height)
            if options.dark:
                book.page.emulate_media(color_scheme="dark")
            book.open(options.notebook.name)
            if options.dark:
                book.set_theme("JupyterLab Dark")
            book.run_all()
            book.scroll_to(0)
            book.page.wait_for_timeout(1500)  # pictures that a widget draws when it is shown
            if options.script:
                print(book.page.evaluate(options.script.read_text("utf-8")))
                book.page.wait_for_timeout(500)
            if options.element:
                print(options.element, book.find(options.element).bounding_box())
            book.shot(options.out, options.element)
            wrong = {"cells": book.cell_errors(), "console": book.console, "outside": book.outside}
            book.close()
    for place, texts in wrong.items():
        for text in texts:
            print(f"{place}: {text}", file=sys.stderr)
    return int(any(wrong.values()))


if __name__ == "__main__":
    sys.exit(main())
