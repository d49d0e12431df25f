"""Many runs at once: grids of parameters, replications, tables, the heat map and the break-even.

`plan(base, over, replications)`   which runs there are, each with a seed of its own
`measure(plan, ...)`               runs them here, in several processes or on a Dask cluster: a `Grid`
`break_even(scenario, over)`       from which value on telling the guest pays
`heatmap.heat_map(grid)`            a grid of two parameters as a map; `heatmap_picture.draw` draws it

Start reading at `plan` and `measure`.
"""

from __future__ import annotations

from lab.pagefault.grid.breakeven import BreakEven, break_even
from lab.pagefault.grid.measure import Grid, measure
from lab.pagefault.grid.plan import Plan, plan

__all__ = ["BreakEven", "Grid", "Plan", "break_even", "measure", "plan"]
