"""JupyterLab in a real, headless Chromium: one server, one page at a time, everything that goes wrong kept.

The server stands under a base URL as on a Hub, has private folders, and ends with the tests. A page
reaches 127.0.0.1 only: any other request is refused and written down.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Locator, Page, Route, WebSocket

ROOT = Path(__file__).resolve().parents[2]
BASE_URL = "/hub/user/x/"
FLAGS = [
    "--no-sandbox",  # needed as root
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
    "--disable-gpu",
    "--disable-background-networking",  # no calls home
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--no-first-run",
    "--force-color-profile=srgb",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"
SCROLLER = f"{NOTEBOOK} .jp-WindowedPanel-outer"
# How JupyterLab is spoken to in the page; `w` is the notebook in front.
WIDGET = "const w = window.jupyterapp.shell.currentWidget;"
HANDLE = ":is(.noUi-handle, input[type=range])"  # what the keyboard moves in a slider


def chromium_path() -> str:
    """Debian's Chromium, or what CHROMIUM names."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"


def missing() -> str:
    """Why there can be no browser test on this machine, "" if there can."""
    if importlib.util.find_spec("playwright") is None:
        return "playwright is not installed; make test installs it"
    if not os.access(chromium_path(), os.X_OK):
        return f"no browser at {chromium_path()}; apt-get install chromium, or set CHROMIUM to one"
    return ""


class Server(NamedTuple):
    """A running JupyterLab: `folder` is what it serves."""

    origin: str
    token: str
    folder: Path

    def url(self, notebook: str) -> str:
        """The address of a notebook, with an empty workspace."""
        return f"{self.origin}{BASE_URL}lab/tree/{notebook}?reset&token={self.token}"


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_server(notebooks: Path) -> Iterator[Server]:
    """JupyterLab over a copy of `notebooks`, with the settings `make lab` uses and nobody's own configuration."""
    with tempfile.TemporaryDirectory(prefix="lab-browser-", ignore_cleanup_errors=True) as name:
        private = Path(name)
        folder = private / "notebooks"
        shutil.copytree(notebooks, folder, ignore=shutil.ignore_patterns(".ipynb_checkpoints"))
        environment = {**os.environ, "JUPYTER_PATH": str(ROOT), "NO_PROXY": "127.0.0.1"}
        for variable in (
            "HOME", "XDG_CACHE_HOME", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR",
            "JUPYTERLAB_SETTINGS_DIR", "JUPYTERLAB_WORKSPACES_DIR",
        ):  # fmt: skip
            (private / variable).mkdir()
            environment[variable] = str(private / variable)
        port, token = free_port(), secrets.token_hex(16)
        command = [
            sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}",
            "--ServerApp.port_retries=0", f"--ServerApp.base_url={BASE_URL}", f"--IdentityProvider.token={token}",
            f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True",
            f"--LabApp.app_settings_dir={ROOT / 'settings'}", "--LabApp.news_url=None",
            "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate", "--LabApp.extension_manager=readonly",
        ]  # fmt: skip
        if tether := shutil.which("setpriv"):  # so that a run which is killed leaves no server behind
            command = [tether, "--pdeathsig", "TERM", *command]
        log = private / "server.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                command, env=environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True
            )
            try:
                server = Server(f"http://127.0.0.1:{port}", token, folder)
                _wait(server, process, log)
                yield server
            finally:
                _end(process)


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        if process.poll() is not None:
            raise RuntimeError(f"JupyterLab ended at once:\n{log.read_text('utf-8')[-3000:]}")
        try:
            with urllib.request.urlopen(f"{server.origin}{BASE_URL}api?token={server.token}", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ask the server and whatever shares its process group to end; insist after 15 s."""
    for wish in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, wish)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(15)
            return


@contextlib.contextmanager
def running_browser() -> Iterator[Browser]:
    """A headless Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=FLAGS)
        yield browser
        browser.close()


class Book:
    """A notebook in front of a reader: what can be done with it by hand, and what went wrong meanwhile."""

    def __init__(self, browser: Browser, server: Server, width: int = 1280, height: int = 720) -> None:
        self.server = server
        self.outside: list[str] = []  # requests to other hosts
        self.console: list[str] = []  # errors in the console
        self._context = browser.new_context(
            viewport={"width": width, "height": height}, locale="en-US", timezone_id="UTC", reduced_motion="reduce"
        )
        self._context.route("**/*", self._admit)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))
        self.page.on("websocket", self._watch)

    def _note(self, url: str) -> bool:
        inside = url.split("://")[-1].startswith("127.0.0.1:") or url.startswith(("data:", "blob:"))
        if not inside:
            self.outside.append(url)
        return inside

    def _listen(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.console.append(message.text)

    def _watch(self, socket: WebSocket) -> None:
        self._note(socket.url)

    def _admit(self, route: Route) -> None:
        if self._note(route.request.url):
            route.continue_()
        else:
            route.abort()

    def close(self) -> None:
        """End the notebook's kernel and the page."""
        with contextlib.suppress(Exception):  # the page may show no notebook, or none any more
            self.page.evaluate(f"async () => {{ {WIDGET} await w.context.sessionContext.shutdown(); }}")
        self._context.close()

    # -- the notebook -------------------------------------------------------------------------------

    def open(self, notebook: str) -> None:
        """Show a notebook of the server's folder and wait for its kernel."""
        self.page.goto(self.server.url(notebook), wait_until="domcontentloaded", timeout=120_000)
        self.page.wait_for_function(f"window.jupyterapp && document.querySelector('{NOTEBOOK}')", timeout=90_000)
        self.page.evaluate("async () => { await window.jupyterapp.restored; }")
        self.page.wait_for_function(
            f"() => {{ {WIDGET} const kernel = w?.context?.sessionContext?.session?.kernel;"
            " return kernel?.connectionStatus === 'connected'; }",
            timeout=90_000,
        )

    def run_all(self, timeout: float = 120) -> None:
        """Run every cell and wait until the kernel is idle again."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        self.page.wait_for_function(
            f"() => {{ {WIDGET} const cells = [...w.content.model.cells].filter(c => c.type === 'code' &&"
            " c.sharedModel.source.trim()); return w.context.sessionContext.session.kernel.status === 'idle' &&"
            " cells.every(c => c.executionCount !== null || c.outputs.toJSON().some(o => o.output_type === 'error'))"
            " || cells.some(c => c.outputs.toJSON().some(o => o.output_type === 'error')); }",
            timeout=timeout * 1000,
        )

    def cell_errors(self) -> list[str]:
        """Errors and everything on stderr among the outputs, widgets that could not be shown included."""
        found: list[str] = self.page.evaluate(
            f"() => {{ {WIDGET} return [...w.content.model.cells].filter(c => c.type === 'code')"
            ".flatMap(c => c.outputs.toJSON()).flatMap(o => o.output_type === 'error' ? [`${o.ename}: ${o.evalue}`] :"
            " o.output_type === 'stream' && o.name === 'stderr' ? [[o.text].flat().join('')] : []); }"
        )
        return found + self.page.locator(".jupyter-widgets-error-widget").all_text_contents()

    def cells(self) -> int:
        """How many cells the notebook has."""
        return int(self.page.evaluate(f"() => {{ {WIDGET} return w.content.model.cells.length; }}"))

    def command(self, name: str, **arguments: Any) -> None:
        """Run one of JupyterLab's commands and wait for its end."""
        self.page.evaluate(
            "async ([name, options]) => { await window.jupyterapp.commands.execute(name, options); }", [name, arguments]
        )

    def set_theme(self, name: str) -> None:
        """Switch to "JupyterLab Dark" or "JupyterLab Light"."""
        self.command("apputils:change-theme", theme=name)
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)

    # -- what stands in it --------------------------------------------------------------------------

    def find(self, css: str) -> Locator:
        """The first element that can be seen, scrolled into view; cells far out of sight are not in the page."""
        found = self.page.locator(f"{NOTEBOOK} {css}").locator("visible=true").first
        for index in range(self.cells()):
            if found.count():
                break
            self.scroll_to(index)
            with contextlib.suppress(Exception):  # not below this cell: the next one
                found.wait_for(timeout=1000)
        found.wait_for(timeout=20_000)
        found.scroll_into_view_if_needed()
        return found

    def scroll_to(self, cell: int) -> None:
        """Bring a cell to the top."""
        self.page.evaluate(f"async i => {{ {WIDGET} await w.content.scrollToItem(i, 'start'); }}", cell)

    def digest(self, css: str) -> str:
        """What an element looks like, as a hash, once it looks the same twice within 0.3 s."""
        element, last, deadline = self.find(css), "", time.monotonic() + 20
        while time.monotonic() < deadline:
            now = hashlib.sha256(element.screenshot(animations="disabled")).hexdigest()
            if now == last:
                return now
            last = now
            time.sleep(0.3)
        raise TimeoutError(f"{css} never comes to rest")

    def move_slider(self, css: str, presses: int = 3) -> tuple[str, str]:
        """Move the slider in `css` by keyboard alone (to the left if at its right end); its value before and after."""
        handle = self.find(f"{css} {HANDLE}")

        def value() -> str:
            return handle.get_attribute("aria-valuetext") or handle.get_attribute("aria-valuenow") or ""

        before = value()
        handle.focus()
        for key in ("ArrowRight", "ArrowLeft"):
            for _ in range(presses):
                self.page.keyboard.press(key)
            deadline = time.monotonic() + 2
            while value() == before and time.monotonic() < deadline:
                time.sleep(0.1)
            if value() != before:
                break
        return before, value()

    def table(self, css: str = ".lab-table") -> list[dict[str, str]]:
        """The rows of a table, by heading."""
        rows: list[dict[str, str]] = self.find(f"{css} table").evaluate(
            "t => { const texts = r => [...r.cells].map(c => c.textContent), heads = texts(t.tHead.rows[0]);"
            " const row = r => Object.fromEntries(texts(r).map((text, i) => [heads[i], text]));"
            " return [...t.tBodies[0].rows].map(row); }"
        )
        return rows

    def wheel(self, css: str, by: int = 200) -> int:
        """Turn the wheel over an element; how far the page went, in px."""
        element = self.find(css)
        element.hover()
        place = f"document.querySelector('{SCROLLER}').scrollTop"
        before = self.page.evaluate(place)
        way = -by if before >= by else by  # up if there is room, for the notebook may end here
        self.page.mouse.wheel(0, way)
        with contextlib.suppress(Exception):  # it stays where it is: the caller's answer
            self.page.wait_for_function(f"before => {place} !== before", arg=before, timeout=3000)
        return abs(int(self.page.evaluate(place)) - int(before))

    def type_in(self, css: str, *keys: str) -> None:
        """Click an element, then press keys one by one."""
        self.find(css).click()
        for key in keys:
            self.page.keyboard.press(key)

    def shot(self, path: Path, css: str = "") -> None:
        """A picture of the page, or of one element."""
        if css:
            self.find(css).screenshot(path=str(path))
        else:
            self.page.screenshot(path=str(path))


def write_notebook(path: Path, *cells: str) -> None:
    """A notebook of code cells in the kernel of the house; a cell that begins with `# ` alone on a line is prose."""
    made: list[dict[str, Any]] = [
        {"cell_type": "code", "id": f"c{i}", "metadata": {}, "source": text, "outputs": [], "execution_count": None}
        if not text.startswith("# ")
        else {"cell_type": "markdown", "id": f"c{i}", "metadata": {}, "source": text}
        for i, text in enumerate(cells)
    ]
    kernel = {"name": "kernel-lab", "display_name": "Kernel Lab", "language": "python"}
    notebook = {"cells": made, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), "utf-8")
