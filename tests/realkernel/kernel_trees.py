"""Kernels made for tests: the files that a machine has of one, small, in the shape of the real ones."""

from __future__ import annotations

from pathlib import Path

MAKEFILE = """modules:
\t$(CC) -Wall -Wextra -c $(M)/$(notdir $(M)).c -o $(M)/$(notdir $(M)).ko
"""


def image(size: int = 1024, sixty_four: bool = True) -> bytes:
    """The head of an x86 boot image (Documentation/arch/x86/boot.rst): magic, and the flag of a 64-bit kernel."""
    data = bytearray(size)
    data[0x202:0x206] = b"HdrS"
    data[0x236] = 1 if sixty_four else 0
    return bytes(data)


def put(path: Path, data: bytes | str = b"") -> Path:
    """A file, with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def kernel(root: Path, release: str, modules: str = "lib/modules", drivers: int = 2) -> None:
    """Image and modules of one kernel below `root`."""
    put(root / "boot" / f"vmlinuz-{release}", image())
    for number in range(drivers):
        put(root / modules / release / f"kernel/drivers/d{number}.ko", b"\x7fELF" + bytes(100 * number))


def headers(root: Path, release: str, base: str, compiler: str = "gcc (made) 12.2.0", link: bool = True) -> None:
    """The three trees of Debian's headers for `release`, the shared one called after `base`.

    `modules` builds one object with the compiler, as far as kbuild is concerned.
    """
    own = root / "usr/src" / f"linux-headers-{release}"
    put(own / "Makefile", f"include /usr/src/linux-headers-{base}-common/Makefile\n")
    put(own / ".config", f'CONFIG_64BIT=y\nCONFIG_CC_VERSION_TEXT="{compiler}"\n')
    put(own / "include/generated/autoconf.h", "#define CONFIG_64BIT 1\n")
    put(own / "Module.symvers", "0x1\tprintk\tvmlinux\tEXPORT_SYMBOL\t\n")
    put(root / "usr/src" / f"linux-headers-{base}-common/Makefile", MAKEFILE)
    put(root / f"usr/lib/linux-kbuild-{base}/scripts/x")
    (own / "scripts").symlink_to(f"../../lib/linux-kbuild-{base}/scripts")
    if link:
        place = root / "lib/modules" / release
        place.mkdir(parents=True, exist_ok=True)
        (place / "build").symlink_to(f"/usr/src/linux-headers-{release}")
