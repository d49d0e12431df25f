"""The explorers of the naming notebook: two machines side by side, the device tree of one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from lab.core.dataset import listed
from lab.core.scenario import command_line
from lab.naming import PRESETS, NamingScenario
from lab.naming.consequences import consequences
from lab.naming.picture import draw
from lab.naming.topology import PRESETS as TREE_PRESETS
from lab.naming.topology import Node, Topology, TreeScenario, topology
from lab.naming.topology_picture import draw as draw_tree
from lab.naming.why import trace_lines
from lab.ui.chart import Chart
from lab.ui.frame import Canvas, Explorer, Subject, View, Why
from lab.ui.naming_schemes import Looks, TreeLooks, scheme_fits, tree_scheme_fits
from lab.ui.tree import TreeView

__all__ = ["naming_explorer", "naming_tree", "recordings"]


def naming_explorer(preset: str = "", **changes: Any) -> Explorer:
    """Two machines side by side, a line per card; opens on `preset`, by default N1, with `changes` of it."""
    looks = Looks()

    def view(scenario: NamingScenario, canvas: Canvas) -> View:
        answer = consequences(*looks.machines(scenario), scenario, (scenario.policy,)).answers[0].comparison
        cut = looks.after(scenario)
        return View(
            headline=answer.headline,
            picture=draw(answer, canvas.width, canvas.text, cut),
            table=answer.to_table(),
            svg=lambda: draw(answer, cut=cut).standalone(),
            why=lambda key: Why(answer.why(key), answer.trace(key)),
            badge="edited" if scenario.step else "",
        )

    return Explorer(
        Subject(
            name="naming",
            question="Which card has which name?",
            presets=PRESETS,
            primary=("before", "after", "policy", "scheme"),
            view=view,
            command=lambda scenario: command_line(scenario, "naming", "compare", always=("before", "after")),
            picture=Chart(),
            more=("scheme_before", "systemd", "systemd_before", "probe", "driver", "seed", "step"),
            picks={"before": recordings, "after": recordings},
            stops={"scheme": looks.stops},
            fit=scheme_fits,
        ),
        preset,
        **changes,
    )


def naming_tree(preset: str = "", **changes: Any) -> Explorer:
    """The devices of one machine as a tree: from which of them each card's name came; opens as the one above."""
    looks = TreeLooks()

    def view(scenario: TreeScenario, _canvas: Canvas) -> View:
        answer = topology(scenario, looks.machine(scenario.machine))
        drawn = Drawn(answer)
        return View(
            headline=answer.headline,
            picture=drawn,
            table=answer.to_table(),
            svg=drawn.standalone,
            why=lambda key: Why(answer.why(key), tuple(line for c in answer.near(key)[:1] for line in trace_lines(c))),
        )

    return Explorer(
        Subject(
            name="naming tree",
            question="From which device does a name come?",
            presets=TREE_PRESETS,
            primary=("machine", "policy", "scheme"),
            view=view,
            command=lambda scenario: command_line(scenario, "naming", "tree", always=("machine",)),
            picture=TreeView(),
            more=("systemd",),
            picks={"machine": recordings},
            stops={"scheme": looks.stops},
            fit=tree_scheme_fits,
        ),
        preset,
        **changes,
    )


def recordings() -> list[tuple[str, str]]:
    """Label and name of every bundled machine: "09a · one card behind a root port"."""
    names = [(d.name.removeprefix("naming/"), d.title) for d in listed() if d.name.startswith("naming/")]
    return [(f"{name.partition('-')[0].removeprefix('t')} · {title}", name) for name, title in names]


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
