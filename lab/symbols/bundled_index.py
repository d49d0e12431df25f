"""The bundled kernel as an open index, so that the page asks it what `kernel-lab symbols` asks an index file."""

from __future__ import annotations

import functools
import operator
from array import array
from itertools import accumulate, pairwise

from lab.symbols.corpus import HAS_CRC, Corpus, bundled
from lab.symbols.store.about import About, Image
from lab.symbols.store.columns import Part
from lab.symbols.store.format import Numbers, class_of
from lab.symbols.store.index import Index
from lab.symbols.store.memory import index_of

__all__ = ["bundled_index", "index_of_corpus", "part_of"]

SOURCE = "the bundled kernel"


@functools.lru_cache(maxsize=1)
def bundled_index() -> Index:
    """The bundled data set as an index; made once, in a fraction of a second."""
    return index_of_corpus(bundled(), SOURCE)


def index_of_corpus(corpus: Corpus, source: str, *more: Part) -> Index:
    """`corpus` as an index in memory, called `source`. Addresses, sizes and times, which it lacks, are none and 0.

    `more`: parts of further modules, sorted by name, whose names come after those of the corpus.
    """
    stated = corpus.stated
    image = Image(
        source, stated.form, 0, 0, stated.banner, stated.machine, stated.bits, stated.order, stated.vermagic,
        stated.force_load,
    )  # fmt: skip
    parts = [part_of(corpus), *more]
    picks = [(i, row) for i, part in enumerate(parts) for row in range(len(part.paths))]
    builtin = [name.encode() for name in stated.builtin]
    return index_of(parts, picks, About(source, image), builtin, source)


def part_of(corpus: Corpus) -> Part:
    """The tables of the kernel and of every module.

    The corpus' columns are taken as they are where they fit: its exports come sorted by owner, as its modules do, and
    flags have the same bits. Of two files of one module, which the corpus cannot tell apart, the first has the exports.
    """
    exports, references, stated = corpus.exports, corpus.references, corpus.stated
    owners = 1 + len(references.modules)
    zero = array("Q", bytes(8 * owners))
    strings = [*(text.encode() for text in stated.texts), *(space.encode() for space in exports.namespaces)]
    spaces = len(stated.texts)
    columns: dict[str, Numbers] = {
        "owner_size": zero,
        "owner_mtime": array("q", zero.tobytes()),
        "owner_licence": array("I", [0, *stated.licences]),
        "owner_vermagic": array("I", [0, *stated.vermagics]),
        "owner_machine": array("H", [stated.machine, *stated.machines]),
        "owner_class": array("B", bytes([class_of(stated.bits, stated.order)]) + stated.classes),
        "owner_flags": array("B", b"\0" + stated.flags),
        "space_start": array("I", [0, *stated.import_starts]),
        "space": array("I", stated.imports),
        "export_start": _export_starts(corpus),
        "export_name": array("I", range(len(exports))),
        "export_value": array("Q", bytes(8 * len(exports))),
        "export_section": array("I", bytes(4 * len(exports))),
        "export_crc": exports.crc,
        "export_space": array("I", [spaces + number for number in exports.namespace]),
        "export_flags": array("B", exports.flags),
        "check_start": array("I", [0, *stated.checked_starts]),
        "check_name": array("I", stated.checked),
        "check_crc": stated.checked_crcs,
        **_needs(corpus),
    }
    paths = [b"", *(path.encode() for path in stated.paths)]
    return Part(paths, [*exports.names, *references.unresolved], strings, columns, {})


def _export_starts(corpus: Corpus) -> array[int]:
    counts: dict[str, int] = {}
    for owner in corpus.exports.owner:
        name = corpus.exports.owners[owner]
        counts[name] = counts.get(name, 0) + 1
    every = ("vmlinux", *corpus.references.modules)
    return array("I", accumulate((counts.pop(name, 0) for name in every), initial=0))


def _needs(corpus: Corpus) -> dict[str, Numbers]:
    """What each module asks for, each name once."""
    references, stated = corpus.references, corpus.stated
    known = [*corpus.exports.crc, *(0 for _ in references.unresolved)]
    symbols, asked = references.symbols, bytearray(stated.asked)
    crcs = array("I", map(operator.xor, stated.crc_off, map(known.__getitem__, symbols)))
    for place, flags in enumerate(asked):
        if not flags & HAS_CRC:
            crcs[place] = 0  # no CRC is recorded
    starts = references.starts
    repeated = [
        again for a, b in pairwise(starts) if len(set(symbols[a:b])) != b - a
        for again in _repeated(symbols, asked, a, b)
    ]  # fmt: skip
    if repeated:
        gone = set(repeated)
        kept = [place for place in range(len(symbols)) if place not in gone]
        before = list(accumulate((place not in gone for place in range(len(symbols))), initial=0))
        symbols, crcs = array("I", [symbols[p] for p in kept]), array("I", [crcs[p] for p in kept])
        asked, starts = bytearray(asked[p] for p in kept), array("I", [before[s] for s in starts])
    return {
        "need_start": array("I", [0, *starts]), "need_name": array("I", symbols), "need_crc": crcs,
        "need_flags": array("B", asked),
    }  # fmt: skip


def _repeated(symbols: array[int], asked: bytearray, first: int, last: int) -> list[int]:
    """The places of names that the module asked for before; the first one is weak only if all of them are."""
    seen: dict[int, int] = {}
    again = []
    for place in range(first, last):
        earlier = seen.setdefault(symbols[place], place)
        if earlier != place:
            asked[earlier] &= ~1 | asked[place]
            again.append(place)
    return again
