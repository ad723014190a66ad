"""How the end of an execution is told."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...kernelside.notify import MAX_BODY, MAX_TITLE, clean, duration
from ..models import Action, NewNotification, Severity, Text
from .executions import Ended, Outcome

CATEGORY = "cell"


class _Words(NamedTuple):
    severity: Severity
    english: str
    russian: str


_WORDS: dict[Outcome, _Words] = {
    "finished": _Words("success", "Cell finished", "Ячейка выполнена"),
    "failed": _Words("error", "Cell failed", "Ошибка в ячейке"),
    "interrupted": _Words("warning", "Cell interrupted", "Ячейка прервана"),
    "not_run": _Words("warning", "Cell did not run", "Ячейка не выполнялась"),
    "died": _Words("error", "The kernel died during a cell", "Ядро упало во время выполнения ячейки"),
    "restarted": _Words(
        "warning", "The kernel was restarted during a cell", "Ядро перезапущено во время выполнения ячейки"
    ),
    "shut_down": _Words(
        "warning", "The kernel was shut down during a cell", "Ядро остановлено во время выполнения ячейки"
    ),
    "unknown": _Words("info", "Cell ended", "Выполнение ячейки закончилось"),
}
_WHY: dict[Outcome, tuple[str, str]] = {
    "not_run": ("An earlier cell failed.", "Ошибка в одной из предыдущих ячеек."),
    "unknown": (
        "How it ended is not known: the connection to the remote kernel was lost.",
        "Чем закончилось, неизвестно: соединение с удалённым ядром прерывалось.",
    ),
}
#: Colours and the like of terminals.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


def notification(ended: Ended, *, path: str, label: str) -> NewNotification:
    """What is said of an execution in the document at ``path``."""
    english, russian = _text(ended, path, label, "en"), _text(ended, path, label, "ru")
    return NewNotification(
        title=english.title,
        body=english.body,
        severity=_WORDS[ended.outcome].severity,
        category=CATEGORY,
        texts={"ru": russian},
        action=Action("open", path) if path else None,
        name="kernels",
    )


def awaited(ended: Ended, label: str, more: int) -> dict[str, str]:
    """What a kernel executed when it died, by language. ``more`` is how many others were waited for."""
    name = clean(label, 100)
    english, russian = ("The cell", "Ячейка") if not name else (f"The cell “{name}”", f"Ячейка «{name}»")
    if ended.seconds is None:
        english, russian = f"{english} did not finish", f"{russian} не выполнена до конца"
    else:
        english = f"{english} had been running for {duration(ended.seconds, 'en')}"
        russian = f"{russian} выполнялась {duration(ended.seconds, 'ru')}"
    if more:
        english, russian = f"{english}; not run after it: {more}", f"{russian}; после неё не выполнено: {more}"
    return {"en": f"{english}.", "ru": f"{russian}."}


def _text(ended: Ended, path: str, label: str, language: str) -> Text:
    russian = language == "ru"
    title = _WORDS[ended.outcome].russian if russian else _WORDS[ended.outcome].english
    if ended.outcome == "failed":
        title = f"{title}: {clean(_plain(ended.error), 60) or 'Error'}"
    detail = clean(_plain(ended.detail), 1_000) if ended.outcome == "failed" else ""
    why = _WHY.get(ended.outcome, ("", ""))[russian]
    lines = [clean(label, 200), detail, why, _where_and_when(ended, path, language)]
    return Text(clean(title, MAX_TITLE), clean("\n".join(line for line in lines if line), MAX_BODY))


def _where_and_when(ended: Ended, path: str, language: str) -> str:
    """``notebook.ipynb, after 2 min 5 s``."""
    parts = [clean(path.rpartition("/")[2], 200)]
    if ended.seconds is not None and ended.outcome != "not_run":
        words = ("заняло", "через") if language == "ru" else ("took", "after")
        parts.append(f"{words[ended.outcome != 'finished']} {duration(ended.seconds, language)}")
    line = ", ".join(part for part in parts if part)
    return line if parts[0] else line[:1].upper() + line[1:]


def _plain(text: str) -> str:
    return _ESCAPES.sub("", text[:20_000])
