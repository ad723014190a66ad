"""Roots that the server's user may not read, with a server that is run by a user without rights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest

FILE = {"type": "file", "format": "text", "content": "new"}


_AS_NOBODY = """
    import os, sys
    from jupyter_server.serverapp import ServerApp
    from tornado.netutil import bind_sockets
    from traitlets.config import Config
    import cloudru_jlab.app

    top = sys.argv[1]
    config = Config()
    config.Roots.roots = [
        {"name": name, "path": os.path.join(top, name)} for name in ("closed", "unlisted", "guarded")
    ] + [{"name": "inner", "path": os.path.join(top, "shut", "inner")}]
    config.Roots.look_seconds = 0.1
    config.ServerApp.jpserver_extensions = {"cloudru_jlab": True}
    config.ServerApp.root_dir = os.path.join(top, "home")
    config.ServerApp.open_browser = False
    config.ServerApp.shutdown_no_activity_timeout = 0
    config.IdentityProvider.token = "nobody"
    config.FileContentsManager.delete_to_trash = False

    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)

    class App(ServerApp):
        def init_signal(self):
            pass

        def _bind_http_server_tcp(self):
            # Any port that is free, and at once: one that was looked for before may be taken by then.
            [listening] = bind_sockets(0, "127.0.0.1")
            self.http_server.add_sockets([listening])
            print(listening.getsockname()[1], flush=True)
            return True

    app = App.instance(config=config)
    app.initialize(argv=[])
    import threading

    def until_told():
        sys.stdin.read()
        app.io_loop.add_callback(app.stop)

    threading.Thread(target=until_told, daemon=True).start()
    app.start()
"""


def ask(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """The status and the JSON that the other user's server answers with."""
    headers = {"Authorization": "token nobody"}
    data = None if body is None else json.dumps(body).encode()
    request = Request(f"http://127.0.0.1:{port}/{path}", data=data, headers=headers, method=method)
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - of this test's own server
            return answer.status, json.loads(answer.read() or b"null")
    except OSError as error:
        if not hasattr(error, "code"):
            raise
        with error:  # type: ignore[attr-defined]
            return error.code, json.loads(error.read() or b"null")  # type: ignore[attr-defined]


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="changes to another user, which takes root")
def test_roots_that_the_server_s_user_may_not_read() -> None:
    # pytest's own directories are closed to others
    with tempfile.TemporaryDirectory() as directory:
        top = Path(directory)
        top.chmod(0o755)
        for name, mode in (("closed", 0o700), ("unlisted", 0o711), ("guarded", 0o755), ("shut", 0o700)):
            (top / name).mkdir()
            (top / name / "file.txt").write_text("secret of root")
            (top / name).chmod(mode)
        (top / "guarded" / "file.txt").chmod(0o600)
        (top / "shut" / "inner").mkdir()
        for name in ("home", "jupyter"):
            (top / name).mkdir()
            os.chown(top / name, 65534, 65534)
        environment = {**os.environ, "HOME": str(top / "home")}
        for name in ("DATA", "CONFIG", "RUNTIME"):
            environment[f"JUPYTER_{name}_DIR"] = str(top / "jupyter" / name.lower())
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(_AS_NOBODY), directory],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment,
        ) as server:  # fmt: skip
            assert server.stdin is not None
            assert server.stdout is not None
            try:
                told = server.stdout.readline()
                assert told, "the server did not start"
                _look_as_nobody(int(told), top)
            finally:
                server.stdin.close()
                try:
                    server.wait(30)
                except subprocess.TimeoutExpired:
                    server.kill()
                    raise


def _states(port: int) -> dict[str, str]:
    return {root["name"]: root["state"] for root in ask(port, "GET", "cloudru/roots?refresh=1")[1]["roots"]}


def _look_as_nobody(port: int, top: Path) -> None:
    _, answer = ask(port, "GET", "cloudru/roots?refresh=1")
    roots = {root["name"]: root for root in answer["roots"]}
    states = {name: roots[name]["state"] for name in ("closed", "unlisted", "guarded", "inner")}
    assert states == {
        "closed": "permission_denied", "unlisted": "permission_denied", "guarded": "available",
        "inner": "permission_denied",
    }  # fmt: skip
    assert all(root["message"] for root in roots.values() if root["state"] != "available")

    for name in ("closed", "inner"):
        for method, path, body in (
            ("GET", f"api/contents/@{name}", None),
            ("GET", f"api/contents/@{name}/file.txt", None),
            ("GET", f"cloudru/listing?path=@{name}", None),
            ("PUT", f"api/contents/@{name}/new.txt", FILE),
            ("DELETE", f"api/contents/@{name}/file.txt", None),
        ):
            status, answer = ask(port, method, path, body)
            assert status in (403, 503), (method, path, status, answer)
            assert "secret" not in json.dumps(answer)
            assert str(top) not in answer["message"]
    status, answer = ask(port, "GET", "api/contents/@guarded/file.txt")
    assert (status, answer["reason"]) == (403, "permission_denied")
    status, answer = ask(port, "PUT", "api/contents/@guarded/file.txt", FILE)
    assert status == 403
    assert (top / "guarded" / "file.txt").read_text() == "secret of root"
    assert ask(port, "GET", "api/contents/@guarded")[1]["writable"] is False

    (top / "closed").chmod(0o777)
    while _states(port)["closed"] != "available":
        continue
    assert ask(port, "PUT", "api/contents/@closed/new.txt", FILE)[0] == 201
