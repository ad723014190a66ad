"""A hash is believed only where nobody can have changed the file unseen."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest

from cloudru_jlab.contents.hashes import WRITTEN_FOR_S, Fingerprint, HashCache, HashingWriter, hash_file

SECOND = 1_000_000_000
NOW = 1_700_000_000 * SECOND


class Clock:
    """The cache's two clocks, moved by hand."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now_ns(self) -> int:
        return NOW + int(self.seconds * SECOND)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def cache(clock: Clock) -> HashCache:
    return HashCache(3, now_ns=clock.now_ns, monotonic=clock.monotonic)


def fingerprint(inode: int = 1, *, age_s: float = 60.0, mtime_age_s: float | None = None) -> Fingerprint:
    changed = NOW - int(age_s * SECOND)
    modified = changed if mtime_age_s is None else NOW - int(mtime_age_s * SECOND)
    return Fingerprint(1, inode, 10, modified, changed)


def test_find_knows_what_was_read_of_an_old_file(cache: HashCache, clock: Clock) -> None:
    cache.add_read(fingerprint(), "sha256", "digest", cache.now_ns())
    clock.seconds = 1e6
    assert cache.find(fingerprint(), "sha256") == "digest"
    assert cache.find(fingerprint(), "md5") is None
    for field in Fingerprint._fields:
        other = fingerprint()._replace(**{field: getattr(fingerprint(), field) + 1})
        assert cache.find(other, "sha256") is None


@pytest.mark.parametrize(
    "young",
    [
        fingerprint(age_s=0),
        fingerprint(age_s=2.9),
        fingerprint(age_s=-5),
        # written just now, and its mtime set back as `cp -p` does
        fingerprint(age_s=1, mtime_age_s=900),
        fingerprint(age_s=900, mtime_age_s=1),
    ],
)
def test_add_read_keeps_nothing_of_a_file_changed_just_now(cache: HashCache, young: Fingerprint) -> None:
    cache.add_read(young, "sha256", "digest", cache.now_ns())
    assert cache.find(young, "sha256") is None


def test_find_knows_what_was_written_for_a_while(cache: HashCache, clock: Clock) -> None:
    cache.add_written(fingerprint(age_s=0), "sha256", "digest")
    clock.seconds = WRITTEN_FOR_S - 0.1
    assert cache.find(fingerprint(age_s=0), "sha256") == "digest"
    clock.seconds = WRITTEN_FOR_S + 0.1
    assert cache.find(fingerprint(age_s=0), "sha256") is None
    assert len(cache) == 0


def test_the_newest_hash_of_one_fingerprint_wins(cache: HashCache) -> None:
    cache.add_written(fingerprint(), "sha256", "old")
    cache.add_written(fingerprint(), "sha256", "new")
    assert cache.find(fingerprint(), "sha256") == "new"


def test_forget_forgets(cache: HashCache) -> None:
    cache.add_written(fingerprint(), "sha256", "digest")
    cache.forget(fingerprint())
    cache.forget(fingerprint())
    assert cache.find(fingerprint(), "sha256") is None


def test_cache_drops_the_least_recently_used(cache: HashCache) -> None:
    for inode in (1, 2, 3):
        cache.add_read(fingerprint(inode), "sha256", str(inode), cache.now_ns())
    cache.find(fingerprint(1), "sha256")
    cache.add_read(fingerprint(4), "sha256", "4", cache.now_ns())
    assert len(cache) == 3
    assert [cache.find(fingerprint(inode), "sha256") for inode in (1, 2, 3, 4)] == ["1", None, "3", "4"]


# --- hash_file


def aged(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_hash_file_reads_once(tmp_path: Path, clock: Clock, cache: HashCache) -> None:
    path = aged(tmp_path / "file", b"content" * 300_000)
    clock.seconds = os.stat(path).st_ctime - NOW / SECOND + 60
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    with path.open("rb") as file:
        assert hash_file(file, "sha256", cache) == digest
        assert file.tell() == 7 * 300_000
    with path.open("rb") as file:
        assert hash_file(file, "sha256", cache) == digest
        assert file.tell() == 0


def test_hash_file_keeps_nothing_of_a_file_written_meanwhile(tmp_path: Path, clock: Clock, cache: HashCache) -> None:
    path = aged(tmp_path / "file", b"content")
    clock.seconds = os.stat(path).st_ctime - NOW / SECOND + 60

    class Changing(io.FileIO):
        def read(self, size: int | None = -1) -> bytes:
            os.utime(path, ns=(0, 0))
            return super().read(size) or b""

    with Changing(path, "rb") as file:
        assert hash_file(file, "sha256", cache) == hashlib.sha256(b"content").hexdigest()
    assert len(cache) == 0


# --- HashingWriter


def test_writer_hashes_bytes_and_text(tmp_path: Path) -> None:
    binary, text = tmp_path / "binary", tmp_path / "text"
    with binary.open("wb") as file:
        writer = HashingWriter(file, "sha1")
        writer.write(b"one")
        writer.write(memoryview(b"two"))
        writer.writelines([b"three", b"four"])
        writer.flush()
        assert writer.fileno() == file.fileno()
    assert writer.digest_of(binary.stat()) == hashlib.sha1(b"onetwothreefour").hexdigest()  # noqa: S324
    with text.open("w", encoding="utf-8", newline="\n") as file_of_text:
        writer = HashingWriter(file_of_text, "sha256")
        writer.write("Файл\r\n\n")
    assert writer.digest_of(text.stat()) == hashlib.sha256(text.read_bytes()).hexdigest()


def test_writer_knows_no_hash_of_another_file(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    with path.open("wb") as file:
        writer = HashingWriter(file, "sha256")
        writer.write(b"same")
    other.write_bytes(b"same")
    assert writer.digest_of(other.stat()) is None
    with path.open("ab") as file:
        file.write(b"more")
    assert writer.digest_of(path.stat()) is None


def test_writer_knows_no_hash_of_translated_lines(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("w", encoding="utf-8", newline="\r\n") as file:
        writer = HashingWriter(file, "sha256")
        writer.write("line\n")
    assert writer.digest_of(path.stat()) is None


def test_writer_knows_no_hash_of_what_passed_it_by(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        writer = HashingWriter(file, "sha256")
        writer.write(b"abc")
        assert writer.name == str(path)
        writer.seek(0)
        writer.write(b"xbc")
    assert path.stat().st_size == 3
    assert writer.digest_of(path.stat()) is None


def test_writer_lets_pass_what_it_cannot_hash(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        writer = HashingWriter(file, "shake_128")
        writer.write(b"abc")
    assert path.read_bytes() == b"abc"
    assert writer.digest_of(path.stat()) is None
    memory = io.BytesIO()
    HashingWriter(memory, "sha256").write(b"abc")
    assert memory.getvalue() == b"abc"
