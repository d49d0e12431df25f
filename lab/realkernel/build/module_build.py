"""Modules and programs for the guest, built from kernels/linux in a temporary folder and kept in the cache."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from lab.core.errors import LabError
from lab.core.files import read_bytes, write_atomic
from lab.core.progress import Progress, silent, step
from lab.realkernel.build.compiler import identity, kernel_compiler
from lab.realkernel.build.external import Done, run
from lab.realkernel.kernel import Kernel
from lab.realkernel.kernels.cache import built_folder, keep_log
from lab.realkernel.kernels.headers import relocated

__all__ = ["Built", "build_module", "build_program", "compile_module", "compile_program"]

LIMIT = 300.0  # seconds; a small module takes a few
RECIPE = "1"  # to be changed with the way in which things are built: what was built before is then not used
NO_BTF = (
    "CONFIG_DEBUG_INFO_BTF_MODULES="  # type information for BPF: needs pahole and vmlinux, and no guest asks for it
)
FILE_LIMIT = 1 << 20  # bytes of one source file
BUILT_LIMIT = 1 << 26
_ELF = b"\x7fELF"
# What a compiler, an assembler, a linker, modpost and make itself begin the line with that says what is wrong.
_ERROR = re.compile(r"(?:^|: )(?:fatal )?(?:error|ERROR|Error): |: undefined reference to |\*\*\* |error while loading")
_WARNING = re.compile(r"(?:^|: )(?:warning|WARNING): ")
# The kernel's headers name the very compiler; another build of the same major version is no reason to worry.
_HARMLESS = ("the compiler differs from the one used to build the kernel",)
_LEFT_OUT = re.compile(r"\.|README|.*\.(?:o|ko|mod|mod\.c|cmd|pyc)$|modules\.order$|Module\.symvers$")
PROGRAM_FLAGS = {"CFLAGS": "-O2 -Wall -Wextra", "LDFLAGS": "-static"}


@dataclasses.dataclass(frozen=True, slots=True)
class Built:
    """An ELF file, and the compiler's warnings while it was made."""

    data: bytes
    warnings: tuple[str, ...]


def build_module(source: Path, kernel: Kernel, progress: Progress = silent) -> bytes:
    """The kernel module that the folder `source` is the source of, without debug information.

    The folder has a Makefile with `obj-m`; the module is called as the folder is. What was built before from the
    same sources for the same headers with the same compiler is taken from the cache. No network, no root.

    Raises `LabError`: no headers, no compiler, no make, or an error in the source, with the path of the log.
    """
    headers = _headers(kernel)
    compiler = kernel_compiler(headers)
    symbols = hashlib.sha256(_bytes(headers / "Module.symvers")).hexdigest()
    key = _key("module", source, compiler, kernel.release, symbols)
    return _kept(key, lambda: compile_module(source, kernel, progress).data)


def build_program(source: Path, name: str, progress: Progress = silent) -> bytes:
    """The program `name` that `make name` builds in the folder `source`, linked statically so that it runs in a guest.

    Without a rule of the folder's Makefile, make's own builds it from name.c. Cache and errors as `build_module`.
    """
    key = _key("program", source, "gcc", name)
    return _kept(key, lambda: compile_program(source, name, progress).data)


def compile_module(source: Path, kernel: Kernel, progress: Progress = silent) -> Built:
    """`build_module` without the cache, and with all warnings that the kernel's build knows at level 1 (W=1)."""
    headers = _headers(kernel)
    compiler = kernel_compiler(headers)
    tell = step(progress, 0, 1, f"build {source.name} for {kernel.release}")
    with _workplace(source) as (copy, spare):
        tree = _tree(headers, spare)
        words = ["make", "-C", str(tree), f"M={copy}", f"CC={compiler}", "W=1", NO_BTF, "modules"]
        done = run(words, limit=LIMIT, folder=copy, environment=_environment(), tell=lambda: tell(0, 1, ""))
        built = copy / f"{source.name}.ko"
        _judge(done, built, f"build-{source.name}-{kernel.release}", f"{source.name} for kernel {kernel.release}", copy)
        run(["strip", "--strip-debug", built], limit=LIMIT)
        progress(1, 1, f"build {source.name} for {kernel.release}")
        return Built(_elf(built), _warnings(done.output, copy))


def compile_program(source: Path, name: str, progress: Progress = silent) -> Built:
    """`build_program` without the cache."""
    tell = step(progress, 0, 1, f"build {name}")
    identity("gcc")
    with _workplace(source) as (copy, _):
        environment = {**_environment(), "CC": "gcc", **PROGRAM_FLAGS}
        done = run(["make", name], limit=LIMIT, folder=copy, environment=environment, tell=lambda: tell(0, 1, ""))
        _judge(done, copy / name, f"build-{source.name}-{name}", f"{name} of {source.name}", copy)
        run(["strip", copy / name], limit=LIMIT)
        progress(1, 1, f"build {name}")
        return Built(_elf(copy / name), _warnings(done.output, copy))


def _headers(kernel: Kernel) -> Path:
    if kernel.headers is None:
        raise LabError(f"kernel {kernel.release}: its headers are not here; run: kernel-lab kernel fetch")
    return kernel.headers


def _key(kind: str, source: Path, compiler: str, *told: str) -> str:
    """The name in the cache: what the result is made from and with, as one checksum."""
    parts = [RECIPE.encode(), identity(compiler).encode(), *map(str.encode, told)]
    for name, data in sorted(_sources(source).items()):
        parts += [name.encode(), data]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return f"{source.name}-{kind}-{digest.hexdigest()[:32]}"


def _sources(source: Path) -> Mapping[str, bytes]:
    """Path below `source` -> content of every file that a build needs."""
    found = {}
    for folder, folders, names in os.walk(source):
        folders[:] = [name for name in folders if not _LEFT_OUT.match(name)]
        for name in names:
            if not _LEFT_OUT.match(name):
                path = Path(folder, name)
                if not _made(path):
                    found[str(path.relative_to(source))] = read_bytes(path, FILE_LIMIT)
    if not found:
        raise LabError(f"{source}: has no source in it; install the lab again")
    return found


def _made(path: Path) -> bool:
    """True for a program that somebody built in the folder by hand: make would take it for what is asked."""
    try:
        with open(path, "rb") as file:
            return file.read(len(_ELF)) == _ELF
    except OSError:  # told of where it is read
        return False


def _kept(key: str, build: Callable[[], bytes]) -> bytes:
    """What the cache has under `key`, or what `build` makes, which is put there."""
    path = built_folder() / key
    with contextlib.suppress(LabError):  # not there, or not to be read: it is built
        data = read_bytes(path, BUILT_LIMIT)
        if data.startswith(_ELF):
            return data
    data = build()
    with contextlib.suppress(LabError, OSError):  # without a cache it works too, only slower; the doctor tells
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomic(path, data)
    return data


@contextlib.contextmanager
def _workplace(source: Path) -> Iterator[tuple[Path, Path]]:
    """A copy of the sources, and a second empty folder; both go away. Raises `LabError` if there is no place."""
    files = _sources(source)
    try:
        place = tempfile.mkdtemp(prefix="kernel-lab-build-")
    except OSError as error:
        raise LabError(f"{tempfile.gettempdir()}: no temporary folder can be made there ({error.strerror})") from None
    try:
        copy, spare = Path(place, source.name), Path(place, "tree")
        spare.mkdir()
        for name, data in files.items():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes(data)
            shutil.copymode(source / name, copy / name)
        yield copy, spare
    finally:
        shutil.rmtree(place, ignore_errors=True)  # what is left of it lies where such things are cleared away


def _tree(headers: Path, spare: Path) -> Path:
    """The headers as make can use them where they lie: in `spare`, a folder of links with a Makefile that finds them.

    That is needed for Debian's packages unpacked elsewhere than in /, see `lab.realkernel.kernels.headers`.
    """
    for path in (headers, spare):
        if re.search(r"[\s:]", str(path)):
            raise LabError(f"{path}: make cannot build in a folder with a blank or : in its name; set XDG_CACHE_HOME "
                           "or TMPDIR to another")  # fmt: skip
    text = _bytes(headers / "Makefile").decode("utf-8", "surrogateescape")
    new = relocated(text, f"{headers.parent}/")
    if new == text or headers.parent == Path("/usr/src"):
        return headers
    for entry in headers.iterdir():
        if entry.name != "Makefile":
            (spare / entry.name).symlink_to(entry)
    (spare / "Makefile").write_text(new, "utf-8", "surrogateescape")
    return spare


def _bytes(path: Path) -> bytes:
    return read_bytes(path, BUILT_LIMIT)


def _environment() -> dict[str, str]:
    """What a build may see of this process's environment: make's own variables would change what is built."""
    return {"LC_ALL": "C", "TZ": "UTC", **{k: os.environ[k] for k in ("PATH", "HOME", "TMPDIR") if k in os.environ}}


def _judge(done: Done, built: Path, log: str, what: str, copy: Path) -> None:
    """Raise `LabError` if a build ended without `built`: the first line that says why, and where all of it is."""
    if done.status == 0 and built.is_file():
        return
    lines = done.output.splitlines()
    why = next((line for line in lines if _ERROR.search(line)), lines[-1] if lines else f"status {done.status}")
    place = keep_log(log, done.output)
    raise LabError(f"{what} cannot be built: {_short(why, copy)} (log: {place})")


def _warnings(output: str, copy: Path) -> tuple[str, ...]:
    found = [line for line in output.splitlines() if _WARNING.search(line)]
    return tuple(_short(line, copy) for line in found if not any(words in line for words in _HARMLESS))


def _short(line: str, copy: Path) -> str:
    """A line of a build as it is told: paths as in the source folder, at most 300 characters."""
    return line.replace(f"{copy}/", "").strip()[:300]


def _elf(path: Path) -> bytes:
    data = _bytes(path)
    if not data.startswith(_ELF):
        raise LabError(f"{path.name}: what was built is no ELF file; its Makefile is wrong")
    return data
