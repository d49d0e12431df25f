"""What a .link file may ask of the system as a whole: each answer is given, or None if it is not known."""

from __future__ import annotations

import dataclasses
import re

from lab.naming.link.glob import matches

__all__ = ["CONDITIONS", "UNKNOWN", "Environment", "holds"]

# systemd-detect-virt(1): what is a container; every other word but "none" is a virtual machine
CONTAINERS = frozenset(
    ("systemd-nspawn", "lxc-libvirt", "lxc", "openvz", "docker", "podman", "rkt", "wsl", "proot", "pouch",
     "container-other", "private-users")
)  # fmt: skip
YES = ("1", "yes", "y", "true", "t", "on")
NO = ("0", "no", "n", "false", "f", "off")
CONDITIONS = (
    "Host",
    "Virtualization",
    "KernelCommandLine",
    "KernelVersion",
    "Architecture",
    "Firmware",
    "Credential",
)
_MACHINE_ID = re.compile(r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_COMPARED = re.compile(r"\s*(<=|>=|<>|!=|==|<|>|=)\s*(\S+)")
_DOTTED = re.compile(r"[0-9]+(\.[0-9]+)*")


@dataclasses.dataclass(frozen=True, slots=True)
class Environment:
    """The system that the names are asked for; every None stands for "not known".

    `virtualization`: as systemd-detect-virt prints it, "none" on hardware. `command_line`: the kernel's, in words.
    `firmware`: what it is ("uefi", "device-tree"). `credentials`: names of those that udevd was given.
    """

    hostname: str | None = None
    machine_id: str | None = None
    virtualization: str | None = None
    command_line: tuple[str, ...] | None = None
    kernel_version: str | None = None
    architecture: str | None = None
    firmware: tuple[str, ...] | None = None
    credentials: tuple[str, ...] | None = None

    @property
    def name_policies(self) -> bool:
        """False with net.ifnames=0 on the kernel's command line: then no NamePolicy= is asked, Name= still is."""
        given = [w.partition("=")[2] for w in self.command_line or () if w.startswith("net.ifnames=")]
        return not (given and given[-1].lower() in NO)


UNKNOWN = Environment()


def holds(key: str, value: str, environment: Environment) -> bool | None:
    """Whether condition `key` (of `CONDITIONS`) with `value` is met; a "!" before it negates; None: not known.

    Source: systemd 252, src/shared/condition.c and systemd.unit(5).
    """
    answer = _TESTS[key](value.removeprefix("!").strip(), environment)
    return answer if answer is None or not value.startswith("!") else not answer


def _host(value: str, environment: Environment) -> bool | None:
    if _MACHINE_ID.fullmatch(value.lower()):
        wanted = value.lower().replace("-", "")
        return None if environment.machine_id is None else environment.machine_id.lower().replace("-", "") == wanted
    return None if environment.hostname is None else matches(value, environment.hostname, ignore_case=True)


def _virtualization(value: str, environment: Environment) -> bool | None:
    found = environment.virtualization
    if found is None:
        return None
    if value.lower() in (*YES, *NO):
        return (value.lower() in YES) == (found != "none")
    if value == "container":
        return found in CONTAINERS
    return found not in (*CONTAINERS, "none") if value == "vm" else found != "none" and found == value


def _command_line(value: str, environment: Environment) -> bool | None:
    words = environment.command_line
    if words is None:
        return None
    return any(w == value or ("=" not in value and w.startswith(f"{value}=")) for w in words)


def _kernel_version(value: str, environment: Environment) -> bool | None:
    """Globs, and comparisons with dotted numbers (`>= 6.1`); what else systemd can compare is not known here."""
    found = environment.kernel_version
    if found is None:
        return None
    compared = _COMPARED.match(value)
    if compared is None:
        return all(matches(word, found) for word in value.split())
    rest, answers = value, []
    while rest.strip():
        compared = _COMPARED.match(rest)
        start = _DOTTED.match(found)
        if compared is None or start is None or not _DOTTED.fullmatch(compared[2]):
            return None
        left, right = ([int(n) for n in text.split(".")] for text in (start[0], compared[2]))
        if left[: len(right)] == right and (len(left) > len(right) or start[0] != found):
            left = [*right, 1]  # 6.1.0-13 is newer than 6.1
        answers.append(_ORDER[compared[1]](left, right))
        rest = rest[compared.end() :]
    return all(answers)


_ORDER = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<>": lambda a, b: a != b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
}


def _architecture(value: str, environment: Environment) -> bool | None:
    return None if environment.architecture is None or value == "native" else environment.architecture == value


def _firmware(value: str, environment: Environment) -> bool | None:
    return None if environment.firmware is None or "(" in value else value in environment.firmware


def _credential(value: str, environment: Environment) -> bool | None:
    return None if environment.credentials is None else value in environment.credentials


_TESTS = {
    "Host": _host,
    "Virtualization": _virtualization,
    "KernelCommandLine": _command_line,
    "KernelVersion": _kernel_version,
    "Architecture": _architecture,
    "Firmware": _firmware,
    "Credential": _credential,
}
