"""Node's Intl.Collator as the oracle of the order of names."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest


class Oracle:
    """One node process that ranks lists of strings as the browser would."""

    def __init__(self, node: str) -> None:
        self._process = subprocess.Popen(
            [node, str(Path(__file__).with_name("oracle.mjs"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="utf-8",
        )
        self.icu: str = self._read()["icu"]

    def ranks(self, strings: Sequence[str], locale: str, natural: bool) -> list[int]:
        """The rank of each string: equal for strings that compare as equal, ascending from 0."""
        assert self._process.stdin is not None
        request = {"locale": locale, "natural": natural, "strings": list(strings)}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return self._read()

    def close(self) -> None:
        self._process.communicate(timeout=30)

    def _read(self):
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    node = shutil.which("node") or shutil.which("node", path=str(Path(sys.executable).parent))
    if node is None:
        pytest.skip("NO ORACLE: no node on PATH or in the environment, so the order is not compared with ICU's")
    oracle = Oracle(node)
    yield oracle
    oracle.close()
