"""The operator's guide: its feed is read, its recipe signs, its targets and its webhook are taken."""

from __future__ import annotations

import logging
import re
import subprocess
from pathlib import Path

import jupyterlab
import msgspec
import pytest

from cloudru_jlab.notifications.feed.reading import read_document
from cloudru_jlab.notifications.feed.signing import open_feed, public_key
from cloudru_jlab.notifications.forwarding.targets import TargetsFile

from .feeding import Signer

GUIDE = Path(__file__).parents[2] / "docs" / "operator.md"


def blocks(language: str) -> list[str]:
    section = GUIDE.read_text(encoding="utf-8").split("\n## Notifications\n")[1].split("\n## ")[0]
    return re.findall(rf"```{language}\n(.*?)```", section, flags=re.DOTALL)


def test_its_feed_and_its_recipe(tmp_path: Path) -> None:
    (feed,) = (block for block in blocks("json") if '"notifications": [' in block)
    (recipe,) = blocks("sh")
    (tmp_path / "feed.json").write_text(feed, encoding="utf-8")
    subprocess.run(["bash", "-ec", recipe], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    signed = (tmp_path / "feed.signed.json").read_bytes()
    data, checked = open_feed(signed, [public_key((tmp_path / "public.pem").read_text())])
    document = read_document(data)
    assert checked
    assert document.problems == []
    assert [entry.id for entry in document.entries] == ["maintenance-12", "r-2.1"]
    assert document.updated is not None
    # another key does not open it
    with pytest.raises(Exception, match="none of the configured keys"):
        open_feed(signed, [public_key(Signer().public_key)])


def test_its_targets(tmp_path: Path) -> None:
    (targets,) = (block for block in blocks("json") if '"targets"' in block)
    (tmp_path / "targets.json").write_text(targets)
    assert set(TargetsFile(str(tmp_path / "targets.json"), logging.getLogger()).read() or ()) == {"ops", "mail"}


def test_its_overrides_are_settings_of_jupyterlab() -> None:
    (overrides,) = (block for block in blocks("json") if "fetchNews" in block)
    values = msgspec.json.decode(overrides, type=dict[str, dict[str, str]])
    ((plugin, settings),) = values.items()
    package, name = plugin.split(":")
    schemas = Path(jupyterlab.__file__).parent / "schemas" / package
    schema = msgspec.json.decode((schemas / f"{name}.json").read_bytes())
    for setting, value in settings.items():
        assert value in [choice["const"] for choice in schema["properties"][setting]["oneOf"]]
