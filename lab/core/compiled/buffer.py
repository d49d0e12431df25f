"""A buffer as compiled code takes it: a pointer and a length, without what makes NumPy's arrays slow here.

Numba lets an array's index be negative, as Python does, and asks so at every access; the loops of the index
structures never do it, and without the question they run as fast as C (a test runs them over sequences that
refuse a negative index or one beyond the end).
"""

from __future__ import annotations

import operator
from typing import Any

import numba
import numpy
from numba.core import cgutils, types
from numba.extending import (
    NativeValue,
    lower_builtin,
    models,
    register_model,
    type_callable,
    typeof_impl,
    unbox,
)

__all__ = ["Buffer", "BufferType"]

# Numba tells no types of these
_struct: Any = cgutils.create_struct_proxy
_lower: Any = lower_builtin


class Buffer:
    """`values` (bytes, an array, a memoryview, NumPy's array of numbers or records) for compiled loops; keeps them.

    `address`: of the first byte. `size`: in elements. Compiled code may write to it where Python may.
    """

    __slots__ = ("_view", "address", "numba_type", "size")

    def __init__(self, values: Any) -> None:
        view = memoryview(values)
        kind = values.dtype if isinstance(values, numpy.ndarray) else numpy.dtype(view.format)
        self._view = numpy.frombuffer(view, dtype=kind) if len(view) else numpy.zeros(1, dtype=kind)
        self.address = int(self._view.ctypes.data)
        self.size = len(view)
        self.numba_type = BufferType(numba.from_dtype(kind), not view.readonly)


class BufferType(types.Type):
    """What Numba knows of a `Buffer`: the kind of its elements, and whether they may be written."""

    def __init__(self, dtype: Any, writable: bool) -> None:
        self.dtype, self.writable = dtype, writable
        super().__init__(f"Buffer({dtype}, {'writable' if writable else 'readonly'})")


@register_model(BufferType)
class _Model(models.StructModel):
    def __init__(self, manager: Any, kind: BufferType) -> None:
        super().__init__(manager, kind, [("data", types.CPointer(kind.dtype)), ("size", types.intp)])  # type: ignore[no-untyped-call]


@typeof_impl.register(Buffer)
def _typeof(value: Buffer, context: Any) -> BufferType:
    return value.numba_type


@unbox(BufferType)  # type: ignore[no-untyped-call, untyped-decorator]
def _unbox(kind: BufferType, value: Any, c: Any) -> Any:
    made = _struct(kind)(c.context, c.builder)
    for field in ("address", "size"):
        number = c.pyapi.object_getattr_string(value, field)
        native = c.pyapi.number_as_ssize_t(number)
        c.pyapi.decref(number)
        if field == "size":
            made.size = native
        else:
            made.data = c.builder.inttoptr(native, made.data.type)
    return NativeValue(made._getvalue(), is_error=cgutils.is_not_null(c.builder, c.pyapi.err_occurred()))  # type: ignore[no-untyped-call]


def _place(context: Any, builder: Any, kinds: Any, args: Any) -> Any:
    """Pointer to element `args[1]` of the buffer `args[0]`."""
    data = _struct(kinds[0])(context, builder, args[0]).data
    return builder.gep(data, [context.cast(builder, args[1], kinds[1], types.intp)])


@type_callable(operator.getitem)
def _type_of_element(context: Any) -> Any:
    def typed(buffer: Any, index: Any) -> Any:
        if not isinstance(buffer, BufferType):
            return None
        if index == types.slice2_type:  # a part of a buffer, [from:to], both given and in range
            return buffer
        return buffer.dtype if isinstance(index, types.Integer) else None

    return typed


@_lower(operator.getitem, BufferType, types.Integer)  # type: ignore[untyped-decorator]
def _load(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    place = _place(context, builder, signature.args, args)
    return place if isinstance(signature.args[0].dtype, types.Record) else builder.load(place)  # a record is its place


@_lower(operator.getitem, BufferType, types.SliceType)  # type: ignore[untyped-decorator]
def _part(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    kind, bounds = signature.args[0], context.make_helper(builder, signature.args[1], args[1])
    made = _struct(kind)(context, builder)
    made.data = builder.gep(_struct(kind)(context, builder, args[0]).data, [bounds.start])
    made.size = builder.sub(bounds.stop, bounds.start)
    return made._getvalue()


@type_callable(operator.setitem)
def _type_of_store(context: Any) -> Any:
    def typed(buffer: Any, index: Any, value: Any) -> Any:
        fits = isinstance(buffer, BufferType) and buffer.writable and isinstance(index, types.Integer)
        kinds = (types.Integer, types.Float) if fits and isinstance(buffer.dtype, types.Float) else types.Integer
        return types.none if fits and isinstance(value, kinds) else None

    return typed


@_lower(operator.setitem, BufferType, types.Integer, types.Float)  # type: ignore[untyped-decorator]
@_lower(operator.setitem, BufferType, types.Integer, types.Integer)  # type: ignore[untyped-decorator]
def _store(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    stored = context.cast(builder, args[2], signature.args[2], signature.args[0].dtype)
    builder.store(stored, _place(context, builder, signature.args, args))
    return context.get_dummy_value()


@type_callable(len)
def _type_of_len(context: Any) -> Any:
    def typed(buffer: Any) -> Any:
        return types.intp if isinstance(buffer, BufferType) else None

    return typed


@_lower(len, BufferType)  # type: ignore[untyped-decorator]
def _size(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    return _struct(signature.args[0])(context, builder, args[0]).size
