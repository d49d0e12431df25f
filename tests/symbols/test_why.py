"""Each reason to refuse a module, made and found; the same rules are held against real kernels by `make test-loads`."""

from __future__ import annotations

import dataclasses
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.core.errors import LabError
from lab.symbols.store import Index, open_index
from lab.symbols.why import RULES, Verdict, read_module, why
from tests.symbols import conftest
from tests.symbols.loadable import ALPHA, BETA, GAMMA, PROVIDER, Loadable, indexed

SIGNED = b"~Module signature appended~\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with open_index(indexed(tmp_path_factory.mktemp("why"))) as found:
        yield found


def ask(index: Index, module: Loadable | bytes, *, sig_enforce: bool = False) -> Verdict:
    data = module if isinstance(module, bytes) else module.bytes()
    return why(data, "some/fits.ko", index, sig_enforce=sig_enforce)


def found(verdict: Verdict) -> list[tuple[str, str | None]]:
    return [(r.kind, r.symbol) for r in verdict.reasons]


def test_what_fits_loads_and_says_where_its_symbols_resolve(index: Index) -> None:
    needs = ((*ALPHA, False), ("provided", 0x22, False), (*GAMMA, False))
    verdict = ask(index, Loadable(needs=needs))
    assert verdict.loads
    assert found(verdict) == []
    assert verdict.uncertain == ()
    assert [(r.symbol, r.row and r.row.owner) for r in verdict.resolved] == [
        ("alpha_lock", "vmlinux"), ("provided", "provider"), ("gamma_init", "vmlinux")
    ]  # fmt: skip
    assert verdict.headline == "fits loads on 6.1.0: 3 symbols asked for, nothing refuses it"


def test_missing(index: Index) -> None:
    verdict = ask(index, Loadable(needs=(("alpha_lack", None, False), ("nowhere", None, True))))
    assert found(verdict) == [("missing", "alpha_lack")]
    assert "alpha_lock" in verdict.reasons[0].evidence
    assert any("nowhere" in note.text for note in verdict.notes)


def test_gpl_only(index: Index) -> None:
    needs = ((*GAMMA, False), (*ALPHA, False))
    verdict = ask(index, Loadable(needs=needs, licence="Proprietary"))
    assert found(verdict) == [("gpl-only", "gamma_init")]
    assert "'Proprietary'" in verdict.reasons[0].evidence
    assert found(ask(index, Loadable(needs=needs, licence=None))) == [("gpl-only", "gamma_init")]
    assert ask(index, Loadable(needs=((*GAMMA, True),), licence="BSD")).loads, "a weak symbol stays 0"
    assert ask(index, Loadable(needs=((*ALPHA, False),), licence="BSD")).loads, "a licence alone refuses nothing"


@pytest.mark.parametrize("licence", ["GPL", "GPL v2", "GPL and additional rights", "Dual BSD/GPL", "Dual MPL/GPL"])
def test_compatible_licences(index: Index, licence: str) -> None:
    assert ask(index, Loadable(needs=((*GAMMA, False),), licence=licence)).loads


def test_license_of_a_module_used(index: Index) -> None:
    first, then = (*GAMMA, False), ("closed_call", 0x33, False)
    verdict = ask(index, Loadable(needs=(first, then)))
    assert found(verdict) == [("license", "closed_call")]
    assert "closed" in verdict.reasons[0].evidence
    assert found(ask(index, Loadable(needs=(then, first)))) == [("gpl-only", "gamma_init")], "the taint is inherited"
    assert ask(index, Loadable(needs=(then, (*ALPHA, False)))).loads


def test_license_of_a_module_used_by_a_module_used(tmp_path: Path) -> None:
    closed = Loadable("closed", exports=(("closed_call", 0x33),), licence="Proprietary")
    between = Loadable("between", needs=(("closed_call", 0x33, False),), exports=(("between_call", 0x44),))
    with open_index(indexed(tmp_path, (closed, between))) as index:
        verdict = ask(index, Loadable(needs=((*GAMMA, False), ("between_call", 0x44, False))))
        assert found(verdict) == [("license", "between_call")]


def test_namespace(index: Index) -> None:
    needs = ((*BETA, False),)
    verdict = ask(index, Loadable(needs=needs, info=("import_ns=NET",)))
    assert found(verdict) == [("namespace", "beta")]
    assert verdict.reasons[0].evidence == "exported by vmlinux in namespace STORAGE; the module imports NET"
    assert ask(index, Loadable(needs=needs, info=("import_ns=NET", "import_ns=STORAGE"))).loads
    assert found(ask(index, Loadable(needs=((*BETA, True),)))) == [("namespace", "beta")], "weak ones too"


def test_crc(index: Index) -> None:
    verdict = ask(index, Loadable(needs=(("alpha_lock", 0x11223345, False), ("provided", 0x23, True))))
    assert found(verdict) == [("crc", "alpha_lock"), ("crc", "provided")]
    assert verdict.reasons[0].evidence == "module wants 0x11223345, kernel has 0x11223344 (exported by vmlinux)"


def test_crc_not_recorded(index: Index) -> None:
    verdict = ask(index, Loadable(needs=(("alpha_lock", None, False),)))
    assert found(verdict) == [("crc", "alpha_lock")]
    assert [u.what for u in verdict.uncertain] == ["crc"], "mainline warns once and goes on"


def test_no_crc_at_all(index: Index) -> None:
    verdict = ask(index, Loadable(versions=False))
    assert found(verdict) == [("crc", "alpha_lock")]
    assert "__versions" in verdict.reasons[0].evidence
    assert [u.what for u in verdict.uncertain] == ["crc"], "CONFIG_MODULE_FORCE_LOAD is not known"


def test_crc_of_module_layout_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    layout = conftest.Wanted("module_layout", 0x77, None, False)
    monkeypatch.setattr(conftest, "EXPORTS", (*conftest.EXPORTS[:3], layout, *conftest.EXPORTS[3:]))
    with open_index(indexed(tmp_path, (Loadable("a", layout=0x77),), conftest.kernel_elf(style="flags"))) as index:
        assert ask(index, Loadable(layout=0x77)).loads
        verdict = ask(index, Loadable(needs=(("nowhere", None, False),), vermagic="6.1.0 ", layout=0x78))
        assert found(verdict) == [("crc", "module_layout"), ("vermagic", None), ("missing", "nowhere")]
        assert verdict.reasons[0].evidence == "module wants 0x00000078, kernel has 0x00000077 (exported by vmlinux)"


def test_vermagic(index: Index) -> None:
    verdict = ask(index, Loadable(vermagic="6.1.0 SMP preempt mod_unload modversions "))
    assert found(verdict) == [("vermagic", None)]
    assert "preempt" in verdict.reasons[0].evidence
    assert "'6.1.0 SMP mod_unload modversions'" in verdict.reasons[0].evidence
    assert ask(index, Loadable(vermagic="6.99 SMP mod_unload modversions ")).loads, "CRCs speak for the release"
    none = ask(index, Loadable(vermagic="6.99 SMP mod_unload modversions ", needs=(), versions=False))
    assert found(none) == [("vermagic", None)]
    assert found(ask(index, Loadable(vermagic=None))) == [("vermagic", None)]


def test_a_tree_that_states_none_leaves_the_vermagic_open(tmp_path: Path) -> None:
    with open_index(indexed(tmp_path, (Loadable("a", vermagic=None),))) as index:
        for module in (Loadable(), Loadable(vermagic=None)):
            verdict = ask(index, module)
            assert verdict.loads
            assert [u.what for u in verdict.uncertain] == ["vermagic"]


def test_modules_of_the_tree_that_disagree_leave_it_open(tmp_path: Path) -> None:
    other = Loadable("other", vermagic="6.2.0 SMP ")
    with open_index(indexed(tmp_path, (PROVIDER, Loadable("second"), other))) as index:
        verdict = ask(index, Loadable())
        assert verdict.loads
        assert [u.what for u in verdict.uncertain] == ["vermagic"]


@pytest.mark.parametrize(("bits", "order"), [(64, "<"), (32, "<"), (64, ">"), (32, ">")])
def test_every_class_and_byte_order(tmp_path: Path, bits: int, order: str) -> None:
    tree = (dataclasses.replace(PROVIDER, bits=bits, order=order),)
    with open_index(indexed(tmp_path, tree, conftest.kernel_elf(bits, order))) as index:
        module = Loadable(needs=((*ALPHA, False), ("provided", 0x22, False)), bits=bits, order=order)
        assert ask(index, module).loads
        verdict = ask(index, dataclasses.replace(module, needs=(("alpha_lock", 0x44332211, False), (*BETA, False))))
        assert found(verdict) == [("crc", "alpha_lock"), ("namespace", "beta")]


def test_names_that_an_architecture_resolves_itself() -> None:
    needs = tuple((name, None, False) for name in (".TOC.", ".dotted", "_GLOBAL_OFFSET_TABLE_"))
    data = bytearray(Loadable(needs=needs).bytes())
    assert [n for n, _ in read_module(bytes(data), "x86.ko").undefined] == [b".TOC.", b".dotted"]
    data[18] = 21
    assert [n for n, _ in read_module(bytes(data), "ppc.ko").undefined] == [b"dotted", b"_GLOBAL_OFFSET_TABLE_"]


@pytest.mark.parametrize("change", [{"bits": 32}, {"order": ">"}, {"bits": 32, "order": ">"}], ids=str)
def test_arch(index: Index, change: dict[str, object]) -> None:
    verdict = ask(index, dataclasses.replace(Loadable(), **change))  # type: ignore[arg-type]
    assert found(verdict) == [("arch", None)]
    assert "kernel is x86-64, 64-bit, little-endian" in verdict.reasons[0].evidence
    also = ask(index, dataclasses.replace(Loadable(needs=(("nowhere", None, False),), vermagic="7 "), **change))  # type: ignore[arg-type]
    assert found(also) == [("arch", None), ("vermagic", None), ("missing", "nowhere")]


def test_duplicate(index: Index) -> None:
    verdict = ask(index, Loadable(exports=(("alpha_lock", 1), ("own", 2)), needs=()))
    assert found(verdict) == [("duplicate", "alpha_lock")]
    assert verdict.reasons[0].evidence == "the module exports it, so does vmlinux"
    assert verdict.uncertain == ()
    verdict = ask(index, Loadable(exports=(("provided", 1),), needs=()))
    assert found(verdict) == [("duplicate", "provided")]
    assert "provider is not loaded" in verdict.uncertain[0].why


def test_a_module_of_the_tree_is_no_duplicate_of_itself(index: Index) -> None:
    assert found(ask(index, PROVIDER)) == []


def test_built_in(index: Index) -> None:
    verdict = ask(index, Loadable("loop"))
    assert found(verdict) == [("built-in", None)]
    assert verdict.uncertain[0].what == "built-in"


def test_signature_only_if_it_is_insisted_on(index: Index) -> None:
    assert found(ask(index, Loadable(), sig_enforce=True)) == [("signature", None)]
    assert ask(index, Loadable()).loads
    message = b"\x30\x82\x00\x10" + bytes(16)
    signed = Loadable().bytes() + message + bytes((0, 0, 2, 0, 0, 0, 0, 0)) + len(message).to_bytes(4, "big") + SIGNED
    verdict = ask(index, signed, sig_enforce=True)
    assert verdict.loads
    assert [u.what for u in verdict.uncertain] == ["signature"], "the key is in the kernel"
    broken = signed.replace(message, b"\x31" + message[1:])
    assert found(ask(index, broken)) == [("format", None)], "a broken one is refused always"
    other = Loadable().bytes() + message + bytes((0, 0, 1, 0, 0, 0, 0, 0)) + len(message).to_bytes(4, "big") + SIGNED
    assert ask(index, other).loads
    assert found(ask(index, other, sig_enforce=True)) == [("signature", None)]


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (Loadable(kind=2), "e_type is 2"),
        (Loadable(this=False), ".gnu.linkonce.this_module"),
        (Loadable().bytes()[:-100], "lie outside the file"),
        (Loadable().bytes()[:40], "ends inside its ELF header"),
        (Loadable().bytes().replace(b".gnu.linkonce.this_module\0", b".gnu.linkonce.this_modulX\0"), "this_module"),
    ],
)
def test_format(index: Index, module: Loadable | bytes, says: str) -> None:
    verdict = ask(index, module)
    assert found(verdict) == [("format", None)]
    assert says in verdict.reasons[0].evidence


NOT_FIT = Loadable(
    needs=(("nowhere", None, False), ("alpha_lock", 2, False), (*GAMMA, False), (*BETA, False)),
    exports=(("provided", 1),), licence="BSD", vermagic="7 ",
)  # fmt: skip
SYMBOLS = [("missing", "nowhere"), ("crc", "alpha_lock"), ("gpl-only", "gamma_init"), ("namespace", "beta")]


@pytest.mark.parametrize(
    ("module", "more"),
    [
        (dataclasses.replace(NOT_FIT, this=False), [("vermagic", None), *SYMBOLS, ("duplicate", "provided")]),
        (dataclasses.replace(NOT_FIT, kind=2), [("vermagic", None), *SYMBOLS]),
        (NOT_FIT.bytes()[:-100], []),
    ],
    ids=["no struct module", "executable", "cut off"],
)  # fmt: skip
def test_what_can_be_read_is_judged_beside_the_format(
    index: Index, module: Loadable | bytes, more: list[tuple[str, str | None]]
) -> None:
    verdict = ask(index, module)
    assert found(verdict) == [("format", None), *more]
    assert verdict.reasons[0].stage < min((r.stage for r in verdict.reasons[1:]), default=99)


def test_a_plain_object_of_the_compiler(index: Index, tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("gcc is not installed")
    (tmp_path / "a.c").write_text("extern int nowhere(void); int use(void) { return nowhere(); }\n")
    subprocess.run(["gcc", "-c", "-o", tmp_path / "a.ko", tmp_path / "a.c"], check=True)
    verdict = why((tmp_path / "a.ko").read_bytes(), "a.ko", index)
    assert verdict.reasons[0].kind == "format"
    assert ("missing", "nowhere") in found(verdict)


def test_every_reason_at_once_in_the_order_of_the_loader(index: Index) -> None:
    module = Loadable(
        "loop",
        needs=(("nowhere", None, False), ("alpha_lock", 2, False), (*GAMMA, False), (*BETA, False)),
        exports=(("provided", 1),),
        licence="BSD",
        vermagic="7 ",
    )
    verdict = ask(index, module, sig_enforce=True)
    assert found(verdict) == [
        ("signature", None), ("vermagic", None), ("missing", "nowhere"), ("crc", "alpha_lock"),
        ("gpl-only", "gamma_init"), ("namespace", "beta"), ("duplicate", "provided"), ("built-in", None),
    ]  # fmt: skip
    assert {r.kind for r in verdict.reasons} < set(RULES)


def test_what_is_no_elf_file_is_bad_input(index: Index) -> None:
    with pytest.raises(LabError, match="is no ELF file"):
        ask(index, b"#!/bin/sh\n")
