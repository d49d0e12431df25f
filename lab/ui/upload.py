"""A section that shows an uploaded file in place of its own cases, until the reader goes back to them."""

from __future__ import annotations

from typing import Any

import ipywidgets

from lab.ui.frame import Explorer
from lab.ui.job import Job

__all__ = ["Uploads"]


class Uploads(ipywidgets.VBox):
    """What such a section does with its file, the job that reads it and the way back. A file goes nowhere else."""

    explorer: Explorer
    file: ipywidgets.FileUpload
    job: Job
    back: ipywidgets.Button
    _upload: Any = None  # what was made of the file
    _shown_for: Any = None  # the scenario at that time

    def _on_file(self, _change: Any) -> None:
        if self.file.value:
            self.job.layout.display = None
            self.job.button.click()

    def _take(self, found: Any) -> None:
        """Show what the job has made of the file."""
        self._upload, self._shown_for = found, self.explorer.scenario
        self.back.layout.display = None
        self.explorer.set()

    def _forget(self) -> None:
        """The section's own case is next."""
        self._upload = None
        self.back.layout.display = "none"

    def _return(self) -> None:
        self._forget()
        self.explorer.set()
