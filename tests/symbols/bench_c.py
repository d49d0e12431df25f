"""The C side: bench_lookup.c built with gcc -O2, its batches called over the very arrays that ours are given.

Both sides run in this process over the same memory, so that rounds of the two can take turns.
"""

from __future__ import annotations

import ctypes
import functools
import shutil
import subprocess
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path

from lab.symbols.compiled import as_buffer
from lab.symbols.ksymtab import Ksymtab
from lab.symbols.workload import Versions, Workload

__all__ = ["FLAGS", "LIBC", "SAME", "build", "resolver", "verifier"]

SOURCE = Path(__file__).with_name("bench_lookup.c")
FLAGS = ("-O2", "-std=gnu11", "-Wall", "-Werror", "-shared", "-fPIC")

# our structure -> the C function with the same algorithm
SAME = {
    "linear": "linear",
    "binary": "binary",
    "eytzinger": "eytzinger",
    "sysv-hash": "sysv_hash",
    "gnu-hash": "gnu",
    "hash": "hash",
    "fingerprint": "fingerprint",
    "perfect-hash": "perfect_hash",
    "trie": "trie",
    "merge": "merge",
    "kallsyms": "kallsyms",
}
# our structure -> C functions that leave comparing, or all of it, to the C library
LIBC = {
    "linear": ("linear_libc",),
    "binary": ("binary_libc", "binary_strcmp_libc"),
    "gnu-hash": ("gnu_libc",),
    "hash": ("hash_libc",),
    "fingerprint": ("fingerprint_libc",),
}


class _Table(ctypes.Structure):
    _fields_ = (
        ("names", ctypes.c_void_p),
        ("offsets", ctypes.c_void_p),
        ("parts", ctypes.c_void_p),
        ("part_count", ctypes.c_int64),
        ("slots", ctypes.c_void_p),
        ("slot_count", ctypes.c_int64),
    )


def build(folder: Path) -> ctypes.CDLL | None:
    """The compiled C file, made in `folder`; None where there is no gcc."""
    gcc = shutil.which("gcc")
    if gcc is None:
        return None
    made = folder / "bench_lookup.so"
    subprocess.run([gcc, *FLAGS, "-o", made, SOURCE], check=True)
    return ctypes.CDLL(str(made))


def _address(values: Sequence[int]) -> ctypes.c_void_p:
    return ctypes.c_void_p(as_buffer(values).address)


def resolver(
    library: ctypes.CDLL, name: str, table: Ksymtab, slots: array[int], work: Workload, order: array[int]
) -> tuple[Callable[[], int], array[int]]:
    """A call of C's `resolve_<name>` for the keys of `work` in `order`, and the array that receives the entries."""
    found = array("i", [0]) * len(order)
    function = library[f"resolve_{name}"]
    function.restype = ctypes.c_int64
    described = _Table(
        _address(table.names), _address(table.offsets), _address(table.parts), len(table.parts),
        _address(slots), len(slots),
    )  # fmt: skip
    keep = (table, slots, work, order, found, described)
    arguments = (
        _address(work.keys), _address(work.offsets), _address(order), ctypes.c_int64(len(order)),
        ctypes.byref(described), _address(found),
    )  # fmt: skip
    return functools.partial(_call, function, arguments, keep), found


def verifier(library: ctypes.CDLL, v: Versions) -> tuple[Callable[[], int], array[int]]:
    """A call of C's `verify_linear`, the checksum check, and the array that receives the records found."""
    found = array("i", [0]) * (len(v.offsets) - 1)
    function = library["verify_linear"]
    function.restype = ctypes.c_int64
    arguments = (
        _address(v.keys), _address(v.offsets), _address(v.starts), ctypes.c_int64(len(v.starts) - 1),
        _address(v.names), _address(v.name_offsets), _address(found),
    )  # fmt: skip
    return functools.partial(_call, function, arguments, (v, found)), found


def _call(function: Callable[..., int], arguments: tuple[object, ...], keep: object) -> int:
    """`function(*arguments)`; `keep` holds the memory that they point into."""
    return function(*arguments)
