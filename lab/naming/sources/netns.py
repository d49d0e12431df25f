"""The machine as another network namespace shows it: a child process enters that namespace and reports back.

The child has a mount namespace of its own with a sysfs that belongs to the network namespace, so nothing of the machine
changes, and this process stays where it is. What it saw comes back as a snapshot.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from lab.core.errors import LabError
from lab.naming.model import Machine
from lab.naming.sources import snapshot

__all__ = ["enter", "machine_in", "place_of"]

NAMED = "/run/netns"  # where `ip netns add` puts them (iproute2)
SECONDS = 60  # after which the child ends, whatever it waits for
# include/uapi/linux/sched.h, include/uapi/linux/mount.h
CLONE_NEWNS, CLONE_NEWNET = 0x00020000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 1 << 14, 1 << 18


def place_of(netns: str) -> str:
    """The file of the namespace: a name (of `ip netns add`), a path, or `pid:N` for that of a process.

    Raises `LabError` if there is none.
    """
    if netns.startswith("pid:"):
        number = netns.removeprefix("pid:")
        if not (number.isascii() and number.isdecimal()):
            raise LabError(f"--netns: {netns!r} names no process; write pid:1234")
        place = f"/proc/{int(number[:20])}/ns/net"
    elif "/" in netns:
        place = netns
    elif netns in ("", ".", ".."):
        raise LabError(f"--netns: {netns!r} is no name of a namespace")
    else:
        place = f"{NAMED}/{netns}"
    try:
        known = os.path.exists(place)
    except ValueError:
        known = False
    if not known:
        raise LabError(f"--netns: there is no {place}; give a name of `ip netns list`, a path or pid:N")
    return place


def machine_in(netns: str, seconds: float = SECONDS) -> Machine:
    """This machine as the network namespace `netns` (see `place_of`) shows it.

    Raises `LabError` without the superuser's rights, for what is no network namespace, and after `seconds`.
    """
    import subprocess

    place = place_of(netns)
    command = [sys.executable, "-P", "-m", "lab.naming.sources.netns", place, f"network namespace {netns}"]
    paths = os.pathsep.join(os.path.abspath(path) for path in sys.path)
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
            env={**os.environ, "PYTHONPATH": paths},
        )
    except subprocess.TimeoutExpired:
        raise LabError(f"--netns: {netns} did not answer within {seconds:g} s; nothing was changed") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "backslashreplace").strip().rpartition("\n")[2]
        raise LabError(said or f"--netns: {netns} cannot be read (the child process ended with {done.returncode})")
    return snapshot.decode(done.stdout, netns)


def enter(place: str) -> None:
    """Move this thread into the network namespace at `place`, with a sysfs of it at /sys that only this process sees.

    For a child process: there is no way back. Raises `LabError` where the kernel refuses.
    """
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(what: str, result: int) -> None:
        if result != 0:
            error = os.strerror(ctypes.get_errno())
            raise LabError(f"--netns: {place}: {what} was refused ({error}){_hint(ctypes.get_errno())}")

    try:
        handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise LabError(f"--netns: {place}: cannot be opened ({error.strerror}){_hint(error.errno)}") from None
    call("entering it", libc.setns(handle, CLONE_NEWNET))
    os.close(handle)
    call("a mount namespace", libc.unshare(CLONE_NEWNS))
    call("a mount namespace", libc.mount(b"none", b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None))
    flags = ctypes.c_ulong(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)
    call("its sysfs", libc.mount(b"sysfs", b"/sys", b"sysfs", flags, None))


def _hint(number: int | None) -> str:
    import errno

    if number in (errno.EPERM, errno.EACCES):
        return "; the superuser may enter it"
    return "; it is no network namespace" if number == errno.EINVAL else ""


def main(arguments: Sequence[str]) -> int:
    """The child: enter the namespace, look at it, write the snapshot. Ends by itself even if nobody waits for it."""
    import signal

    from lab.naming.sources.live import this_machine

    place, name = arguments
    signal.alarm(SECONDS)
    try:
        enter(place)
        print(snapshot.encode(this_machine(name=name, foreign=True)))
    except LabError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
