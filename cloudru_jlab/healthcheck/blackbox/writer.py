"""Writing records on a thread of its own: a disk that hangs holds up nothing but itself."""

from __future__ import annotations

import threading
from contextlib import suppress
from logging import Logger

from .record import Record, RecordFile


class Writer:
    """Writes the newest record; those that it does not get to are left out."""

    def __init__(self, file: RecordFile, log: Logger) -> None:
        self._file = file
        self._log = log
        self._wanted: Record | None = None
        self._changed = threading.Condition()
        self._ending = False
        self._failing = False
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin. The thread does not keep the server from ending."""
        self._thread = threading.Thread(target=self._run, name="healthcheck black box", daemon=True)
        self._thread.start()

    def put(self, record: Record) -> None:
        """Write it soon. Cheap."""
        with self._changed:
            self._wanted = record
            self._changed.notify()

    def end(self, timeout_seconds: float) -> None:
        """Write what is to be written, and end; wait no longer than that."""
        with self._changed:
            self._ending = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(timeout_seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._wanted is None and not self._ending:
                    self._changed.wait()
                record, self._wanted = self._wanted, None
            if record is None:
                with suppress(OSError):
                    self._file.close()
                return
            try:
                self._file.write(record)
                self._failing = False
            except OSError as error:
                if not self._failing:
                    self._log.warning("The record of what is so cannot be written: %s", error)
                self._failing = True
                with suppress(OSError):
                    self._file.close()
