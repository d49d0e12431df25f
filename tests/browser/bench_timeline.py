"""How long 100,000 segments take to redraw, in JupyterLab in a real Chromium: `python tests/browser/bench_timeline.py`.

A redraw is measured from the key that asks for it to the end of the frame that shows it, waiting for
that frame (up to 16.7 ms at 60 Hz) included; "new data" from a click in the page through the kernel.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))  # run as a script

from tests.browser import harness

SEGMENTS = 100_000
CELL = f"""
from ipywidgets import Button, VBox
from lab.ui.timeline import Timeline
from made_lanes import made
first, other = made(8, {SEGMENTS}), made(8, {SEGMENTS}, seed=2)
timeline, button = Timeline(first, "A hundred thousand"), Button(description="new data")
button.on_click(lambda _: timeline.show(other if timeline._lanes is first else first))
VBox([button, timeline])
"""
FRAME = """
const painted = () => new Promise(done => requestAnimationFrame(() => {
  const channel = new MessageChannel(); channel.port1.onmessage = done; channel.port2.postMessage(0); }));
"""
REDRAW = f"""async stage => {{ {FRAME}
  const press = key => stage.dispatchEvent(new KeyboardEvent("keydown", {{ key, bubbles: true, cancelable: true }}));
  const times = [];
  for (let i = 0; i < 25; i++) {{
    const began = performance.now();
    press("0");
    await painted();
    times.push(performance.now() - began);
  }}
  return times.slice(4);
}}"""
RENEW = f"""async () => {{ {FRAME}
  const times = [], last = () => performance.getEntriesByName("lab-timeline")[0]?.startTime;
  for (let i = 0; i < 9; i++) {{
    const began = performance.now(), before = last();
    document.querySelector(".jupyter-button").click();
    while (last() === before) await painted();
    times.push(performance.now() - began);
  }}
  return times.slice(2);
}}"""


def prepared(folder: Path) -> str:
    """Put the notebook and what it imports into `folder`; its name."""
    shutil.copy(Path(__file__).with_name("made_lanes.py"), folder)
    harness.write_notebook(folder / "bench.ipynb", CELL)
    return "bench.ipynb"


def open_bench(book: harness.Book) -> None:
    """Show the prepared notebook and wait until the timeline is drawn."""
    book.open("bench.ipynb")
    book.run_all()
    assert book.cell_errors() == []
    book.find(".lab-timeline-stage")
    book.page.wait_for_function("() => performance.getEntriesByName('lab-timeline').length")


def measure_redraw(book: harness.Book) -> list[float]:
    """Milliseconds of each of 21 redraws."""
    times: list[float] = book.find(".lab-timeline-stage").evaluate(REDRAW)
    return times


def measure_new_data(book: harness.Book) -> list[float]:
    """Milliseconds from each of 7 clicks to the picture of the data that the kernel sent."""
    times: list[float] = book.page.evaluate(RENEW)
    return times


def main() -> int:
    """Print the medians."""
    if why := harness.missing():
        print(why, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as name:
        prepared(Path(name))
        with harness.running_server(Path(name)) as server, harness.running_browser() as browser:
            book = harness.Book(browser, server)
            open_bench(book)
            for what, times in (("redraw", measure_redraw(book)), ("new data", measure_new_data(book))):
                low, middle, high = min(times), statistics.median(times), max(times)
                print(
                    f"{what}: median {middle:.1f} ms of {len(times)} ({low:.1f} to {high:.1f}), {SEGMENTS:,} segments"
                )
            book.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
