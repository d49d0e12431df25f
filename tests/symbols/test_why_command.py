"""`kernel-lab symbols why`: its exit statuses, its JSON, its text; and hostile files."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab.cli import main
from lab.symbols.store import Index, open_index
from lab.symbols.why import why
from lab.symbols.why.spaces import names_module
from lab.symbols.why.trailer import read_trailer
from lab.symbols.why.vermagic import same_magic
from tests.symbols.loadable import ALPHA, Loadable, indexed

NEEDS = ((*ALPHA, False), ("nowhere", None, False))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return indexed(tmp_path_factory.mktemp("why"))


@pytest.fixture(scope="module")
def opened(index: Path) -> Iterator[Index]:
    with open_index(index) as found:
        yield found


def test_loads_is_status_0(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "fits.ko.xz"
    module.write_bytes(lzma.compress(Loadable().bytes()))
    assert main(["symbols", "why", str(module), "--on", str(index), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["verdict"] == "loads"
    assert data["reasons"] == data["uncertain"] == []
    assert data["module"] == {"path": str(module), "name": "fits", "form": "xz"}


def test_refused_is_status_1(index: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "fits.ko"
    module.write_bytes(Loadable(needs=NEEDS, exports=(("alpha_lock", 1),)).bytes())
    assert main(["symbols", "why", str(module), "--on", str(index), "--json", "--all"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["verdict"] == "refused"
    assert [(r["kind"], r["symbol"], r["first"]) for r in data["reasons"]] == [
        ("missing", "nowhere", True),
        ("duplicate", "alpha_lock", False),
    ]
    assert data["resolved"][0] == {
        "symbol": "alpha_lock", "owner": "vmlinux", "weak": False, "wants": "0x11223344", "has": "0x11223344",
        "namespace": None, "gpl": False,
    }  # fmt: skip
    assert main(["symbols", "why", str(module), "--on", str(index), "--all"]) == 1
    text = capsys.readouterr().out
    assert text.startswith("fits is refused by 6.1.0: missing, duplicate\n")
    assert "the kernel stops at missing" in text
    assert "resolves in" in text


@pytest.mark.parametrize("data", [b"", b"no module", b"\xfd7zXZ\0damaged"])
def test_bad_input_is_status_2(index: Path, tmp_path: Path, data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "fits.ko"
    module.write_bytes(data)
    assert main(["symbols", "why", str(module), "--on", str(index)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_no_index_is_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module = tmp_path / "fits.ko"
    module.write_bytes(Loadable().bytes())
    for missing in (tmp_path / "none", module):
        assert main(["symbols", "why", str(module), "--on", str(missing)]) == 2
        assert capsys.readouterr().err.count("\n") == 1


@given(st.data())
def test_a_damaged_elf_file_is_a_verdict_and_no_crash(opened: Index, data: st.DataObject) -> None:
    whole = bytearray(Loadable(needs=NEEDS, exports=(("own", 1),)).bytes())
    for _ in range(data.draw(st.integers(0, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.one_of(st.just(len(whole)), st.integers(4, len(whole))))])
    verdict = why(cut, "fits.ko", opened)
    assert verdict.word in ("loads", "refused")
    assert all(r.evidence and "\n" not in r.evidence for r in verdict.reasons)


@given(st.binary(max_size=80))
def test_any_trailer_is_read_or_damaged(tail: bytes) -> None:
    data = tail + b"~Module signature appended~\n"
    trailer = read_trailer(data)
    assert trailer.signed
    assert 0 <= trailer.length < len(data)
    assert not read_trailer(tail[:20]).signed


@pytest.mark.parametrize(
    ("space", "name", "may"),
    [
        ("module:kvm-amd,kvm-intel", "kvm_amd", True),
        ("module:kvm-amd,kvm-intel", "kvm", False),
        ("module:kvm*", "kvm_intel", True),
        ("module:a,snd-*", "snd_hda", True),
        ("module:snd-*", "sn", False),
        ("kvm_amd", "kvm_amd", False),
    ],
)
def test_namespaces_of_named_modules(space: str, name: str, may: bool) -> None:
    assert names_module(space, name) is may


@pytest.mark.parametrize(
    ("module", "kernel", "has_crcs", "same"),
    [
        ("6.1 SMP ", "6.1 SMP ", False, True),
        ("6.2 SMP ", "6.1 SMP ", False, False),
        ("6.2 SMP ", "6.1 SMP ", True, True),
        ("6.1 ", "6.1 SMP ", True, False),
        ("6.1 SMP mod_unload aarch64", "6.1 SMP mod_unload", False, False),
    ],
)
def test_same_magic(module: str, kernel: str, has_crcs: bool, same: bool) -> None:
    assert same_magic(module, kernel, has_crcs) is same
