"""Validators of traits: what is wrong is refused in words that name the trait."""

from __future__ import annotations

from typing import Any

import pytest
from traitlets import Float, Integer, TraitError
from traitlets.config import Config, LoggingConfigurable

from cloudru_jlab.core.traits import at_least, between, more_than_no_time


class Thing(LoggingConfigurable):
    """With traits of all sorts."""

    wait_seconds = Float(1.0).tag(config=True)
    rest_seconds = Float(1.0).tag(config=True)
    limit = Integer(5).tag(config=True)
    threads = Integer(5).tag(config=True)
    free = Integer(5).tag(config=True)

    _times = more_than_no_time("wait_seconds", "rest_seconds")
    _limits = at_least(2, "limit")
    _threads = between(1, 64, "threads")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("wait_seconds", 0, "Thing.wait_seconds must be more than 0 seconds."),
        ("rest_seconds", -1.5, "Thing.rest_seconds must be more than 0 seconds."),
        ("rest_seconds", float("nan"), "Thing.rest_seconds must be more than 0 seconds."),
        ("limit", 1, "Thing.limit must be at least 2."),
        ("threads", 0, "Thing.threads must be from 1 to 64."),
        ("threads", 65, "Thing.threads must be from 1 to 64."),
    ],
)
def test_what_is_wrong_is_refused(name: str, value: Any, message: str) -> None:
    with pytest.raises(TraitError) as refused:
        Thing(**{name: value})
    assert str(refused.value) == message
    with pytest.raises(TraitError):
        Thing(config=Config({"Thing": {name: value}}))


def test_what_is_right_is_taken() -> None:
    values = {"wait_seconds": 0.001, "rest_seconds": 1e9, "limit": 2, "threads": 64, "free": -5}
    thing = Thing(config=Config({"Thing": values}))
    assert {name: getattr(thing, name) for name in values} == values
