"""Watches and the kernel's own channel, with a real server and real kernels."""

from __future__ import annotations

from pathlib import Path

import pytest
from serving import Page, Server, jupyter_server, until, wait_for_file


def test_tells_of_a_watched_execution(server: Server, kernel: str, page: Page, tmp_path: Path) -> None:
    msg_id = page.execute(wait_for_file(tmp_path / "go"))
    page.wait_for_input(msg_id)
    watch = server.watch(kernel, msg_id=msg_id, path="old.ipynb", label="Train the model")
    assert server.watch(kernel, msg_id=msg_id, label="Train the model")["id"] == watch["id"]
    assert [row["id"] for row in server.ask("GET", "cloudru/notifications/watches")["watches"]] == [watch["id"]]
    (tmp_path / "go").touch()
    row = server.told(title="Cell finished")
    assert row["severity"] == "success"
    assert row["source"] == {"kind": "system", "name": "kernels"}
    assert row["category"] == "cell"
    # the session's path is fresher than the watch's
    assert row["action"] == {"kind": "open", "path": "folder/long.ipynb"}
    assert row["body"].startswith("Train the model\nlong.ipynb, took ")
    assert row["texts"]["ru"]["title"] == "Ячейка выполнена"
    assert server.ask("GET", "cloudru/notifications/watches")["watches"] == []
    server.ask("DELETE", f"cloudru/notifications/watches/{watch['id']}", status=404)


def test_tells_of_an_execution_when_the_page_was_closed(server: Server, kernel: str, tmp_path: Path) -> None:
    page = server.page(kernel)
    msg_id = page.execute(wait_for_file(tmp_path / "go") + "\nno_such_name")
    page.wait_for_input(msg_id)
    server.watch(kernel, msg_id=msg_id, label="closed")
    page.close()
    (tmp_path / "go").touch()
    row = server.told(title="Cell failed: NameError")
    assert row["severity"] == "error"
    assert row["body"].startswith("closed\nname 'no_such_name' is not defined\nlong.ipynb, after ")


def test_tells_of_an_execution_that_ended_before_the_watch(server: Server, kernel: str, page: Page) -> None:
    msg_id = page.execute("1")
    page.wait_for_end(msg_id)

    # the reply and the status come by different ways: the server may hear the end after the page does
    watch = server.watch(kernel, msg_id=msg_id, label="quick")
    row = until(lambda: [row for row in server.notifications() if row["body"].startswith("quick\n")], "it")[0]
    assert row["title"] == "Cell finished"
    server.ask("DELETE", f"cloudru/notifications/watches/{watch['id']}", status=404)


def test_says_nothing_of_a_watch_that_was_removed(server: Server, kernel: str, page: Page, tmp_path: Path) -> None:
    msg_id = page.execute(wait_for_file(tmp_path / "go"))
    page.wait_for_input(msg_id)
    watch = server.watch(kernel, msg_id=msg_id, label="removed")
    server.ask("DELETE", f"cloudru/notifications/watches/{watch['id']}", status=204)
    (tmp_path / "go").touch()
    page.wait_for_end(msg_id)
    last = page.execute("2")
    server.watch(kernel, msg_id=last, label="after the removed")
    until(lambda: [row for row in server.notifications() if row["body"].startswith("after the removed")], "the last")
    assert not [row for row in server.notifications() if row["body"].startswith("removed")]


def test_tells_of_all_long_executions_once(server: Server, kernel: str, page: Page) -> None:
    server.watch(kernel, min_seconds=0.4, path="x")
    both = page.execute("import time; time.sleep(0.5); raise ValueError('both')")
    server.watch(kernel, msg_id=both, label="by both")
    page.wait_for_end(both)
    page.run("'short'")
    page.run("time.sleep(0.5); raise RuntimeError('long')")
    server.told(title="Cell failed: RuntimeError")
    rows = [row for row in server.notifications() if row["title"] in ("Cell failed: ValueError", "Cell finished")]
    assert len([row for row in rows if row["title"] == "Cell failed: ValueError"]) == 1
    assert not [
        row for row in rows if row["title"] == "Cell finished" and row["body"].startswith("long.ipynb, took 0,0")
    ]
    # it stays
    assert len(server.ask("GET", "cloudru/notifications/watches")["watches"]) == 1


def test_tells_that_a_cell_was_not_run(server: Server, kernel: str, page: Page, tmp_path: Path) -> None:
    first = page.execute(wait_for_file(tmp_path / "go") + "\n1/0")
    page.wait_for_input(first)
    second = page.execute("2")
    server.watch(kernel, msg_id=second, label="second")
    (tmp_path / "go").touch()
    row = server.told(title="Cell did not run")
    assert row["body"] == "second\nAn earlier cell failed.\nlong.ipynb"


def test_tells_of_an_interrupt(server: Server, kernel: str, page: Page) -> None:
    msg_id = page.execute("import time; time.sleep(600)")
    page.wait_for_input(msg_id)
    server.watch(kernel, msg_id=msg_id)
    server.ask("POST", f"api/kernels/{kernel}/interrupt", {}, 204)
    row = server.told(title="Cell interrupted")
    assert row["severity"] == "warning"


def test_tells_that_the_kernel_died(server: Server, kernel: str, page: Page) -> None:
    msg_id = page.execute("import os; os._exit(3)")
    queued = page.execute("'never'")
    server.watch(kernel, msg_id=msg_id, label="died")
    server.watch(kernel, msg_id=queued, label="queued")
    row = server.told(category="kernel", title="The kernel of long.ipynb ended with code 3")
    assert "The cell “died” " in row["body"]
    assert "not run after it: 1" in row["body"]
    assert "Ячейка «died» " in row["texts"]["ru"]["body"]
    # what would be told twice is told before this
    other = server.start_kernel("folder/other.ipynb")
    msg_id = server.page(other).execute("1")
    server.watch(other, msg_id=msg_id, label="the other")
    until(lambda: [row for row in server.notifications() if row["body"].startswith("the other")], "another cell")
    assert [row for row in server.notifications() if row["title"] == "The kernel died during a cell"] == []


def test_tells_that_the_kernel_died_where_nobody_explains_it(tmp_path: Path) -> None:
    with jupyter_server(tmp_path, "--KernelDeaths.notify=False") as server:
        kernel = server.start_kernel()
        page = server.page(kernel)
        msg_id = page.execute("import os; os._exit(3)")
        server.watch(kernel, msg_id=msg_id, label="first")
        assert server.told(title="The kernel died during a cell")["body"].startswith("first\n")


def test_tells_that_the_kernel_was_restarted_and_goes_on(server: Server, kernel: str, tmp_path: Path) -> None:
    page = server.page(kernel)
    msg_id = page.execute("import time; time.sleep(600)")
    page.wait_for_input(msg_id)
    server.watch(kernel, msg_id=msg_id)
    server.ask("POST", f"api/kernels/{kernel}/restart", {})
    server.told(title="The kernel was restarted during a cell", severity="warning")
    after = server.page(kernel)
    again = after.execute(wait_for_file(tmp_path / "go") + "\nraise LookupError()")
    server.watch(kernel, msg_id=again)
    (tmp_path / "go").touch()
    server.told(title="Cell failed: LookupError")


def test_tells_that_the_kernel_was_shut_down(server: Server) -> None:
    kernel = server.start_kernel("gone.ipynb")
    page = server.page(kernel)
    msg_id = page.execute("import time; time.sleep(600)")
    page.wait_for_input(msg_id)
    server.watch(kernel, msg_id=msg_id, path="gone.ipynb")
    server.watch(kernel, min_seconds=1)
    server.ask("DELETE", f"api/kernels/{kernel}", status=204)
    row = server.told(title="The kernel was shut down during a cell")
    assert row["action"] == {"kind": "open", "path": "gone.ipynb"}
    watches = server.ask("GET", "cloudru/notifications/watches")["watches"]
    assert not [watch for watch in watches if watch["kernel_id"] == kernel]


def test_knows_no_kernel_that_is_not_there(server: Server) -> None:
    error = server.ask("POST", "cloudru/notifications/watches", {"kernel_id": "none"}, 404)
    assert error["reason"] == "not_found"


SEND = """
session, socket = get_ipython().kernel.session, get_ipython().kernel.iopub_socket
def send(**content):
    session.send(socket, "cloudru_notification", content)
"""


def test_passes_on_what_a_kernel_sends(server: Server, kernel: str, page: Page) -> None:
    page.run(SEND)
    page.run("send(title='bad', severity='fatal')")
    page.run("send(title='operator', source={'kind': 'operator', 'name': 'x'})")
    page.run("send(title='big', body='x' * 4_001); send(title='huge', body='x' * 5_000_000); send(title='\\u202e')")
    page.run("send(title='link', links=[{'label': 'x', 'url': 'javascript:alert(1)'}])")
    page.run("session.send(socket, 'cloudru_notification', ['no', 'object'])")
    page.run("send(title='From the channel', body='text', severity='critical', name='probe', progress=0.5)")
    row = server.told(title="From the channel")
    assert row["source"] == {"kind": "program", "name": "probe"}
    assert (row["severity"], row["progress"]) == ("critical", 0.5)
    titles = {row["title"] for row in server.notifications()}
    assert not titles & {"bad", "operator", "big", "huge", "\u202e", "link"}


def test_hears_the_end_behind_a_flood_of_output(server: Server, kernel: str, page: Page) -> None:
    msg_id = page.execute("for n in range(200): print('x' * 100_000, flush=True)\nraise OSError('flood')")
    server.watch(kernel, msg_id=msg_id)
    server.told(title="Cell failed: OSError")


def test_keeps_no_kernel_alive(tmp_path: Path) -> None:
    culling = ("--MappingKernelManager.cull_idle_timeout=8", "--MappingKernelManager.cull_interval=1")
    with jupyter_server(tmp_path / "server", *culling) as server:
        kernel = server.start_kernel()
        server.watch(kernel, min_seconds=60)
        until(lambda: server.ask("GET", "api/kernels") == [], "the idle kernel to be culled")
        until(lambda: server.ask("GET", "cloudru/notifications/watches")["watches"] == [], "its watch to go")


def test_is_no_activity(server: Server, kernel: str, page: Page) -> None:
    page.run("1")
    before = server.ask("GET", "api/status")["last_activity"]
    server.watch(kernel, min_seconds=60)
    server.ask("GET", "cloudru/notifications/watches")
    assert server.ask("GET", "api/status")["last_activity"] == before


@pytest.mark.parametrize("wrong", ["0", "-1"])
def test_refuses_to_look_without_pause(wrong: str) -> None:
    from traitlets import TraitError
    from traitlets.config import Config

    from cloudru_jlab.notifications.kernels import KernelNotifications

    config = Config({"KernelNotifications": {"look_seconds": float(wrong)}})
    with pytest.raises(TraitError, match="look_seconds"):
        KernelNotifications(None, config=config)  # type: ignore[arg-type]
