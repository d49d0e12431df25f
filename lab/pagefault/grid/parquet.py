"""The door to Parquet: a table with its types, and the meaning of every parameter beside it. Needs pyarrow."""

from __future__ import annotations

import dataclasses
import importlib
from typing import TYPE_CHECKING, Any

from lab.core import jsontext
from lab.core.errors import LabError
from lab.core.scenario import Field, fields, to_json
from lab.core.table import Cell
from lab.pagefault.grid import columns
from lab.pagefault.scenario import PageFaultScenario

if TYPE_CHECKING:
    from lab.pagefault.grid.measure import Grid

__all__ = ["KEY", "parquet_bytes", "refuse"]

KEY = b"kernel-lab"  # of the schema's metadata; its value is JSON


def refuse() -> tuple[Any, Any]:
    """The modules that write Parquet; raises `LabError` if pyarrow is not installed."""
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError:
        raise LabError("--parquet: needs pyarrow; install it: pip install 'kernel-feature-lab[tables]'") from None


def parquet_bytes(grid: Grid) -> bytes:
    """`grid` as a Parquet file. The schema carries the scenario, the axes and what each parameter means.

    An absent quantity (no limit, as many slots as one likes) is null; its word stands in the column's metadata.
    Raises `LabError` if pyarrow is not installed.
    """
    arrow, parquet = refuse()
    found = columns.table(grid)
    known = {field.name: field for field in fields(PageFaultScenario)}
    made, schema = [], []
    for i, name in enumerate(found.columns):
        cells = [row[i] for row in found.rows]
        kind = getattr(arrow, _kind(cells, known.get(name)))()
        made.append(arrow.array(cells, type=kind))
        schema.append(arrow.field(name, kind, metadata=_meaning(known.get(name))))
    about = {KEY: jsontext.dumps(_about(grid), indent=None).encode()}
    sink = arrow.BufferOutputStream()
    parquet.write_table(arrow.Table.from_arrays(made, schema=arrow.schema(schema, metadata=about)), sink)
    data: bytes = sink.getvalue().to_pybytes()
    return data


def _kind(cells: list[Cell], field: Field | None) -> str:
    """What Arrow calls the type of a column: a parameter's own, else that of its cells."""
    if field is not None:
        return {"bool": "bool_", "int": "int64", "float": "float64"}.get(field.kind, "string")
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {bool}:
        return "bool_"
    if kinds == {int}:
        return "int64"
    return "float64" if kinds <= {int, float} else "string"


def _meaning(field: Field | None) -> dict[str, str] | None:
    if field is None:
        return None
    p = field.parameter
    told = {"help": p.help, "unit": p.unit, "absent": p.absent}
    return {key: value for key, value in told.items() if value}


def _about(grid: Grid) -> dict[str, Any]:
    from lab import __version__

    schema = [
        {"name": f.name, "kind": f.kind, "default": f.default, **dataclasses.asdict(f.parameter)}
        for f in fields(PageFaultScenario)
    ]
    return {
        "tool": f"kernel-lab {__version__}",
        "model": grid.model,
        "scenario": to_json(grid.plan.base),
        "over": grid.plan.over(),
        "replications": grid.plan.replications,
        "schema": schema,
    }
