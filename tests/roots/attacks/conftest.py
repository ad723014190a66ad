"""A server with four roots, a canary outside, and a corpus of attacks."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from .corpus import Attack, corpus
from .estate import Estate
from .probing import Prober


@pytest.fixture
def estate(tmp_path: Path) -> Estate:
    """See `Estate`."""
    top = tmp_path / "estate"
    top.mkdir()
    estate = Estate(top)
    estate.build()
    return estate


@pytest.fixture
def attacks(estate: Estate) -> list[Attack]:
    """See `corpus`."""
    return corpus(estate)


@pytest.fixture
def writing(attacks: list[Attack]) -> list[Attack]:
    """Those that may be tried with verbs that write."""
    return [attack for attack in attacks if not attack.of_the_machine]


@pytest.fixture
def jp_root_dir(estate: Estate) -> Path:
    """The default root."""
    return estate.home


@pytest.fixture
def jp_server_config(jp_server_config: dict[str, Any], estate: Estate) -> dict[str, Any]:
    """The roots; what is deleted is gone, so that the tests leave nothing in a trash."""
    return {
        **jp_server_config,
        "Roots": {"roots": estate.roots(), "user_parents": [str(estate.free)]},
        "FileContentsManager": {"delete_to_trash": False, "always_delete_dir": True},
        "ListingFeature": {"preview_patience_seconds": 60.0},
        "JobService": {"max_jobs": 10000},
        "MappingKernelManager": {"default_kernel_name": "python3"},
        "KernelManager": {"shutdown_wait_time": 0.1},
    }


@pytest.fixture
def prober(
    jp_serverapp: Any, http_server_client: Any, jp_auth_header: dict[str, str], jp_base_url: str, estate: Estate
) -> Prober:
    """A client of the server under test, which writes down only what it fails at: it refuses thousands of requests."""
    jp_serverapp.log.setLevel(logging.ERROR)
    return Prober(http_server_client.fetch, jp_base_url, jp_auth_header, estate)
