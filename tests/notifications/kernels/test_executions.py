"""What is made of a kernel's messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cloudru_jlab.core.errors import Conflict, NotFound
from cloudru_jlab.notifications.checking import checked
from cloudru_jlab.notifications.kernels import watches
from cloudru_jlab.notifications.kernels.executions import Ended, Executions
from cloudru_jlab.notifications.kernels.gateway import wanted
from cloudru_jlab.notifications.kernels.watches import WatchList
from cloudru_jlab.notifications.kernels.wording import notification
from cloudru_jlab.notifications.models import NewWatch


class Kernel:
    """Says what a kernel says."""

    def __init__(self) -> None:
        self.now = 0.0
        self.executions = Executions(lambda: self.now)

    def hear(self, msg_id: str, kind: str, **content: Any) -> Ended | None:
        parent = {"msg_id": msg_id, "msg_type": "execute_request"}
        return self.executions.heard(kind, parent, content)

    def begin(self, msg_id: str) -> None:
        self.hear(msg_id, "status", execution_state="busy")
        self.hear(msg_id, "execute_input", code="1")

    def end(self, msg_id: str) -> Ended | None:
        return self.hear(msg_id, "status", execution_state="idle")


def test_measures_and_names_the_error() -> None:
    kernel = Kernel()
    kernel.begin("a")
    assert kernel.executions.busy
    kernel.now = 3.0
    kernel.hear("a", "error", ename="NameError", evalue="no")
    assert kernel.end("a") == Ended("a", "failed", 3.0, "NameError", "no", True)
    assert not kernel.executions.busy
    # told twice, by two connections
    assert kernel.end("a") is None


def test_tells_executions_in_subshells_apart() -> None:
    kernel = Kernel()
    kernel.begin("a")
    kernel.now = 1.0
    kernel.begin("b")
    kernel.now = 2.0
    assert kernel.end("b") == Ended("b", "finished", 1.0)
    assert kernel.end("a") == Ended("a", "finished", 2.0)


def test_knows_what_was_turned_down_after_a_failure_alone() -> None:
    kernel = Kernel()
    kernel.hear("quiet", "status", execution_state="busy")
    assert kernel.end("quiet") == Ended("quiet", "finished", 0.0, visible=False)
    kernel.begin("a")
    kernel.hear("a", "error", ename="E", evalue="")
    kernel.end("a")
    for msg_id in ("b", "c"):
        kernel.hear(msg_id, "status", execution_state="busy")
        ended = kernel.end(msg_id)
        assert ended is not None
        assert ended.outcome == "not_run"


def test_an_error_after_an_interrupt_is_one_by_whatever_name() -> None:
    kernel = Kernel()
    kernel.begin("a")
    kernel.executions.interrupted()
    kernel.hear("a", "error", ename="Whatever", evalue="")
    ended = kernel.end("a")
    assert ended is not None
    assert ended.outcome == "interrupted"


def test_remembers_for_a_while_and_not_without_end() -> None:
    kernel = Kernel()
    kernel.begin("a")
    kernel.end("a")
    assert kernel.executions.recent("a") is not None
    kernel.now = 601.0
    assert kernel.executions.recent("a") is None
    for number in range(1_000):
        kernel.begin(str(number))
        kernel.hear(f"never {number}", "status", execution_state="busy")
        kernel.end(str(number))
    assert kernel.executions.recent("0") is None
    assert len(kernel.executions.stopped("died")) <= 256


def test_ignores_what_is_no_execution() -> None:
    executions = Executions(lambda: 0.0)
    for parent in (
        {},
        {"msg_type": "kernel_info_request", "msg_id": "x"},
        {"msg_type": "execute_request", "msg_id": 5},
    ):
        assert executions.heard("status", parent, {"execution_state": "busy"}) is None
    assert not executions.busy


def test_watches_belong_to_their_users(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "_MOST", 2)
    listed = WatchList()
    watch = listed.add("jo", NewWatch("k", "m", label="old"))
    assert listed.add("jo", NewWatch("k", "m", label="new")).id == watch.id
    listed.add("jo", NewWatch("k", min_seconds=5))
    with pytest.raises(Conflict):
        listed.add("jo", NewWatch("k", "other"))
    other = listed.add("ann", NewWatch("k", "m"))
    with pytest.raises(NotFound):
        listed.remove("jo", other.id)
    fired = listed.fired("k", Ended("m", "finished", 10.0))
    assert [(user, one.label) for user, one in fired] == [("jo", "new"), ("ann", "")]
    assert [one.msg_id for one in listed.of("jo")] == [None]
    assert listed.fired("k", Ended("n", "finished", 4.9)) == []
    assert listed.fired("k", Ended("n", "finished", 5.0, visible=False)) == []
    assert listed.fired("elsewhere", Ended("n", "finished", 5.0)) == []
    listed.kernel_gone("k")
    assert listed.of("jo") == []


@pytest.mark.parametrize(
    "outcome", ["finished", "failed", "interrupted", "not_run", "died", "restarted", "shut_down", "unknown"]
)
def test_whatever_a_cell_says_can_be_told(outcome: Any) -> None:
    nasty = "\x1b[31mred\x1b[0m\x00\u202e\ud800<img onerror=alert(1)>" + "x" * 9_000
    ended = Ended("m", outcome, 125.0, nasty, nasty)
    new = checked(notification(ended, path="a/b.ipynb", label=nasty[:200]))
    assert "\x1b" not in new.title + new.body
    assert new.texts["ru"].title != new.title
    assert "b.ipynb" in new.body


def test_takes_of_a_gateway_what_is_wanted_alone() -> None:
    kinds = frozenset({"status"})

    def message(kind: str, **more: Any) -> str:
        whole = {"header": {"msg_type": kind}, "parent_header": {}, "content": {}, "channel": "iopub", **more}
        return json.dumps(whole)

    assert wanted(message("status"), kinds) is not None
    assert wanted(message("stream"), kinds) is None
    assert wanted(message("status", channel="shell"), kinds) is None
    assert wanted(message("stream", content={"text": '"msg_type": "status"'}), kinds) is None
    assert wanted(message("status", content=[]), kinds) is None
    # the header at the other end
    late = json.dumps({"content": {"text": "x" * 100_000}, "channel": "iopub", "header": {"msg_type": "status"}})
    assert wanted(late, kinds) is not None
    for broken in ("", "{", "[]", '"msg_type": "status"', "[" * 100_000):
        assert wanted(broken, kinds) is None
