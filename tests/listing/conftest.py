"""A listing service of its own, without a server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.listing.local_contents import Contents
from cloudru_jlab.listing.scan.local import LocalAccess
from cloudru_jlab.listing.service import ListingService
from cloudru_jlab.listing.settings import ListingSettings


class OneFileSystem:
    """All paths are on the same file system."""

    def __init__(self, access: Any) -> None:
        self.found = access

    def access(self, path: bytes) -> Any:
        """See `core.access.FileSystems`."""
        return self.found


class Rings(list[tuple[str, str, str, str | None]]):
    """The events that were emitted."""

    def __call__(self, path: str, generation: str, kind: str, job: str | None) -> None:
        self.append((path, generation, kind, job))


MakeService = Callable[..., ListingService]


@pytest.fixture
def until() -> Callable[[Callable[[], Awaitable[bool]]], Awaitable[None]]:
    """Waits until what it is given turns true."""

    async def wait(check: Callable[[], Awaitable[bool]]) -> None:
        while True:
            if await check():
                return
            await asyncio.sleep(0)

    return wait


@pytest.fixture
def rings() -> Rings:
    """The events that were emitted."""
    return Rings()


@pytest.fixture
def make_service(tmp_path: Path, rings: Rings, jp_asyncio_loop: asyncio.AbstractEventLoop) -> Iterator[MakeService]:
    """Makes a service of ``tmp_path``; settings by name, and the access to use instead of the local one."""
    services: list[ListingService] = []
    local = LocalAccess()

    def make(
        *,
        access: Any = None,
        root: Path = tmp_path,
        allow_hidden: bool = False,
        hide_globs: tuple[str, ...] = (),
        registry: Callable[[], Any] = lambda: None,
        **settings: Any,
    ) -> ListingService:
        # under load, too, a small directory is sorted in the first answer
        settings.setdefault("preview_patience", 60.0)
        contents = Contents(str(root), allow_hidden, hide_globs)
        service = ListingService(
            log=logging.getLogger("listing"),
            settings=ListingSettings(**settings),
            contents=lambda: contents,
            file_systems=OneFileSystem(access or local),
            ring=rings,
            registry=registry,
        )
        services.append(service)
        return service

    yield make
    for service in services:
        jp_asyncio_loop.run_until_complete(service.stop())
    local.close()
