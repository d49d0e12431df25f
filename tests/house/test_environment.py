"""Ranges in pyproject.toml, pins in constraints.txt, conda's environment.yml, and what is installed: all agree."""

import importlib.metadata
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
REQUIREMENTS = [
    Requirement(line)
    for line in [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["test"],
        *PROJECT["build-system"]["requires"],
    ]
]


def pins() -> dict[str, str]:
    """Name to version, from constraints.txt."""
    lines = [line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")]
    return dict(line.split("==") for line in lines)


def needed(requirement: Requirement, python: str, seen: set[tuple[str, str]]) -> Iterator[str]:
    """Names of everything that a Python of version `python` gets because of `requirement`."""
    name = canonicalize_name(requirement.name)
    for extra in requirement.extras or {""}:
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        yield name
        try:
            lines = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:  # another Python needs it, this one has it not
            continue
        for inner in map(Requirement, lines):
            where = {"python_version": python, "python_full_version": f"{python}.0"}
            if inner.marker is None or any(inner.marker.evaluate({**where, "extra": e}) for e in ("", extra)):
                yield from needed(inner, python, seen)


def all_needed(*pythons: str) -> set[str]:
    """Names of everything that the lab and its tests need on any of `pythons`."""
    found = set[str]()
    for python in pythons:
        seen = set[tuple[str, str]]()
        found.update(name for requirement in REQUIREMENTS for name in needed(requirement, python, seen))
    return found


HERE = all_needed(f"{sys.version_info.major}.{sys.version_info.minor}")


def test_every_pin_is_a_name_and_one_version() -> None:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    body = [line for line in lines if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.+]*", line) for line in body)
    names = [line.split("==")[0] for line in body]
    assert names == sorted(set(names))


def test_pins_are_what_the_requirements_bring_and_nothing_else() -> None:
    assert all_needed(*PYTHONS) == set(pins())


@pytest.mark.parametrize("name", sorted(HERE))
def test_what_is_installed_is_what_is_pinned(name: str) -> None:
    assert importlib.metadata.version(name) == pins()[name]


@pytest.mark.parametrize("name", sorted(HERE))
def test_every_pin_runs_on_every_python_that_is_promised(name: str) -> None:
    """From 3.11.0, which stable distributions keep for years."""
    promise = SpecifierSet(PROJECT["project"]["requires-python"])
    for python in (f"{short}.0" for short in PYTHONS):
        assert promise.contains(python)
        (asked,) = importlib.metadata.metadata(name).get_all("Requires-Python") or [""]
        assert SpecifierSet(asked).contains(python), f"{name} asks for Python {asked}"


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.name)
def test_every_range_admits_the_pin_and_names_no_version_itself(requirement: Requirement) -> None:
    assert requirement.specifier.contains(pins()[canonicalize_name(requirement.name)])
    assert not any(spec.operator in ("==", "===") for spec in requirement.specifier)


def test_conda_gets_the_same_names_and_the_same_pins() -> None:
    parts = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    conda = [part for part in parts if isinstance(part, str)]
    (pip,) = [part["pip"] for part in parts if isinstance(part, dict)]
    assert [line.split()[0] for line in conda] == ["python", "pip"]
    assert conda[0] == f"python {PROJECT['project']['requires-python']}"
    assert pip[0] == "-c constraints.txt"
    assert pip[-1] == "-e ."
    project = PROJECT["project"]
    wanted = [Requirement(r).name for r in [*project["dependencies"], *project["optional-dependencies"]["test"]]]
    assert pip[1:-1] == wanted


def test_what_the_doctor_asks_for_is_what_the_lab_depends_on() -> None:
    from lab.doctor import LIBRARIES

    assert sorted(LIBRARIES.values()) == sorted(Requirement(r).name for r in PROJECT["project"]["dependencies"])


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt", "environment.yml", "Makefile", ".ci/run"])
def test_nothing_is_fetched_from_a_named_host(name: str) -> None:
    """Where packages come from is the machine's business."""
    text = (ROOT / name).read_text("utf-8")
    assert not re.search(r"https?://|index-url|find-links|trusted-host|pypi", text, re.IGNORECASE)
