"""Many buffers under one pointer: what compiled rules get as their machine.

A function that is handed thirty arrays copies thirty descriptions at each call, and counts references to each.
Here it is handed one pointer to a table of addresses and sizes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.typing.templates import AttributeTemplate
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

from lab.core.compiled.buffer import Buffer, BufferType

__all__ = ["Struct", "StructType"]

# Numba tells no types of these
_template: Any = infer_getattr
_lower: Any = lower_getattr_generic
_proxy: Any = cgutils.create_struct_proxy


class Struct:
    """NumPy arrays by name; one named in `single` is an array of one record, and stands for that record."""

    __slots__ = ("_kept", "_table", "address", "numba_type")

    def __init__(self, fields: Mapping[str, Any], single: tuple[str, ...] = ()) -> None:
        self._kept = [Buffer(value) for value in fields.values()]
        self._table = numpy.array([[one.address, one.size] for one in self._kept], dtype=numpy.int64)
        self.address = int(self._table.ctypes.data)
        kinds = [
            (name, one.numba_type.dtype if name in single else one.numba_type)
            for name, one in zip(fields, self._kept, strict=True)
        ]
        self.numba_type = StructType(tuple(kinds))


class StructType(types.Type):
    """What Numba knows of a `Struct`: the kind of each field."""

    def __init__(self, fields: tuple[tuple[str, Any], ...]) -> None:
        self.fields = fields
        super().__init__("Struct(" + ", ".join(f"{name}: {kind}" for name, kind in fields) + ")")

    def place(self, name: str) -> int:
        """Which field it is, -1 for none."""
        return next((i for i, (known, _) in enumerate(self.fields) if known == name), -1)


@register_model(StructType)
class _Model(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: StructType) -> None:
        super().__init__(manager, kind, ir.IntType(64).as_pointer())  # type: ignore[no-untyped-call]


@typeof_impl.register(Struct)
def _typeof(value: Struct, context: Any) -> StructType:
    return value.numba_type


@unbox(StructType)  # type: ignore[no-untyped-call, untyped-decorator]
def _unbox(kind: StructType, value: Any, c: Any) -> Any:
    number = c.pyapi.object_getattr_string(value, "address")
    native = c.pyapi.number_as_ssize_t(number)
    c.pyapi.decref(number)
    pointer = c.builder.inttoptr(native, ir.IntType(64).as_pointer())
    return NativeValue(pointer, is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))  # type: ignore[no-untyped-call]


@_template
class _Attribute(AttributeTemplate):
    key = StructType

    def generic_resolve(self, kind: Any, name: Any) -> Any:  # type: ignore[override]
        at = kind.place(name)
        return kind.fields[at][1] if at >= 0 else None


@_lower(StructType)  # type: ignore[untyped-decorator]
def _field(context: Any, builder: Any, kind: StructType, value: Any, name: str) -> Any:
    at = kind.place(name)
    wanted = kind.fields[at][1]
    address = _word(builder, value, 2 * at)
    if isinstance(wanted, BufferType):
        made = _proxy(wanted)(context, builder)
        made.data = builder.inttoptr(address, made.data.type)
        made.size = _word(builder, value, 2 * at + 1)
        return made._getvalue()
    return builder.inttoptr(address, context.get_value_type(wanted))


def _word(builder: Any, table: Any, at: int) -> Any:
    """A word of the table, which never changes while code runs."""
    word = builder.load(builder.gep(table, [ir.Constant(ir.IntType(64), at)]))
    word.set_metadata("invariant.load", builder.module.add_metadata([]))
    return word
