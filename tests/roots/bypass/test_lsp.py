"""Language servers find the files of roots."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cloudru_jlab.roots.bypass.lsp_uris import UriMap

#: Answers each request with the URI it was given, and notes all that it was sent.
ECHO = """
import json, sys
notes = open(sys.argv[1], "a")
while True:
    length = 0
    while (line := sys.stdin.buffer.readline().strip()):
        length = int(line.split(b":")[1]) if line.lower().startswith(b"content-length") else length
    if not length:
        break
    message = json.loads(sys.stdin.buffer.read(length))
    print(json.dumps(message), file=notes, flush=True)
    if "id" in message:
        uri = message["params"]["textDocument"]["uri"]
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": [{"uri": uri.replace("x.py", "y.py")}]}
        data = json.dumps(answer).encode()
        sys.stdout.buffer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(data) + data)
        sys.stdout.buffer.flush()
"""


class Root:
    """As much of a root as the map asks for."""

    def __init__(self, prefix: str, real: bytes | None) -> None:
        self.info = type("Info", (), {"prefix": prefix, "real": real})


@pytest.fixture
def uris() -> UriMap:
    """Two roots, one in the other, and one of another kind."""
    roots: list[Any] = [Root("@data", b"/mnt/data"), Root("@in", b"/mnt/data/in ner"), Root("@far", None)]
    return UriMap("file:///home/u", roots)


@pytest.mark.parametrize(
    ("page", "server"),
    [
        ("file:///home/u/@data/x.py", "file:///mnt/data/x.py"),
        ("file:///home/u/@data", "file:///mnt/data"),
        ("file:///home/u/@in/x%20y.py", "file:///mnt/data/in%20ner/x%20y.py"),
        ("file:///home/u/@database/x.py", "file:///home/u/@database/x.py"),
        ("file:///home/u/@far/x.py", "file:///home/u/@far/x.py"),
        ("file:///home/u/x/@data/x.py", "file:///home/u/x/@data/x.py"),
        ("file:///home/u/.virtual_documents/@data/x.ipynb", "file:///home/u/.virtual_documents/@data/x.ipynb"),
        ("file:///home/u/x.py", "file:///home/u/x.py"),
    ],
)
def test_uris_are_translated_both_ways(page: str, server: str, uris: UriMap) -> None:
    message = {"params": {"textDocument": {"uri": page}, "changes": {page: [1, None, True]}}}
    translated = {"params": {"textDocument": {"uri": server}, "changes": {server: [1, None, True]}}}
    assert json.loads(uris.to_server(json.dumps(message))) == translated
    assert json.loads(uris.to_page(json.dumps(translated))) == message


def test_text_of_a_document_is_left_alone(uris: UriMap) -> None:
    text = "file:///home/u/@data/x.py"
    message = {"uri": text, "text": text, "changes": [{"newText": text}], "title": f"see {text}"}
    translated = json.loads(uris.to_server(json.dumps(message)))
    assert translated == {**message, "uri": "file:///mnt/data/x.py"}


@pytest.mark.parametrize("message", ["", "file:///home/u/@data/x", '{"uri": "file:///home/u/@data/x"'])
def test_what_is_no_json_is_left_alone(message: str, uris: UriMap) -> None:
    assert uris.to_server(message) == message


@pytest.mark.filterwarnings("ignore:A `_load_jupyter_server_extension` function was not found:DeprecationWarning")
class TestTheRealOne:
    """jupyter-lsp itself, with a language server that repeats what it hears."""

    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
        """A server with jupyter-lsp."""
        pytest.importorskip("jupyter_lsp", reason="jupyter-lsp is not installed")
        (tmp_path / "echo.py").write_text(ECHO, encoding="utf-8")
        jp_server_config["ServerApp"]["jpserver_extensions"]["jupyter_lsp"] = True
        jp_server_config["LanguageServerManager"] = {
            "autodetect": False,
            "language_servers": {
                "echo": {
                    "argv": [sys.executable, str(tmp_path / "echo.py"), str(tmp_path / "notes")],
                    "languages": ["python"],
                    "mime_types": ["text/x-python"],
                    "version": 2,
                }
            },
        }
        return jp_server_config

    @pytest.mark.parametrize(
        ("path", "where"), [("@data/x.py", "data"), ("x.py", "home"), (".virtual_documents/@data/x.ipynb", None)]
    )
    async def test_language_server_is_given_the_real_file(
        self, path: str, where: str | None, disk: Any, jp_serverapp: Any, jp_ws_fetch: Any, tmp_path: Path
    ) -> None:
        base = jp_serverapp.web_app.settings["page_config_data"]["rootUri"]
        uri = f"{base}/{path}"
        socket = await jp_ws_fetch("lsp", "ws", "echo")
        try:
            opened = {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": uri}}
            for number, method in enumerate(["textDocument/didOpen", "textDocument/definition"]):
                message = {"jsonrpc": "2.0", "method": method, "params": opened}
                await socket.write_message(json.dumps({**message, "id": number} if number else message))
            answer = json.loads(await socket.read_message())
            assert answer["result"] == [{"uri": uri.replace("x.py", "y.py")}]
        finally:
            socket.close()
            for session in jp_serverapp.language_server_manager.sessions.values():
                process = session.process
                session.stop()
                process.wait(30)
        seen = [json.loads(line)["params"]["textDocument"] for line in (tmp_path / "notes").read_text().splitlines()]
        real = uri if where is None else (getattr(disk, where).resolve() / "x.py").as_uri()
        assert [document["uri"] for document in seen] == [real, real]
        assert seen[0]["text"] == uri
        # nothing is made in the default root for it
        assert not (disk.home / "@data").exists()
