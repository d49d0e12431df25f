"""Made-up modules: real ELF objects, read by kmod's and binutils' tools, judged by the loader's rules."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.cli import main
from lab.core.errors import LabError
from lab.symbols.bulk import open_object, undefined, versions
from lab.symbols.bundled_index import bundled_index
from lab.symbols.elf import read_elf
from lab.symbols.exports import read_exports
from lab.symbols.made_module import MadeModule, made_module
from lab.symbols.store import Index
from lab.symbols.store.format import SECTIONS, laid_out
from lab.symbols.why import RULES, why
from lab.symbols.why_checks import QUESTIONS, WORDS, checks, checks_table, said
from lab.symbols.why_made import ASKS, WHYS, MadeScenario, index_with_blob, made_bytes
from lab.symbols.why_picture import MARKS, why_picture

FULL = MadeModule(
    "a_made", "Dual MIT/GPL", "6.1 SMP", (("first", 1), ("second", None), ("third", 0xFFFFFFFF)),
    (("module_layout", 7),), ("DMA_BUF", "NET"), (("own_a", 5), ("own_b", 6)),
)  # fmt: skip


def index_for(scenario: MadeScenario) -> Index:
    return index_with_blob() if scenario.asks == ASKS[-1] else bundled_index()


def tool(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/sbin:/usr/bin:/bin")
    if found is None:
        pytest.skip(f"{name} is not here (Debian packages kmod, binutils)")
    return found


def told(module: MadeModule, folder: Path) -> str:
    path = folder / f"{module.name}.ko"
    path.write_bytes(made_module(module))
    return subprocess.run([tool("modinfo"), path], check=True, capture_output=True, text=True).stdout


def test_modinfo_reads_it(tmp_path: Path) -> None:
    lines = [line.split(":", 1) for line in told(FULL, tmp_path).splitlines()]
    facts = [(key, value.strip()) for key, value in lines if key not in ("filename", "description")]
    assert facts == [
        ("license", "Dual MIT/GPL"), ("import_ns", "DMA_BUF"), ("import_ns", "NET"), ("depends", ""),
        ("retpoline", "Y"), ("name", "a_made"), ("vermagic", "6.1 SMP"),
    ]  # fmt: skip


def test_readelf_reads_it_without_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "m.ko"
    path.write_bytes(made_module(FULL))
    done = subprocess.run([tool("readelf"), "-hSsW", path], check=True, capture_output=True, text=True)
    assert done.stderr == ""
    assert "REL (Relocatable file)" in done.stdout
    assert {".modinfo", "__versions", ".gnu.linkonce.this_module", "__ksymtab"} <= set(done.stdout.split())


@pytest.mark.parametrize(("bits", "order", "machine"), [(64, "<", 62), (64, ">", 22), (32, "<", 40), (32, ">", 8)])
def test_every_class_and_byte_order_is_read_back(bits: int, order: str, machine: int) -> None:
    import dataclasses

    data = made_module(dataclasses.replace(FULL, bits=bits, order=order, machine=machine))
    found = open_object(data, "m.ko")
    assert (found.bits, found.order, found.machine) == (bits, order, machine)
    assert undefined(found) == [(b"first", False), (b"second", False), (b"third", False)]
    assert versions(found) == [(b"first", 1), (b"third", 0xFFFFFFFF), (b"module_layout", 7)]
    read = [(e.name, e.crc, e.gpl, e.namespace) for e in read_exports(read_elf(data, "m.ko"), "m")]
    assert read == [("own_a", 5, False, None), ("own_b", 6, False, None)]
    assert data == made_module(dataclasses.replace(FULL, bits=bits, order=order, machine=machine))


@pytest.mark.parametrize("name", ["", "x" * 60, "a\0b"])
def test_names_that_fit_nowhere(name: str) -> None:
    with pytest.raises(LabError, match="is no name for a module or a symbol"):
        made_module(MadeModule("m", asks=((name, 1),)))


@pytest.mark.parametrize("preset", WHYS, ids=lambda p: p.id)
def test_each_preset_has_the_one_reason_that_its_point_names(preset: object, tmp_path: Path) -> None:
    scenario, point = preset.scenario, preset.point  # type: ignore[attr-defined]
    index = index_for(scenario)
    data = made_bytes(scenario, index)
    verdict = why(data, "made.ko", index, sig_enforce=scenario.insist)
    kind = point.partition(":")[0]
    assert [r.kind for r in verdict.reasons] == ([] if kind == "loads" else [kind])
    found = checks(verdict, index)
    assert [c.kind for c in found] == list(RULES) == list(WORDS) == list(QUESTIONS)
    assert [c.kind for c in found if c.state.startswith("refused")] == [r.kind for r in verdict.reasons]
    assert {c.state for c in found} <= set(MARKS)
    assert (" loads on " if kind == "loads" else " is refused by ") in said(verdict)
    table = checks_table(verdict, found)
    assert sum(row[0] == "symbol" for row in table.rows) == len(verdict.resolved)
    picture = why_picture(found, said(verdict))
    assert picture.svg().count("data-key=") == len(RULES)
    assert picture.height < 330
    (tmp_path / "made.ko").write_bytes(data)
    subprocess.run([tool("modinfo"), tmp_path / "made.ko"], check=True, capture_output=True)


def test_every_kind_but_a_damaged_file_has_a_preset() -> None:
    assert {p.point.partition(":")[0] for p in WHYS} == {*RULES, "loads"} - {"format"}


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"asks": "a name in a namespace", "imports": True}, []),
        ({"vermagic": "none"}, []),  # Debian sets CONFIG_MODULE_FORCE_LOAD
        ({"checksum": "none at all"}, []),  # the same
        ({"checksum": "none at all", "vermagic": "another release"}, ["vermagic"]),  # then the release counts
        ({"exports": "a name of its own"}, []),
        ({"licence": "Proprietary"}, []),
        ({"licence": "Proprietary", "asks": "a name of a proprietary module"}, ["gpl-only"]),
    ],
)
def test_other_mixtures(changes: dict[str, object], kinds: list[str]) -> None:
    scenario = MadeScenario(**changes)  # type: ignore[arg-type]
    index = index_for(scenario)
    assert [r.kind for r in why(made_bytes(scenario, index), "made.ko", index).reasons] == kinds


def test_the_command_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = bundled_index()
    held = index._mapped
    contents = {name: held.column(name) if code else held.content(name) for name, code in SECTIONS.items()}
    path = tmp_path / "61.index"
    path.write_bytes(b"".join(bytes(piece) for piece in laid_out(contents)))
    for preset in (WHYS[0], WHYS[4], WHYS[10]):
        (tmp_path / "made.ko").write_bytes(made_bytes(preset.scenario, index))
        status = main(["symbols", "why", str(tmp_path / "made.ko"), "--on", str(path), "--json"])
        answer = json.loads(capsys.readouterr().out)
        kind = preset.point.partition(":")[0]
        assert status == (0 if kind == "loads" else 1)
        assert [r["kind"] for r in answer["reasons"]] == ([] if kind == "loads" else [kind])


def test_bad_scenarios() -> None:
    with pytest.raises(LabError, match="--name: a module's name has"):
        MadeScenario(name="../up")
    with pytest.raises(LabError, match="is not one of"):
        MadeScenario(licence="MIT")
    with pytest.raises(LabError, match="for the bundled kernel only"):
        made_bytes(MadeScenario(asks=ASKS[-1]), bundled_index())


def test_a_damaged_file_is_read_as_far_as_it_can_be() -> None:
    index = bundled_index()
    data = bytearray(made_bytes(MadeScenario(), index))
    data[16] = 3  # e_type: a shared object
    verdict = why(bytes(data), "made.ko", index)
    found = checks(verdict, index)
    assert [c.state for c in found] == ["fits", "refused", *["fits"] * 7, "not reached", "fits"]
    assert said(verdict) == "`made` is refused by 6.1.0-56-amd64: the file is damaged."
    found = checks(why(bytes(data[:200]), "made.ko", index), index)
    assert [c.state for c in found] == ["fits", "refused", "fits", *["not reached"] * 8]
