"""What a record that was not ended cleanly tells of the server's end."""

from __future__ import annotations

from typing import NamedTuple

from ...core.ports import Message
from ..deaths.telling import entry
from ..deaths.wording import Facts, size
from ..models import Cause, Confidence, Death
from .record import KernelNote, Record

_CLOSE = 0.9
#: So far may memory have grown since the record was written, in seconds.
_AHEAD_SECONDS = 1.5


class Verdict(NamedTuple):
    """Why the server ended. ``evidence`` as in `models.Death`."""

    cause: Cause
    confidence: Confidence
    evidence: dict[str, str]


def judge(record: Record, *, boot: str, host: str, oom_kills: int | None) -> Verdict:
    """What it was.

    Parameters
    ----------
    boot, host:
        Of now.
    oom_kills:
        The counter of now, if it is that of the same group; else None.
    """
    share = record.used / record.limit if record.limit else 0.0
    ahead = (record.used + record.growth * _AHEAD_SECONDS) / record.limit if record.limit else 0.0
    evidence = {"last_record": record.time}
    if record.limit:
        evidence["memory"] = f"{size(record.used)} / {size(record.limit)} ({share:.0%})"
    if record.growth > 0:
        evidence["growth"] = f"{size(int(record.growth))}/s"
    evidence["machine"] = (
        "the same" if boot == record.boot and host == record.host else "another, or it was started again"
    )
    if oom_kills is not None and boot == record.boot and host == record.host and oom_kills > record.oom_kills:
        evidence["oom_kill"] = f"{record.oom_kills} -> {oom_kills}"
        return Verdict("container_out_of_memory", "certain", evidence)
    if record.container and max(share, ahead) >= _CLOSE:
        return Verdict("container_out_of_memory", "likely", evidence)
    return Verdict("server_lost", "likely" if boot != record.boot else "unknown", evidence)


def deaths(record: Record, verdict: Verdict) -> list[Death]:
    """An entry for each kernel that ended with the server."""
    return [_death(record, verdict, kernel) for kernel in record.kernels]


def _death(record: Record, verdict: Verdict, kernel: KernelNote) -> Death:
    facts = Facts(
        verdict.cause,
        verdict.confidence,
        kernel.path.rpartition("/")[2] or kernel.name,
        bool(kernel.path),
        peak=kernel.memory or None,
        used=record.used,
        limit=record.limit,
        container=record.container,
    )
    evidence = dict(verdict.evidence)
    if kernel.memory:
        evidence["kernel_memory"] = size(kernel.memory)
    return entry(facts, kernel_id=kernel.id, kernel_name=kernel.name, path=kernel.path, evidence=evidence)


_TITLES: dict[str, tuple[str, str]] = {
    "container_out_of_memory": (
        "The server was restarted: the container ran out of memory",
        "Сервер перезапущен: контейнеру не хватило памяти",
    ),
    "server_lost": (
        "The server was restarted after it had ended unexpectedly",
        "Сервер перезапущен после неожиданного завершения",
    ),
}
_BODIES: dict[tuple[str, str], tuple[str, str]] = {
    ("container_out_of_memory", "certain"): (
        "The system ended it because memory was full ({used} of {limit}).",
        "Система завершила его, потому что закончилась память ({used} из {limit}).",
    ),
    ("container_out_of_memory", "likely"): (
        "Most likely memory was full: {used} of {limit} were in use just before.",
        "Вероятнее всего, закончилась память: незадолго до этого было занято {used} из {limit}.",
    ),
    ("server_lost", "likely"): (
        "The machine was started again, or the server was moved to another one.",
        "Машина была перезапущена, или сервер перенесён на другую.",
    ),
    ("server_lost", "unknown"): (
        "It was killed, or its container was taken away. Memory was not full: {used} of {limit} were in use.",
        "Его принудительно завершили, или исчез его контейнер. Память не заканчивалась: было занято {used} из {limit}.",
    ),
}
_ADVICE: dict[str, tuple[str, str]] = {
    "container_out_of_memory": (
        "Use smaller batches or fewer kernels, or take an instance with more memory.",
        "Уменьшите пакет или число ядер либо возьмите инстанс с большей памятью.",
    ),
    "server_lost": ("If it happens again, tell the administrator.", "Если это повторится, сообщите администратору."),
}


def message(record: Record, verdict: Verdict) -> Message:
    """The one notification. It names the documents whose kernels are gone."""
    texts = []
    names = [kernel.path.rpartition("/")[2] or kernel.name for kernel in record.kernels]
    listed = ", ".join(names[:8]) + (", …" if len(names) > 8 else "")
    for language, gone in enumerate(("Variables of these kernels are gone: ", "Потеряны переменные ядер: ")):
        body = _BODIES[verdict.cause, verdict.confidence][language].format(
            used=size(record.used), limit=size(record.limit)
        )
        lines = [body, f"{gone}{listed}." if names else "", _ADVICE[verdict.cause][language]]
        texts.append((_TITLES[verdict.cause][language], "\n".join(line for line in lines if line)[:4_000]))
    return Message(
        title=texts[0][0],
        body=texts[0][1],
        severity="error" if names else "warning",
        category="kernel",
        texts={"ru": texts[1]},
        dedupe_key="server-lost",
    )
