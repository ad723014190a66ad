"""The engine in a process of its own, for file systems that may hang: this process can be killed, a thread cannot.

Frames on standard input and output are a little-endian uint32 length and JSON; names are text with surrogate escapes.
The parent sends the plan, then names (``{"names": [...]}``), then ``{"run": true}``; the end of its input, or
``{"cancel": true}``, cancels. The child answers ``{"prepared": ...}``, reports, and how it ended.
"""

from __future__ import annotations

import contextlib
import json
import os
import struct
import threading
from collections.abc import Iterator
from typing import Any

from ....core.access import Place
from ....core.errors import DomainError
from .plan import JobCancelled, JobFailed, Plan, Report
from .run import Engine
from .words import sentence

_PLACES = ("source", "target")
HEADER = struct.Struct("<I")


def to_text(name: bytes) -> str:
    """A name for a frame."""
    return name.decode("utf-8", "surrogateescape")


def to_name(text: str) -> bytes:
    """A name from a frame."""
    return text.encode("utf-8", "surrogateescape")


def frame(message: dict[str, Any]) -> bytes:
    """``message`` as it is sent."""
    body = json.dumps(message).encode("ascii")
    return HEADER.pack(len(body)) + body


def encode_plan(plan: Plan) -> dict[str, Any]:
    """``plan`` for a frame."""
    fields: dict[str, Any] = {}
    for key, value in plan._asdict().items():
        if isinstance(value, Place):
            fields[key] = [to_text(value.root), to_text(value.inside), value.symlinks, value.mounted]
        else:
            fields[key] = to_text(value) if isinstance(value, bytes) else value
    return fields


def decode_plan(fields: dict[str, Any]) -> Plan:
    """The plan in a frame."""
    values = dict(fields)
    for key in ("checkpoint_dir", "new_name"):
        values[key] = None if fields[key] is None else to_name(fields[key])
    for key in _PLACES:
        if fields[key] is not None:
            root, inside, symlinks, mounted = fields[key]
            values[key] = Place(to_name(root), to_name(inside), symlinks, mounted)
    return Plan(**values)


def encode_report(report: Report) -> dict[str, Any]:
    """``report`` for a frame."""
    came = [[to_text(source), to_text(name)] for source, name in report.came]
    return {**report._asdict(), "gone": list(map(to_text, report.gone)), "came": came}


def decode_report(fields: dict[str, Any]) -> Report:
    """The report in a frame."""
    return Report(
        done=fields["done"],
        failed=fields["failed"],
        skipped=fields["skipped"],
        errors=[(name, message) for name, message in fields["errors"]],
        gone=[to_name(name) for name in fields["gone"]],
        came=[(to_name(source), to_name(name)) for source, name in fields["came"]],
        copied=fields["copied"],
        weighed=fields["weighed"],
    )


def _read(size: int) -> bytes:
    data = b""
    while len(data) < size:
        part = os.read(0, size - len(data))
        if not part:
            raise EOFError
        data += part
    return data


def _receive() -> dict[str, Any]:
    message: dict[str, Any] = json.loads(_read(HEADER.unpack(_read(HEADER.size))[0]))
    return message


def _send(message: dict[str, Any]) -> None:
    view = memoryview(frame(message))
    with contextlib.suppress(BrokenPipeError):
        # Without a parent the work is cancelled, and cleans up after itself.
        while view:
            view = view[os.write(1, view) :]


def main() -> None:
    """Carry out one plan."""
    # What a user waits for goes first.
    os.nice(5)
    engine = Engine(decode_plan(_receive()["plan"]))
    try:
        prepared = engine.prepare()
    except DomainError as error:
        _send({"refused": type(error).__name__, "message": error.message})
        return
    _send({"prepared": None if prepared.inside is None else to_text(prepared.inside)})
    batches: list[list[bytes]] = []
    try:
        while "run" not in (message := _receive()):
            if "cancel" in message:
                return
            batches.append([to_name(name) for name in message["names"]])
    except EOFError:
        return
    cancelled = threading.Event()

    def listen() -> None:
        with contextlib.suppress(EOFError):
            _receive()
        cancelled.set()

    threading.Thread(target=listen, daemon=True).start()

    def again() -> Iterator[list[bytes]]:
        return iter(batches)

    try:
        engine.run(again, lambda report: _send({"report": encode_report(report)}), cancelled.is_set)
    except JobCancelled:
        _send({"end": "cancelled", "message": ""})
    except JobFailed as failure:
        _send({"end": "failed", "message": str(failure), "reason": failure.reason, "details": failure.details})
    except OSError as error:
        _send({"end": "failed", "message": sentence(error)})
    else:
        _send({"end": "done", "message": ""})
    finally:
        engine.close()
