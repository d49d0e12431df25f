"""What an image tells of its loader, and what `why` makes of it with and without the modules of its tree."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.symbols.store import open_index
from lab.symbols.store.build import build
from lab.symbols.why import Verdict, why
from tests.symbols.conftest import kernel_elf
from tests.symbols.loadable import PROVIDER, VERMAGIC, Loadable, indexed

BANNER = b"Linux version 6.1.0 (someone@example) (gcc 12) #1 SMP\n\0"
TAINTED = b"%s: %s: kernel tainted.\n\0"
OTHER = "6.1.0 SMP preempt mod_unload modversions "
ALONE = "was read from the image alone; no module of its tree confirms it"


def image(vermagic: str = VERMAGIC, tainted: bytes = b"", banner: bytes = BANNER) -> bytes:
    """A kernel with the loader's own texts behind its sections."""
    return kernel_elf() + b"\0" + banner + vermagic.encode() + b"\0" + tainted


def ask(root: Path, kernel: bytes, module: Loadable, tree: tuple[Loadable, ...] | None = (PROVIDER,)) -> Verdict:
    """`tree`: the modules beside the kernel, None for an index of the image alone."""
    root.mkdir(exist_ok=True)
    if tree is None:
        (root / "vmlinux").write_bytes(kernel)
        build(str(root / "vmlinux"), None, str(root / "index"))
    else:
        indexed(root, tree, kernel)
    with open_index(root / "index") as index:
        return why(module.bytes(), "fits.ko", index)


def kinds(verdict: Verdict) -> list[str]:
    return [r.kind for r in verdict.reasons]


@pytest.mark.parametrize("tree", [None, (Loadable("silent", vermagic=None),)], ids=["none", "silent"])
def test_from_an_image_alone_it_is_judged_and_said_to_be_uncertain(
    tmp_path: Path, tree: tuple[Loadable, ...] | None
) -> None:
    fits = ask(tmp_path / "fits", image(), Loadable(), tree)
    assert fits.loads
    assert [u.what for u in fits.uncertain] == ["vermagic"]
    assert fits.uncertain[0].why == f"the kernel's, {VERMAGIC.strip()!r}, {ALONE}"
    other = ask(tmp_path / "other", image(), Loadable(vermagic=OTHER), tree)
    assert kinds(other) == ["vermagic"]
    assert repr(VERMAGIC.strip()) in other.reasons[0].evidence
    assert [u.what for u in other.uncertain] == ["vermagic"]
    assert ALONE in other.uncertain[0].why


def test_an_image_that_tells_no_vermagic_leaves_it_open(tmp_path: Path) -> None:
    verdict = ask(tmp_path / "banner", image("nothing"), Loadable(vermagic=OTHER), None)
    assert verdict.loads
    assert "only the kernel's release, 6.1.0, is known" in verdict.uncertain[0].why
    verdict = ask(tmp_path / "neither", kernel_elf(), Loadable(vermagic=OTHER), None)
    assert verdict.loads
    assert "not even the kernel's release is known" in verdict.uncertain[0].why


def test_an_image_that_agrees_with_its_tree_leaves_nothing_open(tmp_path: Path) -> None:
    assert ask(tmp_path / "fits", image(), Loadable()).uncertain == ()
    refused = ask(tmp_path / "refused", image(), Loadable(vermagic=OTHER))
    assert kinds(refused) == ["vermagic"]
    assert refused.uncertain == ()


def test_the_tree_decides_and_an_image_that_says_otherwise_is_named(tmp_path: Path) -> None:
    for name, module, wrong in (("tree", Loadable(), []), ("image", Loadable(vermagic=OTHER), ["vermagic"])):
        verdict = ask(tmp_path / name, image(OTHER), module)
        assert kinds(verdict) == wrong
        (said,) = verdict.uncertain
        assert f"the image has {OTHER.strip()!r}, the modules of the tree have {VERMAGIC.strip()!r}" in said.why


@pytest.mark.parametrize("module", [Loadable(vermagic=None), Loadable(versions=False)], ids=["vermagic", "crc"])
def test_force_load_is_what_the_image_says(tmp_path: Path, module: Loadable) -> None:
    kind = "vermagic" if module.vermagic is None else "crc"
    forced = ask(tmp_path / "with", image(tainted=TAINTED), module)
    assert (forced.loads, forced.uncertain) == (True, ())
    assert any("CONFIG_MODULE_FORCE_LOAD" in note.text for note in forced.notes)
    debian = ask(tmp_path / "without", image(banner=BANNER.replace(b"someone", b"debian")), module)
    assert (kinds(debian), debian.uncertain) == ([kind], ()), "no guess from who built it"
    unknown = ask(tmp_path / "unknown", kernel_elf(), module)
    assert kinds(unknown) == [kind]
    assert "CONFIG_MODULE_FORCE_LOAD" in unknown.uncertain[0].why


def test_a_symbol_missing_from_an_image_alone_may_be_in_a_module(tmp_path: Path) -> None:
    verdict = ask(tmp_path, image(), Loadable(needs=(("provided", 0x22, False),)), None)
    assert kinds(verdict) == ["missing"]
    assert [u.what for u in verdict.uncertain] == ["vermagic", "missing"]
