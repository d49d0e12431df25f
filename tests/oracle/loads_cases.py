"""Modules for the real kernel to judge: real ones, and real ones with one thing changed."""

from __future__ import annotations

import dataclasses
import random
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from tests.oracle.loads_edit import SIGNED, Edit, unpacked, unsigned

# what the tree of the oracle holds besides a sample: two that export, three that ask for GPL-only symbols, two of
# them also for symbols of a namespace, the last (from 6.16 on) of one for named modules
BASE = ("cordic", "crc-itu-t", "efivarfs", "firewire-core", "kvm-amd")
SWEPT = re.compile(r"test|torture|inject|fault|panic|wdt|watchdog|dog|hv|xen|kgdb|crash|lkdtm|bench|suspend|vmw|mce")


@dataclasses.dataclass(frozen=True, slots=True)
class Case:
    """`name` of the file, its bytes, `enforce`: asked with module.sig_enforce set; `needs`: modules loaded before."""

    name: str
    data: bytes
    needs: tuple[str, ...] = ()
    enforce: bool = False


class Tree:
    """A distribution's modules: where each is, what it depends on (its own `depends=`), what is built in."""

    def __init__(self, root: Path) -> None:
        self.modules = next(p for p in sorted(root.glob("lib/modules/*")) if (p / "kernel").is_dir())
        self.image = next(p for p in (*root.glob("boot/vmlinuz-*"), self.modules / "vmlinuz") if p.exists())
        self.files = {p.name.partition(".")[0].replace("-", "_"): p for p in self.modules.rglob("*.ko*")}

    def read(self, name: str) -> bytes:
        """A module, unpacked."""
        return unpacked(self.files[name.replace("-", "_")])

    def depends(self, name: str) -> list[str]:
        """What must be loaded before a module, in order: what it depends on, and the softdep that its init asks for."""
        edit = Edit(self.read(name))
        info = [r.decode() for r in bytes(edit.data[edit.section(".modinfo")]).split(b"\0")]
        asked = [n for r in info if r.startswith("depends=") for n in r.partition("=")[2].split(",") if n]
        soft = [n for r in info if r.startswith("softdep=pre:") for n in r.split()[1:]]
        asked += [m for n in soft for m in (n.replace("-", "_"), f"{n}_generic") if m in self.files]
        found = [n for other in asked for n in (*self.depends(other), other.replace("-", "_"))]
        return list(dict.fromkeys(found))

    def builtin(self, length: int, visible: bool) -> str:
        """A built-in module whose name has `length` letters, with or without parameters (/sys/module/NAME)."""
        records = (self.modules / "modules.builtin.modinfo").read_bytes().split(b"\0")
        shown = {r.partition(b".")[0].decode() for r in records if b".parm=" in r or b".version=" in r}
        named = (Path(line).stem.replace("-", "_") for line in (self.modules / "modules.builtin").read_text().split())
        return next(n for n in sorted(set(named)) if len(n) == length and (n in shown) is visible)

    def sample(self, count: int, seed: int) -> list[str]:
        """Modules drawn from the tree, those left out that could take the machine down."""
        pool = sorted(n for n in self.files if not SWEPT.search(n))
        return random.Random(seed).sample(pool, count)

    def smaller(self, folder: Path, names: list[str]) -> None:
        """Copy modules with what they depend on, as a tree of their own."""
        for name in dict.fromkeys(n for m in names for n in [*self.depends(m), m]):
            target = folder / self.files[name.replace("-", "_")].relative_to(self.modules)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.modules / target.relative_to(folder), target)
        for name in ("modules.builtin", "modules.builtin.modinfo", "modules.order"):
            shutil.copy(self.modules / name, folder / name)


def proprietary(tree: Tree) -> bytes:
    """A module of another licence with an export of its own: crc_itu_p, made of crc-itu-t."""
    edit = Edit(tree.read("crc-itu-t")).swap(".modinfo", b"license=GPL\0", b"license=BSD\0")
    return edit.rename("crc_itu_t", "crc_itu_p").rename_symbol("crc_itu_t", "crc_itu_p").bytes()


def cases(tree: Tree, exported: str, sample: list[str]) -> Iterator[Case]:
    """Every case; `exported` is a name of 14 letters that the kernel exports."""

    def edit(name: str) -> Edit:
        return Edit(tree.read(name))

    efi, iq, fire, kvm = "efivarfs", "cordic", "firewire-core", "kvm-amd"
    asks, lacks = "efivar_unlock", "efivar_unlocX"  # GPL-only, in the namespace EFIVAR
    yield Case("real-signed", tree.read(iq))
    yield Case("real-unsigned", unsigned(tree.read(iq)))
    for name in sample:
        yield Case(f"sample-{name}", tree.read(name), tuple(tree.depends(name)))
    yield Case("missing", edit(efi).rename_symbol(asks, lacks).bytes())
    yield Case("weak", edit(efi).rename_symbol(asks, lacks).weaken(lacks).bytes())
    if "__versions" in edit(efi).rows:
        yield Case("crc-of-symbol", edit(efi).set_crc(asks, 0x12345678).bytes())
        yield Case("crc-of-weak-symbol", edit(efi).set_crc(asks, 0x12345678).weaken(asks).bytes())
        yield Case("crc-of-layout", edit(iq).set_crc("module_layout", 0x12345678).bytes())
        unrecorded = edit(efi).swap("__versions", asks.encode() + b"\0", lacks.encode() + b"\0")
        yield Case("crc-not-recorded", unrecorded.bytes())
        yield Case("no-versions", edit(iq).not_allocated("__versions").bytes())
    release = tree.modules.name.encode()
    changed = release[:-1] + b"X"
    yield Case("vermagic-release", edit(iq).swap(".modinfo", b"vermagic=" + release, b"vermagic=" + changed).bytes())
    if "__versions" in edit(iq).rows:
        both = edit(iq).swap(".modinfo", b"vermagic=" + release, b"vermagic=" + changed).not_allocated("__versions")
        yield Case("vermagic-release-no-versions", both.bytes())
    yield Case("vermagic-flags", edit(iq).swap(".modinfo", b" mod_unload ", b" mod_upload ").bytes())
    yield Case("vermagic-none", edit(iq).swap(".modinfo", b"vermagic=", b"vermagiX=").bytes())
    yield Case("licence-gpl-only", edit(efi).swap(".modinfo", b"license=GPL\0", b"license=BSD\0").bytes())
    yield Case("licence-none", edit(efi).swap(".modinfo", b"license=GPL\0", b"licensX=GPL\0").bytes())
    yield Case(
        "licence-other-no-gpl-only", edit("crc-itu-t").swap(".modinfo", b"license=GPL\0", b"license=BSD\0").bytes()
    )
    yield Case("licence-inherited", edit(fire).rename_symbol("crc_itu_t", "crc_itu_p").bytes(), ("crc_itu_p",))
    yield Case("namespace", edit(efi).swap(".modinfo", b"import_ns=EFIVAR\0", b"import_ns=EFIVAX\0").bytes())
    yield Case("namespace-imported", edit(efi).bytes())
    yield Case("namespace-of-module", edit(kvm).bytes(), tuple(tree.depends(kvm)))
    yield Case("namespace-of-other-module", edit(kvm).rename("kvm_amd", "kvm_amX").bytes(), tuple(tree.depends(kvm)))
    yield Case("duplicate-of-kernel", edit(iq).rename_symbol("cordic_calc_iq", exported).bytes())
    yield Case("duplicate-of-module", edit("crc-itu-t").rename("crc_itu_t", "crc_itu_x").bytes(), ("crc_itu_t",))
    yield Case("built-in-visible", edit(efi).rename(efi, tree.builtin(8, True)).bytes())
    yield Case("built-in-hidden", edit(efi).rename(efi, tree.builtin(8, False)).bytes())
    yield Case("arch", edit(iq).header(18, 183).bytes())
    yield Case("arch-32-bit", edit(iq).header(18, 3).bytes())
    yield Case("format-executable", edit(iq).header(16, 2).bytes())
    yield Case("format-truncated", edit(iq).cut(0.6).bytes())
    yield Case("format-header-only", edit(iq).cut(0.01).bytes())
    yield Case("format-no-symbols", edit(iq).retype(".symtab", 1).bytes())
    yield Case("format-no-module", edit(iq).not_allocated(".gnu.linkonce.this_module").bytes())
    signed = tree.read(iq)
    if signed.endswith(SIGNED):
        size = len(signed) - len(SIGNED) - 4
        yield Case("signature-length", signed[:size] + b"\xff\xff\xff\xff" + SIGNED)
        yield Case("signature-kind", signed[: size - 6] + b"\x01" + signed[size - 5 :])
        at = signed.index(b"\0author=") + len(b"\0author=")
        yield Case("signature-unfitting", signed[:at] + b"X" + signed[at + 1 :])
    yield Case("enforced-signed", signed, enforce=True)
    yield Case("enforced-unsigned", unsigned(signed), enforce=True)
