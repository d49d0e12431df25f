"""Run one notebook as one of thirty people on a Hub would, and say as JSON what it took.

Started by test_one_core.py in an environment of its own: `python run_alone.py NOTEBOOK`. Before the first
cell runs, Linux is told to refuse netlink sockets to the thread that runs the cells and to all it starts, as
some sandboxes do: a seccomp filter, nothing pretended. (Not earlier: Jupyter's own sockets ask netlink, in libzmq.)
"""

import asyncio
import ctypes
import errno
import inspect
import json
import os
import platform
import socket
import struct
import sys
import time
from typing import Any

ALLOW, ERRNO = 0x7FFF0000, 0x00050000  # seccomp(2)
LOAD, EQUAL, RETURN = 0x20, 0x15, 0x06  # classic BPF: ld abs, jeq, ret
SOCKET = {"x86_64": (0xC000003E, 41), "aarch64": (0xC00000B7, 198)}  # audit architecture, number of socket(2)


class Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = [("len", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def refuse_netlink() -> None:
    """From now on socket(AF_NETLINK, ...) fails with EAFNOSUPPORT in this thread and in all it starts."""
    architecture, number = SOCKET[platform.machine()]
    steps = [
        (LOAD, 0, 0, 4), (EQUAL, 0, 5, architecture),
        (LOAD, 0, 0, 0), (EQUAL, 0, 3, number),
        (LOAD, 0, 0, 16), (EQUAL, 0, 1, int(socket.AF_NETLINK)),
        (RETURN, 0, 0, ERRNO | errno.EAFNOSUPPORT), (RETURN, 0, 0, ALLOW),
    ]  # fmt: skip
    code = b"".join(struct.pack("=HBBI", *step) for step in steps)
    program = Program(len(steps), code)
    libc = ctypes.CDLL(None, use_errno=True)
    for words in ((38, 1, 0, 0, 0), (22, 2, ctypes.byref(program), 0, 0)):  # PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP
        if libc.prctl(*words):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), "prctl")
    check_refused()


def check_refused() -> None:
    """Raise unless netlink is refused here."""
    try:
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close()
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT:
            return
        raise
    raise AssertionError("netlink is still there")


def cpu_seconds(pid: int) -> float:
    """What the process has used so far, user and system."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> int:
    """The most memory the process ever had, in bytes."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM"))


def run(path: str) -> dict[str, Any]:
    """Run All, then an idle second; first as the kernel's own words on where it runs."""
    import nbformat
    from nbclient import NotebookClient

    book = nbformat.read(path, as_version=4)
    client = NotebookClient(book, timeout=60, allow_errors=True)
    with client.setup_kernel():
        (pid,) = [int(c) for c in os.listdir("/proc") if c.isdigit() and _is_child_kernel(int(c))]
        _quietly(client, "refuse_netlink")
        used = [cpu_seconds(pid)]  # processor time: on one quiet core it is the time a reader waits
        for index, cell in enumerate(book.cells):
            client.execute_cell(cell, index)
            used.append(cpu_seconds(pid))
        _quietly(client, "check_refused")
        time.sleep(1)
        before = cpu_seconds(pid)
        time.sleep(1)
        idle = cpu_seconds(pid) - before
        peak = peak_memory(pid)
        affinity = sorted(os.sched_getaffinity(pid))
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    pictures = [i for i, cell in enumerate(book.cells) if cell in code and _has_picture(cell)]
    return {
        "run_all": used[-1] - used[0],
        "first_picture": used[pictures[0] + 1] - used[pictures[0]] if pictures else None,
        "peak": peak,
        "idle": idle,
        "affinity": affinity,
        "user": os.geteuid(),
        "errors": [f"{o.ename}: {o.evalue}" for cell in code for o in cell.outputs if o.output_type == "error"],
        "outputs": [[_stable(o) for o in cell.outputs] for cell in code],
    }


def _quietly(client: Any, function: str) -> None:
    """Call a function of this file in the kernel; what the notebook counts and names stays as it was."""
    folder = os.path.dirname(os.path.abspath(__file__))
    code = f"__import__('sys').path.insert(0, {folder!r})\n__import__('run_alone').{function}()"
    reply = client.kc.execute_interactive(code, silent=True, store_history=False, timeout=20)
    if inspect.isawaitable(reply):
        reply = asyncio.get_event_loop().run_until_complete(reply)
    if reply["content"]["status"] != "ok":
        raise AssertionError(reply["content"])


def _has_picture(cell: Any) -> bool:
    return any("image/svg+xml" in output.get("data", {}) for output in cell.outputs)


def _stable(output: Any) -> Any:
    data = {k: v for k, v in output.get("data", {}).items() if "widget" not in k}
    return [output.output_type, output.get("text", ""), data]


def _is_child_kernel(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            parent = int(stat.read().rpartition(")")[2].split()[1])
        with open(f"/proc/{pid}/cmdline", "rb") as line:
            return parent == os.getpid() and b"ipykernel_launcher" in line.read()
    except OSError:
        return False


if __name__ == "__main__":
    print(json.dumps(run(sys.argv[1])))
