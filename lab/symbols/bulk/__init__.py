"""The bulk path: what is needed of one module, read in one go.

`binary_file.parse` is the slow path (pyelftools, every section and symbol made an object); here the parts
that a question needs are cut out of the file and taken apart a table at a time. Both give the same answers
(tests/symbols/test_bulk.py holds that). Where a file is damaged the slow path looks at everything and so
refuses more; this one refuses what it has to read. Names are bytes, as the file has them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lab.symbols.bulk.object import Header, Object, open_object, string_table
from lab.symbols.bulk.source import FileBytes, module_bytes, signed

if TYPE_CHECKING:
    from lab.symbols.bulk.tables import BulkExport, crc_symbols, exports, modinfo, undefined, versions

__all__ = [
    "BulkExport",
    "FileBytes",
    "Header",
    "Object",
    "crc_symbols",
    "exports",
    "modinfo",
    "module_bytes",
    "open_object",
    "signed",
    "string_table",
    "undefined",
    "versions",
]


def __getattr__(name: str) -> Any:
    """What is said of tables, imported when it is asked for: depmod has its own way through them."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from lab.symbols.bulk import tables

    found = globals()[name] = getattr(tables, name)
    return found
