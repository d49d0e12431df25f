"""An archive of real packages, made by dpkg-deb, and an apt that knows it alone: no network."""

from __future__ import annotations

import dataclasses
import hashlib
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.realkernel import kernel_trees as made

CONF = """Dir "{0}/apt";
Dir::State::status "{0}/apt/status";
Dir::Etc::sourcelist "{0}/apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::main "/dev/null";
Dir::Etc::parts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Log "{0}/apt";
APT::Architecture "amd64";
APT::Architectures {{ "amd64"; }};
APT::Sandbox::User "";
Acquire::Languages "none";
"""


@dataclasses.dataclass(frozen=True, slots=True)
class Archive:
    """`root`: the archive in `root`/pool, apt's own folders in `root`/apt."""

    root: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes apt use it."""
        return {"APT_CONFIG": str(self.root / "apt.conf")}

    @property
    def pool(self) -> Path:
        """The packages."""
        return self.root / "pool"

    def set_up(self) -> None:
        """An empty archive and an apt that has not heard of it."""
        for folder in ("apt/var/lib/apt/lists/partial", "apt/var/cache/apt/archives/partial", "pool"):
            (self.root / folder).mkdir(parents=True)
        made.put(self.root / "apt/status")
        made.put(self.root / "apt/sources.list", f"deb [trusted=yes] file:{self.pool} ./\n")
        made.put(self.root / "apt.conf", CONF.format(self.root))
        self.list_packages({})

    def add(self, name: str, version: str, tree: Path, depends: str = "") -> Path:
        """Pack the files below `tree` as a package."""
        control = f"Package: {name}\nVersion: {version}\nArchitecture: amd64\nMaintainer: nobody <n@example.org>\n"
        control += f"Depends: {depends}\n" if depends else ""
        made.put(tree / "DEBIAN/control", control + "Installed-Size: 40\nDescription: made for a test\n")
        file = self.pool / f"{name}_{version}_amd64.deb"
        words = ["dpkg-deb", "--build", "--root-owner-group", "-Znone", str(tree), str(file)]
        subprocess.run(words, check=True, capture_output=True)
        return file

    def list_packages(self, digests: Mapping[str, str]) -> None:
        """Write the archive's list and have apt read it; `digests`: file name -> a SHA-256 that is not the file's."""
        lines = []
        for file in sorted(self.pool.glob("*.deb")):
            told = subprocess.run(["dpkg-deb", "--field", file], check=True, capture_output=True, text=True).stdout
            data = file.read_bytes()
            digest = digests.get(file.name, hashlib.sha256(data).hexdigest())
            lines.append(f"{told.strip()}\nFilename: ./{file.name}\nSize: {len(data)}\nSHA256: {digest}\n")
        made.put(self.pool / "Packages", "\n".join(lines))
        subprocess.run(
            ["apt-get", "-qq", "update"],
            check=True,
            capture_output=True,
            env={"PATH": "/usr/bin:/bin", **self.environment},
        )


def debian(archive: Archive, work: Path) -> None:
    """Debian 12 in small: 6.1 of two ages as images and headers of both flavours, and 6.12 without a cloud kernel."""
    for base, version in (("6.1.0-9", "6.1.27-1"), ("6.1.0-56", "6.1.192-2"), ("6.12.9+deb12", "6.12.9-1~deb12u1")):
        flavours = ("amd64",) if base.startswith("6.12") else ("amd64", "cloud-amd64")
        for flavour in flavours:
            release = f"{base}-{flavour}"
            tree = work / f"image-{release}"
            made.kernel(tree, release)
            (tree / "lib/modules" / release / "build").symlink_to(f"/usr/src/linux-headers-{release}")
            (tree / "lib/modules" / release / "source").symlink_to("/usr/src/gone")
            archive.add(f"linux-image-{release}", version, tree, "kmod, linux-base (>= 4.3~), initramfs-tools | other")
            both = work / f"headers-{release}"
            made.headers(both, release, base, link=False)
            needs = f"linux-headers-{base}-common (= {version}), linux-kbuild-{base}, linux-compiler-gcc-12-x86"
            own = work / f"own-{release}/usr/src"
            own.mkdir(parents=True)
            (both / f"usr/src/linux-headers-{release}").rename(own / f"linux-headers-{release}")
            archive.add(f"linux-headers-{release}", version, own.parents[1], needs)
        common = work / f"common-{base}/usr/src"
        common.mkdir(parents=True)
        (both / f"usr/src/linux-headers-{base}-common").rename(common / f"linux-headers-{base}-common")
        archive.add(f"linux-headers-{base}-common", version, common.parents[1])
        archive.add(f"linux-kbuild-{base}", version, both)
    for flavour in ("amd64", "cloud-amd64"):
        needs = f"linux-image-6.1.0-56-{flavour} (= 6.1.192-2)"
        archive.add(f"linux-image-{flavour}", "6.1.192-2", work / f"meta-{flavour}", needs)
    for name in ("linux-image-6.12-amd64", "linux-image-6.1.0-57-amd64-unsigned", "linux-image-6.1.0-57-rt-amd64"):
        archive.add(name, "6.1.999-1", work / f"other-{name}")
    archive.list_packages({})
