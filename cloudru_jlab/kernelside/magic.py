"""The cell magic ``%%notify Title``: say when this cell has ended."""

from __future__ import annotations

import re
import shlex
import time
from typing import Any

from .notify import Job, notify

_FIRST_LINE = re.compile(r"\A\s*%%notify(?P<options>[ \t][^\n]*)?(\n|\Z)")
_USAGE = "%%notify [--longer-than SECONDS] [TITLE]"


def _options(line: str) -> tuple[str, float]:
    """The title and how long a cell must take to be worth a word; raises `ValueError`."""
    words = shlex.split(line)
    longer_than = 0.0
    if words[:1] == ["--longer-than"]:
        longer_than, words = float(words[1]) if len(words) > 1 else float("nan"), words[2:]
    if longer_than != longer_than or (words and words[0].startswith("--")):
        raise ValueError(_USAGE)
    return " ".join(words) or "Cell", longer_than


class NotifyMagic:
    """Watches cells whose first line is ``%%notify``.

    The line is taken off before the cell runs, instead of running the cell from within a magic: the cell then behaves
    as without it, with top-level ``await``, the last expression's value, and one traceback.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._begin = time.monotonic()

    def install(self) -> None:
        """Take part in the shell; a second time changes nothing."""
        transforms = self._shell.input_transformers_cleanup
        if any(getattr(transform, "__name__", "") == _take_off.__name__ for transform in transforms):
            return
        transforms.insert(0, _take_off)
        self._shell.events.register("pre_run_cell", self._before)
        self._shell.events.register("post_run_cell", self._after)
        # for %lsmagic, completion and `%%notify?`
        self._shell.register_magic_function(self._magic, "cell", "notify")

    def _before(self, info: Any = None) -> None:
        self._begin = time.monotonic()

    def _after(self, result: Any) -> None:
        first = _FIRST_LINE.match(getattr(result.info, "raw_cell", None) or "")
        if first is None:
            return
        try:
            title, longer_than = _options(first.group("options") or "")
        except ValueError as error:
            print(f"The cell ran, and nobody is told: {error}")
            return
        job = Job(title, longer_than=longer_than, category="cell")
        job._begin = self._begin
        job.ended(result.error_before_exec or result.error_in_exec)

    def _magic(self, line: str, cell: str) -> None:
        """%%notify [--longer-than SECONDS] [TITLE]: show a notification when this cell has ended.

        It stands in the cell's first line.
        """
        with notify.job(_options(line)[0], category="cell"):
            self._shell.run_cell(cell).raise_error()


def _take_off(lines: list[str]) -> list[str]:
    """The cell without ``%%notify``; an empty line in its place keeps the numbers of the others."""
    text = "".join(lines)
    first = _FIRST_LINE.match(text)
    if first is None or text[first.end() :].strip() == "":
        return lines
    return ["\n" * first.group().count("\n"), *text[first.end() :].splitlines(keepends=True)]


def load(shell: Any) -> None:
    """``%load_ext cloudru_jlab``."""
    NotifyMagic(shell).install()
