"""From what is known of a death to the entry that pages see, and the notification."""

from __future__ import annotations

import os
import uuid
from datetime import datetime, timezone

from ...core.ports import Message
from ..cgroup import MemoryUse
from ..models import Cause, Confidence, Death
from .oom import Kills
from .statuses import Status
from .wording import Facts, explain, size

#: From this share of the limit on, a kill that no counter tells may have been for memory.
_CLOSE = 0.9
#: One that never held this share of the limit is no victim that such a program would choose.
_LARGE = 0.1
_TITLE, _BODY = 120, 4_000


def judge(
    status: Status, kills: Kills | None, used: int, peak: int, use: MemoryUse, *, counted: bool
) -> tuple[Cause, Confidence]:
    """Why it died.

    Parameters
    ----------
    kills:
        That of the counter which is this one's.
    used:
        The most memory in use in the last seconds.
    peak:
        The most that the kernel itself had; 0 where that is not known.
    counted:
        Whether the system counts such kills for this group at all.
    """
    if not status.sigkill:
        return status.cause, status.confidence
    if kills is not None:
        return "out_of_memory", "certain" if status.code == -9 else "likely"
    if used >= _CLOSE * use.limit and (peak == 0 or peak >= _LARGE * use.limit):
        # perhaps a program that watches over memory
        return "out_of_memory", "likely"
    return "killed", "certain" if counted and status.code == -9 else "likely"


def entry(
    facts: Facts,
    *,
    kernel_id: str,
    kernel_name: str,
    path: str,
    evidence: dict[str, str],
    identifier: str = "",
) -> Death:
    """The entry; its number is given by the store."""
    texts = explain(facts)
    english = texts.pop("en")
    return Death(
        id=identifier or uuid.uuid4().hex,
        seq=0,
        time=datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        kernel_id=kernel_id,
        kernel_name=kernel_name,
        path=path,
        cause=facts.cause,
        confidence=facts.confidence,
        exit_code=facts.code,
        signal=facts.signal,
        restarted=facts.restarted,
        evidence=evidence,
        title=english.title,
        body=english.body,
        advice=english.advice,
        texts=texts,
    )


def evidence_of(
    status: Status, kills: Kills | None, count: int, facts: Facts, *, lived: float, shared: float | None
) -> dict[str, str]:
    """What a person would look at, in that order."""
    found = {}
    if status.code is not None:
        found["exit_code"] = str(status.code)
    if status.signal:
        found["signal"] = status.signal
    found["oom_kill"] = f"{kills.before} -> {kills.after}" if kills is not None else f"{count} -> {count}"
    if facts.peak:
        found["kernel_memory_peak"] = size(facts.peak)
    if facts.used is not None and facts.limit:
        found["memory"] = f"{size(facts.used)} / {size(facts.limit)} ({facts.used / facts.limit:.0%})"
    if status.cause == "bus_error" and shared is not None:
        found["dev_shm"] = f"{shared:.0%}"
    found["ran_for"] = f"{lived:.0f} s" if lived < 600 else f"{lived / 60:.0f} min"
    return found


def shared_memory_use() -> float | None:
    """The share of /dev/shm that is used."""
    try:
        shared = os.statvfs("/dev/shm")  # noqa: S108 - that is where it is
    except (OSError, AttributeError):
        return None
    return 1 - shared.f_bavail / shared.f_blocks if shared.f_blocks else None


def message(death: Death, key: str = "", awaited: dict[str, str] | None = None) -> Message:
    """What the user is told; one of a kernel replaces the one before. ``awaited`` is a sentence about the cell that
    somebody waited for."""
    russian = death.texts["ru"]
    english_lines = [death.body, (awaited or {}).get("en", ""), death.advice]
    russian_lines = [russian.body, (awaited or {}).get("ru", ""), russian.advice]
    return Message(
        title=death.title[:_TITLE],
        body="\n".join(filter(None, english_lines))[:_BODY],
        severity="warning" if death.confidence == "unknown" and death.cause == "gateway_lost" else "error",
        category="kernel",
        texts={"ru": (russian.title[:_TITLE], "\n".join(filter(None, russian_lines))[:_BODY])},
        action="open" if death.path else None,
        path=death.path or None,
        dedupe_key=key or f"kernel-death-{death.kernel_id}",
    )
