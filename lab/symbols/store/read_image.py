"""What the index keeps of a kernel image: its exports as the part of one owner, and the facts about the file."""

from __future__ import annotations

import os

from lab.core.errors import LabError
from lab.symbols.store.about import Image
from lab.symbols.store.columns import Part, Recorder
from lab.symbols.store.format import FLAG_GPL, FLAG_HAS_CRC, FLAG_HAS_VALUE, class_of

__all__ = ["image_status", "read_image"]


def read_image(path: str) -> tuple[Part, Image]:
    """The kernel's part, and what is told of its image.

    Raises `LabError` for an image that cannot be read or whose exports cannot be found.
    """
    from lab.symbols.kernel import read_kernel

    found = image_status(path)  # before it is read: what changes meanwhile is seen by the next build
    kernel = read_kernel(path)
    recorder = Recorder()
    recorder.open(
        b"", size=0, mtime=0, licence=0, vermagic=0, machine=kernel.machine,
        **{"class": class_of(kernel.bits, kernel.order)}, flags=0,
    )  # fmt: skip
    for export in kernel.exports:
        flags = (
            (FLAG_GPL if export.gpl else 0)
            | (FLAG_HAS_CRC if export.crc is not None else 0)
            | (FLAG_HAS_VALUE if export.address is not None else 0)
        )
        recorder.export(
            export.name.encode(), (export.address or 0) % (1 << 64), b"", (export.crc or 0) % (1 << 32),
            (export.namespace or "").encode(), flags,
        )  # fmt: skip
    facts = Image(
        path, kernel.form, found.st_size, found.st_mtime_ns, kernel.banner, kernel.machine, kernel.bits, kernel.order,
        kernel.vermagic, kernel.force_load,
    )  # fmt: skip
    return recorder.part(), facts


def image_status(path: str) -> os.stat_result:
    """Size and times of an image; raises `LabError` if it is not there."""
    try:
        return os.stat(path)
    except OSError as error:
        raise LabError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise LabError(f"{path!r}: is no path of a file") from None
