"""The sections of the naming notebook: two machines side by side, the device tree, this machine."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import ipywidgets

from lab.core.dataset import listed
from lab.core.progress import Progress
from lab.core.scenario import command_line
from lab.core.svg import Picture
from lab.naming import PRESETS, Machine, NamingScenario, open_source, run
from lab.naming.names import names_table, own_scheme
from lab.naming.picture import draw
from lab.naming.topology import PRESETS as TREE_PRESETS
from lab.naming.topology import Node, Topology, TreeScenario, topology
from lab.naming.topology_picture import draw as draw_tree
from lab.naming.why import trace_lines
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.job import Job
from lab.ui.mime import with_svg
from lab.ui.table import TableView
from lab.ui.tree import TreeView

__all__ = ["naming_explorer", "naming_here", "naming_tree"]


def naming_explorer(preset: str = "") -> Explorer:
    """Two machines side by side, a line per card; opens on `preset`, by default N1, where a card is added."""
    return Explorer(
        Subject(
            name="naming",
            question="Which card has which name?",
            presets=PRESETS,
            primary=("before", "after", "policy", "scheme"),
            view=_view,
            command=lambda scenario: command_line(scenario, "naming", "compare", always=("before", "after")),
            picture=Chart(),
            more=("scheme_before", "step"),
            picks={"before": recordings, "after": recordings},
        ),
        preset,
    )


def naming_tree(preset: str = "") -> Explorer:
    """The devices of one machine as a tree: from which of them each card's name came; opens on N1's second machine."""
    return Explorer(
        Subject(
            name="naming tree",
            question="From which device does a name come?",
            presets=TREE_PRESETS,
            primary=("machine", "policy", "scheme"),
            view=_tree_view,
            command=lambda scenario: command_line(scenario, "naming", "tree", always=("machine",)),
            picture=TreeView(),
            picks={"machine": recordings},
        ),
        preset,
    )


def naming_here(root: str = "/sys", recording: str = "t09b-card-added") -> Here:
    """This machine, looked at by a click only; where that cannot be, it says so and offers `recording`."""
    return Here(root, recording)


def recordings() -> list[tuple[str, str]]:
    """Label and name of every bundled machine: "09a · one card behind a root port"."""
    names = [(d.name.removeprefix("naming/"), d.title) for d in listed() if d.name.startswith("naming/")]
    return [(f"{name.partition('-')[0].removeprefix('t')} · {title}", name) for name, title in names]


def _view(scenario: NamingScenario, canvas: Canvas) -> View:
    answer = run(scenario)
    return View(
        headline=answer.headline,
        picture=draw(answer, canvas.width, canvas.text),
        table=answer.to_table(),
        svg=lambda: draw(answer).standalone(),
        why=lambda key: Why(answer.why(key), answer.trace(key)),
        badge="edited" if scenario.step else "",
    )


@dataclasses.dataclass(frozen=True, slots=True)
class Drawn:
    """A topology as the tree widget takes it."""

    answer: Topology

    @property
    def headline(self) -> str:
        """The sentence on top."""
        return self.answer.headline

    @property
    def roots(self) -> Sequence[Node]:
        """The trees."""
        return self.answer.roots

    def standalone(self) -> str:
        """The tree as stand-alone SVG."""
        return draw_tree(self.answer).standalone()


def _tree_view(scenario: TreeScenario, _canvas: Canvas) -> View:
    answer = topology(scenario)
    drawn = Drawn(answer)
    return View(
        headline=answer.headline,
        picture=drawn,
        table=answer.to_table(),
        svg=drawn.standalone,
        why=lambda key: Why(answer.why(key), tuple(line for c in answer.near(key)[:1] for line in trace_lines(c))),
    )


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
