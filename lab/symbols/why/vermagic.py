"""vermagic: the module was built for another kernel or configuration."""

from __future__ import annotations

from collections.abc import Iterator

from lab.symbols.why.finding import MODINFO, Finding, Note, Reason, Uncertain
from lab.symbols.why.loader import Loader
from lab.symbols.why.question import Question

__all__ = ["same_magic", "vermagic"]


def same_magic(module: str, kernel: str, has_crcs: bool) -> bool:
    """Whether the two agree; the first word, the release, does not count where CRCs speak for it.

    same_magic() in kernel/module/version.c. The spaces at the end, which an index does not keep, are left out.
    """
    if has_crcs:
        module, kernel = module.partition(" ")[2], kernel.partition(" ")[2]
    return module.rstrip(" ") == kernel.rstrip(" ")


def vermagic(asked: Question) -> Iterator[Finding]:
    """check_modinfo() in kernel/module/main.c."""
    loader, stated = asked.loader, asked.module.vermagic
    has_crcs = loader.modversions and asked.module.basic
    if stated is None:
        yield from _states_none(asked)
        if loader.force_load:
            return
    elif not loader.vermagic:
        yield from _from_release(stated, loader.release, has_crcs)
    elif not same_magic(stated, loader.vermagic, has_crcs):
        counted = "" if not has_crcs else " (without the first word, for which the CRCs speak)"
        yield Reason("vermagic", None, f"module has {stated.rstrip()!r}, kernel has {_kernel(asked)}{counted}", MODINFO)
    yield from _how_known(loader)


def _states_none(asked: Question) -> Iterator[Finding]:
    loader = asked.loader
    if loader.force_load:
        yield Note("the module states no vermagic; CONFIG_MODULE_FORCE_LOAD lets it in and taints the kernel")
    elif not loader.vermagic and asked.index.modules:
        yield Uncertain("vermagic", "the module states none, nor do the modules of the kernel's own tree")
    else:
        yield Reason("vermagic", None, f"the module states none, the kernel has {_kernel(asked)}", MODINFO)
        if loader.force_load is None:
            yield Uncertain("vermagic", "a kernel with CONFIG_MODULE_FORCE_LOAD would load it and be tainted")


def _how_known(loader: Loader) -> Iterator[Uncertain]:
    """What is doubtful about the kernel's own vermagic."""
    if loader.vermagic and not loader.confirmed:
        yield Uncertain(
            "vermagic",
            f"the kernel's, {loader.image!r}, was read from the image alone; no module of its tree confirms it",
        )
    if loader.confirmed and loader.image and loader.image != loader.vermagic:
        yield Uncertain(
            "vermagic",
            f"the image has {loader.image!r}, the modules of the tree have {loader.vermagic!r}: they are of two builds",
        )
    if loader.others:
        yield Uncertain(
            "vermagic", f"the kernel's is taken from its modules, and {loader.others} of them state another than most"
        )


def _from_release(stated: str, release: str, has_crcs: bool) -> Iterator[Finding]:
    """What is left where neither the tree nor the image tells a vermagic: the kernel's release."""
    word = stated.partition(" ")[0]
    if release and not has_crcs and word != release:
        yield Reason("vermagic", None, f"module was built for {word}, the kernel is {release}", MODINFO)
    known = f"only the kernel's release, {release}, is" if release else "not even the kernel's release is"
    yield Uncertain(
        "vermagic",
        f"{known} known: the image tells no vermagic and no module of its tree states one, so the flags are open; "
        f"the module has {stated.rstrip()!r}",
    )


def _kernel(asked: Question) -> str:
    return repr(asked.loader.vermagic) if asked.loader.vermagic else "one"
