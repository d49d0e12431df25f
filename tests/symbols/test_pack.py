"""The data set: made by our tool, the same every time, and never believed when damaged."""

from __future__ import annotations

import contextlib
import functools
import json
import struct
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.core import dataset
from lab.core.errors import LabError
from lab.symbols import pack
from lab.symbols.collect import collect, module_files
from lab.symbols.corpus import BUNDLED, HAS_CRC, WEAK, Corpus, bundled

Make = Callable[..., bytes]


@pytest.fixture
def tree(tmp_path: Path, make_kernel: Make, make_module: Make, make_bzimage: Make) -> Path:
    import gzip
    import lzma

    elf = make_kernel(style="prel32")
    (tmp_path / "vmlinuz").write_bytes(make_bzimage(gzip.compress(elf), len(elf)))
    deep = tmp_path / "modules/kernel/drivers"
    deep.mkdir(parents=True)
    (deep / "user-a.ko").write_bytes(make_module(undefined=("zeta_free", "alpha_lock", "nobody_has_it")))
    (deep / "b.ko.xz").write_bytes(lzma.compress(make_module(undefined=("beta",))))
    (deep / "README").write_text("no module")
    return tmp_path


def test_collects_and_comes_back_the_same(tree: Path) -> None:
    corpus = collect(tree / "vmlinuz", tree / "modules", "a test")
    e, r = corpus.exports, corpus.references
    assert (e.kernel, len(e), e.owners) == (4, 12, ("vmlinux", "b", "user_a"))
    assert e.names[:4] == (b"alpha_lock", b"beta", b"gamma_init", b"zeta_free")
    assert [e.export(i).gpl for i in range(4)] == [False, False, True, True]
    assert e.export(1).namespace == "STORAGE"
    assert r.modules == ("b", "user_a")
    asked = [[corpus.asked_for(s) for s in r.symbols[a:b]] for _, a, b in r.each()]
    assert asked == [[b"beta", b"optional_symbol"], [b"zeta_free", b"alpha_lock", b"nobody_has_it", b"optional_symbol"]]
    assert r.unresolved == (b"optional_symbol", b"nobody_has_it", b"module_layout")
    s = corpus.stated
    assert [s.texts[i] for i in s.licences] == ["GPL v2", "GPL v2"]
    assert [s.texts[i] for i in s.vermagics] == ["6.1.0 SMP", "6.1.0 SMP"]
    assert [[s.texts[i] for i in s.imports[a:b]] for a, b in ((0, 2), (2, 4))] == [["STORAGE", "NET"]] * 2
    assert (s.paths, s.machine, s.bits, s.order) == (
        ("kernel/drivers/b.ko.xz", "kernel/drivers/user-a.ko"), 62, 64, "<",
    )  # fmt: skip
    assert list(s.asked) == [HAS_CRC, WEAK, HAS_CRC, HAS_CRC, HAS_CRC, WEAK]
    assert [corpus.asked_for(n) for n in s.checked] == [b"module_layout"] * 2
    pack.save(tree / "out", corpus)
    assert pack.load(tree / "out") == corpus
    assert pack.dump(collect(tree / "vmlinuz", tree / "modules", "a test")) == (tree / "out").read_bytes()


def test_bundled_is_whole() -> None:
    found = dataset.find(BUNDLED)
    found.verify()
    assert found.path.stat().st_size < 750_000
    corpus = bundled()
    assert (corpus.exports.kernel, len(corpus.exports), len(corpus.references)) == (10_503, 24_683, 184_890)
    assert len(corpus.references.modules) == 4_023
    assert pack.dump(corpus)[: len(pack.MAGIC)] == pack.MAGIC


def test_bundled_tables_are_sorted_as_the_linker_sorts() -> None:
    e = bundled().exports
    plain = [n for n, f in zip(e.names[: e.kernel], e.flags, strict=False) if not f & 1]
    gpl = list(e.names[len(plain) : e.kernel])
    assert (len(plain), len(gpl)) == (4_977, 5_526)
    assert plain == sorted(set(plain))
    assert gpl == sorted(set(gpl))


def test_no_modules_no_data(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="holds no kernel modules"):
        module_files(tmp_path)


def test_refuses_other_files(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"something else")
    with pytest.raises(LabError, match="is no symbol data set"):
        pack.load(path)
    good = pack.dump(bundled())
    path.write_bytes(good[:1000])
    with pytest.raises(LabError, match="is damaged"):
        pack.load(path)
    (length,) = struct.unpack_from("<I", good, 8)
    head = json.loads(good[12 : 12 + length])
    head["version"] = 9
    text = json.dumps(head).encode()
    path.write_bytes(good[:8] + struct.pack("<I", len(text)) + text + good[12 + length :])
    with pytest.raises(LabError, match="version 9 is not known"):
        pack.load(path)


def change(corpus: Corpus, **columns: Any) -> Corpus:
    """`corpus` with other columns, of its references or of what is stated."""
    import dataclasses

    part = "references" if hasattr(corpus.references, next(iter(columns))) else "stated"
    return dataclasses.replace(corpus, **{part: dataclasses.replace(getattr(corpus, part), **columns)})


@functools.cache
def small() -> Corpus:
    import dataclasses

    from lab.symbols.corpus import Exports, References, Stated

    exports = Exports(
        (b"a", b"b"), 2, ("vmlinux",), ("",), array("H", [0, 0]), array("H", [0, 0]), array("I", [1, 2]), b"\x02\x03"
    )
    references = References(("m",), array("I", [0, 2]), array("I", [1, 0]), array("H", [1, 0]), array("H", [1]), ())
    stated = Stated(
        "Linux version 1.2", "ELF", 62, 64, "<", "1.2 SMP", None, ("loop",), ("", "GPL", "1.2 SMP", "SPACE"), ("m.ko",),
        array("H", [1]), array("H", [2]), array("H", [62]), b"@", b"\1", array("I", [0, 1]), array("H", [3]),
        array("I", [0, 1]), array("I", [0]), array("I", [7]), b"\2\3", array("I", [0, 9]),
    )  # fmt: skip
    return dataclasses.replace(bundled(), exports=exports, references=references, stated=stated)


@pytest.mark.parametrize(
    "columns",
    [
        {"symbols": array("I", [1, 2])},
        {"versions": array("H", [1, 1])},
        {"versions": array("H", [0])},
        {"starts": array("I", [0, 3])},
        {"starts": array("I", [0])},
        {"starts": array("I", [2, 2])},
        {"trailing": array("H")},
        {"paths": ()},
        {"licences": array("H", [4])},
        {"vermagics": array("H", [1, 1])},
        {"flags": b""},
        {"imports": array("H", [4])},
        {"imports": array("H", [1, 1])},
        {"import_starts": array("I", [1, 1])},
        {"checked": array("I", [2])},
        {"checked_crcs": array("I")},
        {"asked": b"\2"},
        {"crc_off": array("I")},
        {"bits": 65},
        {"order": "="},
        {"machine": "62"},
        {"force_load": 1},
    ],
)
def test_columns_that_do_not_fit_together(columns: Any, tmp_path: Path) -> None:
    path = tmp_path / "x"
    pack.save(path, small())
    assert pack.load(path).exports.names == (b"a", b"b")
    pack.save(path, change(small(), **columns))
    with pytest.raises(LabError, match="is damaged"):
        pack.load(path)


def test_a_column_that_unpacks_to_more_than_it_says(tmp_path: Path) -> None:
    good = pack.dump(small())
    (length,) = struct.unpack_from("<I", good, 8)
    for lie in (0, 1 << 40, -1):
        head = json.loads(good[12 : 12 + length])
        head["columns"]["kernel_names"]["unpacked"] = lie
        text = json.dumps(head).encode()
        (tmp_path / "x").write_bytes(good[:8] + struct.pack("<I", len(text)) + text + good[12 + length :])
        with pytest.raises(LabError, match="is damaged"):
            pack.load(tmp_path / "x")


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 255)), max_size=5), st.integers(0, 200))
def test_any_damage(tmp_path: Path, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(pack.dump(small()))
    for place, value in changes:
        data[place % len(data)] = value
    (tmp_path / "x").write_bytes(data[: len(data) - cut])
    with contextlib.suppress(LabError):
        assert len(pack.load(tmp_path / "x").references.modules) <= 1
