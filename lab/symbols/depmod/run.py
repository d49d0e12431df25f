"""One run of depmod from its settings to its result."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Sequence

from lab.core.errors import LabError, printable
from lab.core.files import read_bytes
from lab.symbols.depmod import alias, builtin, cache, dep, devname, order, place, resolve, softdep, symbols, weakdep
from lab.symbols.depmod.beside import Beside
from lab.symbols.depmod.config import read_config
from lab.symbols.depmod.facts import FactTable
from lab.symbols.depmod.inside import resolve as resolve_inside
from lab.symbols.depmod.types import Result, Settings
from lab.symbols.depmod.walk import find_modules
from lab.symbols.depmod.write import Staging

__all__ = ["depmod"]

KMODS = (30, 34)
PRE_ORDER = 34  # first kmod whose indexes have a node before its children
BUILT_IN = frozenset({"modules.builtin.bin", "modules.builtin.alias.bin"})  # made anew each time: they are small
LIMIT = 1 << 26  # bytes of modules.builtin and its like; a real one has 300,000
CROWD = 200  # modules that make a second process worth its start
Files = dict[str, bytes]
Written = dict[str, tuple[int, int]]  # size, CRC-32
Maker = Callable[[list[str]], Files]  # takes where its warnings go


class _Lane:
    """What one process makes, and about how long that takes."""

    def __init__(self) -> None:
        self.weight = 0
        self.makers: list[Maker] = []

    def add(self, weight: int, make: Maker) -> None:
        self.weight += weight
        self.makers.append(make)


class _Circle(Exception):
    """Modules need each other in a circle."""


def depmod(settings: Settings) -> Result:
    """Read the modules of a tree and write their indexes: all of them, or none.

    Raises `LabError` where there is no such tree, where it cannot be written to, and for a running system without
    `apply`. A module that is damaged costs a warning: it is listed, as kmod does, without symbols. Where modules need
    each other in a circle nothing is written.
    """
    if settings.kmod not in KMODS:
        raise LabError(f"kmod {settings.kmod}: only {' and '.join(map(str, KMODS))} are known")
    root = place.real_root(settings.root)
    source = place.modules_folder(root, settings.version)
    if not settings.apply and place.is_running(root if settings.out is None else settings.out, settings.version):
        raise LabError(
            "this would replace the indexes of the running system; add --apply, or -o FOLDER to write elsewhere"
        )
    return _Run(settings, root, source).result()


class _Run:
    """What the steps of one run share."""

    def __init__(self, settings: Settings, root: str, source: str) -> None:
        self.settings = settings
        self.root = root
        self.source = source
        self.forward = settings.kmod >= PRE_ORDER
        self.warnings: list[str] = []
        cached, self.note = None, ""
        if settings.cache is not None:
            cached, self.note = cache.load(settings.cache, settings.compat, self.forward)
        config = read_config(settings.sysroot, settings.version, self.warnings.append, settings.kmod)
        self.time = time.time_ns()
        self.modules = find_modules(source, settings.version, config, self.warnings.append, root, settings.kmod)
        self.names = [os.fsencode(found.name) for found in self.modules]
        self.paths = [os.fsencode(found.path) for found in self.modules]
        self.processes = _processes(settings.processes) if len(self.modules) >= CROWD else 1
        self.facts = FactTable(self.modules, self.paths, cached, settings.compat, self.processes)
        self.warnings += self.facts.damaged
        self.needs: list[list[int]] = []
        self.kept: tuple[cache.Output, ...] = ()

    def result(self) -> Result:
        """Write what has to be written."""
        if self.settings.out is None:
            return self._into(self.source)
        with place.output_folder(self.settings.out, self.settings.version) as folder:
            return self._into(folder)

    def _into(self, folder: str) -> Result:
        settings, facts = self.settings, self.facts
        owners = resolve.owners(facts.columns[0])
        lanes = self._lanes(folder, owners)
        written: Written = {}
        names: tuple[str, ...] = ()
        with Staging(folder) as staging:
            try:
                written.update(self._write(lanes, staging))
            except _Circle:
                return self._circle(owners)
            names = staging.commit()
        outputs = [*self.kept, *(cache.Output(f"{folder}/{n}", *written[n]) for n in names)]
        if settings.cache is not None and (facts.read or not facts.complete or not BUILT_IN.issuperset(names)):
            self._save(outputs)
        return self._result(owners, folder, names, ())

    def _circle(self, owners: dict[bytes, int]) -> Result:
        from lab.symbols.depmod import cycles

        names = [found.name for found in self.modules]
        left = order.circular(self.needs)
        where = {module: i for i, module in enumerate(left)}
        circles = cycles.find_cycles(
            [names[i] for i in left], [[where[m] for m in self.needs[i] if m in where] for i in left]
        )
        told = tuple(tuple(names[left[i]] for i in circle) for circle in circles)
        return self._result(owners, self.source, (), told)

    def _result(
        self, owners: dict[bytes, int], folder: str, names: tuple[str, ...], circles: tuple[tuple[str, ...], ...]
    ) -> Result:
        return Result(
            version=self.settings.version,
            folder=folder,
            modules=len(self.modules),
            symbols=len(owners),
            aliases=sum(column.count(b"\0") for column in self.facts.columns[2]),
            files=names,
            kept=tuple(os.path.basename(output.path) for output in self.kept),
            read=self.facts.read,
            cached=len(self.modules) - self.facts.read,
            note=self.note,
            warnings=tuple(map(printable, self.warnings)),
            cycles=circles,
        )

    def _lanes(self, folder: str, owners: dict[bytes, int]) -> list[list[Maker]]:
        """What is to be made, in two lanes of about equal length; what a cache proves to be right is not.

        Who needs whom is found out in the first lane, this process's, which says so with `_Circle`.
        """
        names, forward, columns, compat = self.names, self.forward, self.facts.columns, self.settings.compat
        weak = {"modules.weakdep": weakdep.text} if forward else {}

        def small(warn: list[str]) -> Files:
            files = {"modules.softdep": softdep.text(names, columns[3])}
            files |= {name: text(names, columns[4]) for name, text in weak.items()}
            files["modules.devname"] = devname.text(names, columns[2], warn.append)
            return files

        def dependencies(_: list[str]) -> Files:
            self.needs = self.facts.needs(owners)
            if unchanged:
                return {}
            ranks = order.ranks(self.needs)
            if ranks is None:
                raise _Circle
            return dep.files(self.paths, names, order.closures(self.needs, ranks), forward)

        def built_in(warn: list[str]) -> Files:
            listed = self._optional("modules.builtin", warn)
            info = self._optional("modules.builtin.modinfo", warn)
            return {
                "modules.builtin.bin": builtin.name_index(listed, forward, warn.append, compat),
                "modules.builtin.alias.bin": builtin.alias_index(info, forward, warn.append),
            }

        groups: list[tuple[tuple[int, ...], tuple[str, ...], int, Maker]] = [
            # fields they are made of, files, how long they take, how
            ((2,), ("modules.alias", "modules.alias.bin"), 6,
             lambda warn: alias.files(names, columns[2], forward, warn.append)),
            ((0,), ("modules.symbols", "modules.symbols.bin"), 5,
             lambda warn: symbols.files(names, owners, forward, warn.append)),
            ((2, 3, 4), ("modules.softdep", *weak, "modules.devname"), 1, small),
            ((), (), 1, built_in),
        ]  # fmt: skip
        mine, other = _Lane(), _Lane()
        unchanged = self._kept((0, 1), ("modules.dep", "modules.dep.bin"), folder)
        mine.add(1 if unchanged else 4, dependencies)
        for fields, files, weight, make in groups:
            if not self._kept(fields, files, folder):
                min(other, mine, key=lambda lane: lane.weight).add(weight, make)
        if self.processes < 2 or min(mine.weight, other.weight) < 2:
            return [[*mine.makers, *other.makers]]
        return [mine.makers, other.makers]

    def _kept(self, fields: tuple[int, ...], files: tuple[str, ...], folder: str) -> bool:
        """Whether `files`, made of `fields`, are there and right already; they are noted then."""
        kept = self.facts.kept(fields, files, folder)
        self.kept += kept
        return bool(kept)

    def _write(self, lanes: list[list[Maker]], staging: Staging) -> Written:
        def lane(makers: list[Maker]) -> tuple[Written, list[str]]:
            warnings: list[str] = []
            written: Written = {}
            for make in makers:
                files = make(warnings)
                staging.put(files)
                written |= {name: (len(data), zlib.crc32(data)) for name, data in files.items()}
            return written, warnings

        if len(lanes) > 1:
            with Beside(lambda: lane(lanes[1])) as other:
                answers = [lane(lanes[0]), other.answer()]
        else:
            answers = [lane(lanes[0])]
        result: Written = {}
        for written, warnings in answers:
            result |= written
            self.warnings += warnings
        return result

    def _optional(self, name: str, warn: list[str]) -> bytes | None:
        """A file of the modules folder that need not be there; links are followed as `chroot` would."""
        path = resolve_inside(self.root, f"{self.source[len(self.root.rstrip('/')) :]}/{name}")
        if path is None:
            warn.append(f"could not open {name} at {self.source}: No such file or directory")
            return None
        try:
            return read_bytes(path, LIMIT)
        except LabError as error:
            warn.append(f"could not open {name} at {self.source}: {error}")
            return None

    def _save(self, outputs: Sequence[cache.Output]) -> None:
        settings = self.settings
        assert settings.cache is not None
        try:
            tree = cache.Tree(self.modules, self.paths, self.facts.columns, self.needs)
            cache.save(settings.cache, settings.compat, self.forward, self.time, tree, outputs)
        except LabError as error:
            self.note = f"{self.note}; {error}" if self.note else str(error)


def _processes(asked: int) -> int:
    if asked or not hasattr(os, "fork"):
        return asked or 1
    from lab.core.cores import allowed_cores

    return min(2, allowed_cores())
