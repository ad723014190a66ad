"""Node's Intl.Collator as the oracle of the order of names, and the names that tests are made of."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray


class Oracle:
    """One node process that ranks lists of strings as the browser would."""

    def __init__(self, node: str) -> None:
        self.node = node
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
        ranks: list[int] = self._read()
        return ranks

    def close(self) -> None:
        self._process.communicate(timeout=30)

    def _read(self) -> Any:
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


class Packed(NamedTuple):
    """Names as the collator takes them."""

    blob: NDArray[np.uint8]
    starts: NDArray[np.uint32]
    ends: NDArray[np.uint32]


def _pack(names: Sequence[bytes], separator: bytes = b"", places: Sequence[int] | None = None) -> Packed:
    """Lay names into one blob, in the order `places` (by default their own), with a separator after each."""
    starts = np.zeros(len(names), np.uint32)
    ends = np.zeros(len(names), np.uint32)
    blob = bytearray()
    for index in range(len(names)) if places is None else places:
        starts[index] = len(blob)
        blob += names[index]
        ends[index] = len(blob)
        blob += separator
    return Packed(np.frombuffer(bytes(blob), np.uint8), starts, ends)


@pytest.fixture(scope="session")
def pack() -> Callable[..., Packed]:
    return _pack
