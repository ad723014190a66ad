"""Make the tree that `make demo` shows: a directory of very many empty files, and a few things to open.

    python scripts/make_demo_tree.py demo --files 1000000

What is there already is kept; another number of files makes the large directory anew.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import shutil
import stat
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path

LARGE = "many-files"
STAMP = ".many-files"
STEP = 5000

#: The four families of names: natural numbers, padded shards, Russian words, hashes.
FAMILIES: tuple[Callable[[int], str], ...] = (
    lambda i: f"sample_{i}.png",
    lambda i: f"shard-{i:07d}-of-1000000.parquet",
    lambda i: f"Снимок {i}.jpg",
    lambda i: f"{(i * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF:016x}.npy",
)


def progress(done: int, total: int, began: float) -> None:
    """A bar on a terminal, a line now and then elsewhere."""
    share = done / total
    seconds = time.monotonic() - began
    if sys.stdout.isatty():
        bar = "█" * round(share * 30)
        ending = "\n" if done == total else "\r"
        print(f"  {bar:<30} {done:>10,} of {total:,} files  {seconds:4.0f} s", end=ending, flush=True)
    elif done == total or done * 10 // total != (done - STEP) * 10 // total:
        print(f"  {done:,} of {total:,} files, {seconds:.0f} s", flush=True)


def make_large_directory(folder: Path, count: int) -> None:
    """Make `count` empty files, a quarter of each family; files of an interrupted run are kept."""
    folder.mkdir(exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    mode = stat.S_IFREG | 0o644
    began = time.monotonic()
    try:
        for start in range(0, count, STEP):
            end = min(start + STEP, count)
            for number in range(start, end):
                with contextlib.suppress(FileExistsError):
                    os.mknod(FAMILIES[number & 3](number >> 2), mode, dir_fd=descriptor)
            progress(end, count, began)
    finally:
        os.close(descriptor)


def png(width: int, height: int, colour: Callable[[float, float], tuple[int, int, int]]) -> bytes:
    """A picture in the PNG format, `colour` of (x, y) from 0 to 1."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            rows += bytes(colour(x / width, y / height))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")


def wave(x: float, y: float) -> tuple[int, int, int]:
    level = 0.5 + 0.5 * math.sin(12 * x + 6 * math.sin(5 * y))
    return int(40 + 60 * y), int(90 + 120 * level), int(140 + 100 * x)


def rings(x: float, y: float) -> tuple[int, int, int]:
    level = 0.5 + 0.5 * math.cos(50 * math.hypot(x - 0.5, y - 0.5))
    return int(230 * level), int(140 * level + 40), int(60 + 80 * y)


def notebook(*cells: tuple[str, str]) -> str:
    """A notebook of (type, source) cells, as JSON."""
    return json.dumps(
        {
            "cells": [
                {"id": f"cell-{number}", "cell_type": kind, "metadata": {}, "source": source}
                | ({"execution_count": None, "outputs": []} if kind == "code" else {})
                for number, (kind, source) in enumerate(cells)
            ],
            "metadata": {
                "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
            },
            "nbformat": 4,
            "nbformat_minor": 5,
        },
        ensure_ascii=False,
        indent=1,
    )


def make_small_things(root: Path) -> None:
    """A few notebooks, pictures and Russian names; what the user changed is left alone."""
    count_files = f"import os\n\nlen(os.listdir('../{LARGE}'))"
    texts = {
        "notebooks/Count the files.ipynb": notebook(
            ("markdown", f"# How many files?\nThe directory `{LARGE}` beside this one is read here by plain Python."),
            ("code", count_files),
        ),
        "notebooks/Watch a log grow.ipynb": notebook(
            ("markdown", "# A growing log\nRun this, and watch `train.log` in the file browser."),
            ("code", "import time\n\nfor epoch in range(60):\n    with open('train.log', 'a') as log:\n"
             "        log.write(f'epoch {epoch}\\n' * 100)\n    time.sleep(1)"),
        ),
        "notebooks/Тетрадь.ipynb": notebook(("markdown", "# Привет!"), ("code", "print('Привет, мир!')")),
        "Документы/Ёлка.txt": "В лесу родилась ёлочка.\n",
        "Документы/Отчёт 2.csv": "день;выручка\n1;100\n2;130\n",
        "Документы/Отчёт 10.csv": "день;выручка\n1;170\n2;190\n",
        "Документы/заметки.md": "# Заметки\n\nФильтр «файл» находит и «Файл».\n",
        "Документы/Файл.txt": "Файл\n",
    }
    for name, text in texts.items():
        file = root / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
    for name, colour in {"images/wave.png": wave, "images/rings.png": rings, "images/Волна.png": wave}.items():
        file = root / name
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(png(240, 160, colour))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root", type=Path)
    parser.add_argument("--files", type=int, default=1_000_000)
    options = parser.parse_args()
    root: Path = options.root
    root.mkdir(exist_ok=True)
    make_small_things(root)
    stamp = root / STAMP
    made = int(stamp.read_text()) if stamp.is_file() else None
    if made == options.files and (root / LARGE).is_dir():
        return
    if made is not None:
        print(f"Removing the directory of {made:,} files")
        shutil.rmtree(root / LARGE, ignore_errors=True)
        stamp.unlink()
    print(f"Making a directory of {options.files:,} files")
    make_large_directory(root / LARGE, options.files)
    stamp.write_text(str(options.files))


if __name__ == "__main__":
    main()
