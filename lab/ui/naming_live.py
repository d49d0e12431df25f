"""This machine, looked at by a click only."""

from __future__ import annotations

import dataclasses
from typing import Any

import ipywidgets

from lab.core.progress import Progress
from lab.core.svg import Picture
from lab.naming import Machine, open_source
from lab.naming.names import names_table, own_scheme
from lab.ui.job import Job
from lab.ui.mime import with_svg
from lab.ui.table import TableView

__all__ = ["Here", "naming_here"]


def naming_here(root: str = "/sys", recording: str = "t09b-card-added") -> Here:
    """This machine, looked at by a click only; where that cannot be, it says so and offers `recording`."""
    return Here(root, recording)


class Here(ipywidgets.VBox):
    """A button, and after a click the interfaces of this machine with the names that each policy gives them."""

    def __init__(self, root: str, recording: str) -> None:
        """Stand ready; nothing of this machine is read."""
        self._root = root
        self.job = Job("Look at this machine", self._look, self._show)
        self.instead = Job(f"Open the recording {recording}", lambda tell: open_source(recording), self._show)
        self.table = TableView(layout=ipywidgets.Layout(display="none"))
        super().__init__([self.job, self.instead, self.table])
        self.add_class("lab")

    def _look(self, tell: Progress) -> Machine:
        from lab.naming.sources.live import this_machine  # the live door

        tell(0, 1, "asking netlink and sysfs")
        return this_machine(self._root)

    def _show(self, machine: Machine) -> None:
        table = names_table(machine, own_scheme(machine))
        self.table.show(dataclasses.replace(table, caption=f"{table.caption}; ? is uncertain"))
        self.table.layout.display = "block"

    def __repr__(self) -> str:
        """What can be done; never what this machine has."""
        return "this machine: nothing is read until the button is clicked"

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        picture = Picture(920, 64, "This machine", "Nothing is read until the button is clicked.")
        picture.text(8, 26, "This machine", size=18, bold=True)
        picture.text(
            8, 50, "Nothing is read until the button is clicked; that needs a running kernel.", ink="secondary"
        )
        return with_svg(super()._repr_mimebundle_(**kwargs), picture.standalone(), repr(self))
