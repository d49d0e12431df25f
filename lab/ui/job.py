"""Work that takes more than a second: started by a click, with progress, and stopped by another click."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import ipywidgets

from lab.core.errors import LabError
from lab.core.progress import Cancelled, Progress

__all__ = ["Job"]


class Job(ipywidgets.HBox):
    """A button that runs `work(progress)` in a thread and hands what it returns to `done`.

    While it runs the button says "Cancel"; the run ends at its next call of `progress`. A `LabError`
    is shown beside the button; what `done` showed before stays.
    """

    def __init__(self, label: str, work: Callable[[Progress], Any], done: Callable[[Any], None]) -> None:
        """Stand ready, with nothing started."""
        self._label, self._work, self._done = label, work, done
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.button = ipywidgets.Button(description=label, layout=ipywidgets.Layout(width="auto"))
        self.bar = ipywidgets.FloatProgress(min=0, max=1, layout=ipywidgets.Layout(width="180px", visibility="hidden"))
        self.said = ipywidgets.Label("")
        super().__init__([self.button, self.bar, self.said])
        self.add_class("lab-job")
        self.button.on_click(self._clicked)

    def _clicked(self, _button: Any) -> None:
        if self._thread is not None and self._thread.is_alive():
            self._stop.set()
            self.said.value = "stopping …"
            return
        self._stop.clear()
        self.button.description = "Cancel"
        self.bar.value, self.bar.layout.visibility = 0, "visible"
        self.said.value = ""
        self._thread = threading.Thread(target=self._run, name=self._label, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            result = self._work(self._tell)
        except Cancelled:
            self.said.value = "cancelled; nothing was changed"
        except LabError as error:
            self.said.value = f"✕ {error}"
        else:
            self.said.value = ""
            self._done(result)
        finally:
            self.button.description = self._label
            self.bar.layout.visibility = "hidden"

    def _tell(self, done: int, total: int, label: str) -> None:
        if self._stop.is_set():
            raise Cancelled
        self.bar.value = done / total if total else 1
        self.said.value = label

    def wait(self, seconds: float) -> bool:
        """Wait at most `seconds` for a run to end; True if none is under way afterwards."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self._thread is None or not self._thread.is_alive()

    def __repr__(self) -> str:
        """What the button says."""
        return f"Job({self._label!r})"
