"""The tree kept up to date from the kernel's own events, and its names set as altnames. Needs Linux."""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from lab.core.errors import LabError
from lab.naming.nodes.altname import Alias

__all__ = ["changes", "namespace", "remove_aliases", "set_aliases"]

LINK_GROUP = 1  # RTMGRP_LINK (include/uapi/linux/rtnetlink.h): added, removed, renamed, moved to another namespace
TOGETHER = 0.02  # seconds in which events are taken as one


def namespace() -> str:
    """The network namespace of this process, as the kernel writes it: "net:[4026531840]"."""
    try:
        return os.readlink("/proc/self/ns/net")
    except OSError:  # no /proc here
        return "unknown"


def changes(seconds: float | None = None, clock: Callable[[], float] = time.monotonic) -> Iterator[None]:
    """Yield at once, and then whenever an interface of this namespace has appeared, gone or changed.

    Ends after `seconds`, or never. Events that come close together are one; those that are lost because the
    kernel's queue was full count as one as well. Raises `LabError` where netlink is not to be had.
    """
    end = None if seconds is None else clock() + seconds
    try:
        events = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE)
    except (OSError, AttributeError):
        raise LabError("--watch: netlink is not to be had here; without --watch the tree is made once") from None
    with events:
        events.bind((0, LINK_GROUP))  # before the first look, so that nothing falls between
        events.setblocking(False)
        yield
        while True:
            left = None if end is None else max(end - clock(), 0.0)
            if select.select([events], [], [], left)[0]:
                time.sleep(TOGETHER)
                _drain(events)
                yield
            if end is not None and clock() >= end:
                return


def _drain(events: socket.socket) -> None:
    while True:
        try:
            events.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.ENOBUFS:  # events were lost: the next look sees all the same
                raise


def set_aliases(wanted: Iterable[Alias]) -> tuple[Alias, ...]:
    """Give the interfaces of this namespace the altnames that are "new"; all of them, or none.

    Returns those that were set. Raises `LabError` if the kernel refuses one (it needs Linux 5.5 and the superuser);
    what had been set until then is taken back.
    """
    return _change([a for a in wanted if a.state == "new"], "property_add", "property_del")


def remove_aliases(wanted: Iterable[Alias]) -> tuple[Alias, ...]:
    """Take away the altnames that are "there"; all of them, or none. Raises `LabError` as `set_aliases` does."""
    return _change([a for a in wanted if a.state == "there"], "property_del", "property_add")


def _change(aliases: list[Alias], command: str, back: str) -> tuple[Alias, ...]:
    try:
        from pyroute2 import NetlinkError
    except ImportError:
        raise LabError("--apply: pyroute2 is not here, so the kernel cannot be asked") from None
    try:
        # pyroute2 runs an event loop of its own, which cannot be where one runs already: in a notebook's cell
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_change_all, aliases, command, back).result()
    except NetlinkError as error:
        hint = "; that needs the superuser (CAP_NET_ADMIN)" if error.code == errno.EPERM else ""
        hint = hint or ("; altnames need Linux 5.5" if error.code == errno.EOPNOTSUPP else "")
        raise LabError(
            f"--apply: the kernel refuses it ({os.strerror(error.code)}){hint}; nothing is changed"
        ) from None
    except OSError as error:
        raise LabError(f"--apply: netlink cannot be asked ({error.strerror or error}); nothing is changed") from None
    return tuple(aliases)


def _change_all(aliases: list[Alias], command: str, back: str) -> None:
    from pyroute2 import IPRoute, NetlinkError

    with IPRoute() as route:
        done: list[Alias] = []
        try:
            for alias in aliases:
                route.link(command, index=alias.interface.ifindex, altname=alias.name)
                done.append(alias)
        except BaseException:
            for alias in reversed(done):
                with contextlib.suppress(NetlinkError):  # the first error is the one to tell
                    route.link(back, index=alias.interface.ifindex, altname=alias.name)
            raise
