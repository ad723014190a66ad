"""How roots are configured, which one the server opens in, and when it does not start."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_server.serverapp import ServerApp

from cloudru_jlab.core.ports import REGISTRY_SETTING

Start = Callable[..., Any]


@pytest.fixture
def start(
    early_log: None, jp_configurable_serverapp: Any, jp_server_config: dict[str, Any], jp_asyncio_loop: Any
) -> Iterator[Start]:
    """Starts a server with roots; in the folder that it is told, else wherever it wants."""
    apps = []

    def start(*roots: dict[str, Any], root_dir: Path | None = None, more: Any = None, **settings: Any) -> Any:
        config = {**jp_server_config, "Roots": {"roots": list(roots), **settings}}
        for section, values in (more or {}).items():
            config[section] = {**config.get(section, {}), **values}
        app = jp_configurable_serverapp(config=config, root_dir=root_dir)
        apps.append(app)
        return app

    yield start
    for app in apps:
        jp_asyncio_loop.run_until_complete(app._cleanup())
    ServerApp.clear_instance()


def registry_of(app: Any) -> Any:
    return app.web_app.settings[REGISTRY_SETTING]


def page_option(app: Any) -> Any:
    return app.web_app.settings["page_config_data"]["cloudruRoots"]


def shown(app: Any) -> list[tuple[str, str, str]]:
    """Name, prefix and path of each root."""
    return [(root.info.name, root.info.prefix, root.info.real.decode()) for root in registry_of(app).roots()]


@pytest.fixture
def here(folders: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory."""
    path = folders("here")
    monkeypatch.chdir(path)
    return path


def test_without_configuration_nothing_changes(start: Start, here: Path) -> None:
    app = start()
    assert page_option(app) is False
    assert shown(app) == [("home", "", str(here))]
    assert app.root_dir == str(here)
    assert registry_of(app).roots()[0].info.symlinks == "follow"


def test_configured_roots_are_there(start: Start, here: Path, folders: Callable[[str], Path]) -> None:
    data = folders("data")
    app = start({"name": "data", "path": str(data)})
    assert page_option(app) is True
    assert shown(app) == [("home", "", str(here)), ("data", "@data", str(data))]


def test_roots_of_a_file_are_there(start: Start, here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASETS", str(tmp_path / "datasets"))
    (tmp_path / "roots.json").write_text(json.dumps([{"name": "data", "path": "${DATASETS}/a"}]))
    app = start(file=str(tmp_path / "roots.json"))
    assert shown(app)[1:] == [("data", "@data", str(tmp_path / "datasets" / "a"))]


def test_where_users_may_add_roots_the_page_is_told(start: Start, here: Path) -> None:
    assert page_option(start(user_parents=["~"])) is True


def test_the_server_opens_in_the_default_root(start: Start, here: Path, folders: Callable[[str], Path]) -> None:
    home = folders("home")
    (home / ".hidden").write_text("")
    app = start({"name": "mine", "title": "Mine", "path": str(home), "default": True, "symlinks": "deny"})
    assert app.root_dir == app.contents_manager.root_dir == str(home)
    assert shown(app) == [("mine", "", str(home))]
    assert page_option(app) is False
    [root] = registry_of(app).roots()
    assert (root.info.title, root.info.symlinks, root.info.hidden, root.info.default) == ("Mine", "deny", False, True)


@pytest.mark.parametrize("hidden", [True, False])
def test_hidden_files_of_the_default_root_are_as_configured(
    start: Start, here: Path, folders: Callable[[str], Path], hidden: bool
) -> None:
    app = start({"name": "mine", "path": str(folders("home")), "default": True, "hidden": hidden})
    assert app.contents_manager.allow_hidden is hidden
    assert registry_of(app).roots()[0].info.hidden is hidden


def test_what_the_operator_says_of_hidden_files_elsewhere_stays(
    start: Start, here: Path, folders: Callable[[str], Path]
) -> None:
    root = {"name": "mine", "path": str(folders("home")), "default": True, "hidden": False}
    app = start(root, more={"ContentsManager": {"allow_hidden": True}})
    assert app.contents_manager.allow_hidden is True
    assert registry_of(app).roots()[0].info.hidden is True


def test_a_folder_that_the_server_was_told_elsewhere_stays(
    start: Start, folders: Callable[[str], Path], caplog: pytest.LogCaptureFixture
) -> None:
    home, told = folders("home"), folders("told")
    app = start({"name": "mine", "path": str(home), "default": True}, root_dir=told)
    assert shown(app) == [("home", "", str(told)), ("mine", "@mine", str(home))]
    assert page_option(app) is True
    assert "its paths begin with @mine" in caplog.text


def test_a_folder_of_the_contents_manager_stays(start: Start, here: Path, folders: Callable[[str], Path]) -> None:
    home, told = folders("home"), folders("told")
    app = start(
        {"name": "mine", "path": str(home), "default": True}, more={"FileContentsManager": {"root_dir": str(told)}}
    )
    assert shown(app) == [("home", "", str(told)), ("mine", "@mine", str(home))]


def test_the_same_folder_told_twice_is_the_default_root(start: Start, folders: Callable[[str], Path]) -> None:
    home = folders("home")
    app = start({"name": "mine", "path": str(home), "default": True}, root_dir=home)
    assert shown(app) == [("mine", "", str(home))]


def test_the_default_root_follows_a_manager_that_another_extension_sets(
    start: Start, here: Path, folders: Callable[[str], Path]
) -> None:
    app = start()
    other = type(app.contents_manager)(parent=app, root_dir=str(folders("other")), allow_hidden=True)
    app.web_app.settings["contents_manager"] = other
    [root] = registry_of(app).roots()
    assert (root.info.real.decode(), root.info.hidden) == (other.root_dir, True)


def test_a_read_only_root_in_a_writable_one_is_told(start: Start, here: Path, caplog: pytest.LogCaptureFixture) -> None:
    start({"name": "all", "path": "/srv"}, {"name": "data", "path": "/srv/data", "read_only": True})
    assert "The read-only root 'data' lies in the root 'all', through which it may be written to" in caplog.text


# --- no server


def refusal(start: Start, caplog: pytest.LogCaptureFixture, *roots: Any, **settings: Any) -> str:
    with pytest.raises(SystemExit) as ended:
        start(*roots, **settings)
    assert ended.value.code == 1
    [message] = [record.getMessage() for record in caplog.records if record.levelname == "CRITICAL"]
    return message


def test_a_wrong_configuration_ends_the_server(start: Start, here: Path, caplog: pytest.LogCaptureFixture) -> None:
    message = refusal(start, caplog, {"name": "data", "path": "${NO_SUCH_VARIABLE}/x"})
    assert message.startswith("The server does not start. c.Roots.roots[0] (data): the environment variable")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"user_parents": ["relative"]}, "c.Roots.user_parents[0]: the path 'relative' is not absolute"),
        ({"file": "/no/such/file"}, "the file of roots cannot be read"),
        ({"threads": 0}, "Roots.threads must be from 1 to 64"),
        ({"deadline_seconds": 0}, "Roots.deadline_seconds must be more than 0 seconds"),
        ({"roots": "data"}, "roots"),
        ({"roots": ["data"]}, "roots"),
    ],
)
def test_wrong_settings_end_the_server(
    start: Start, here: Path, caplog: pytest.LogCaptureFixture, settings: dict[str, Any], words: str
) -> None:
    assert words in refusal(start, caplog, **settings)


def test_a_default_root_that_is_not_there_ends_the_server(
    start: Start, here: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    message = refusal(start, caplog, {"name": "mine", "path": str(tmp_path / "none"), "default": True})
    assert f"The default root 'mine' is not there: {tmp_path / 'none'} is no folder. Create or mount it" in message


@pytest.mark.parametrize("kind", ["folder", "file", "link"])
def test_an_entry_that_a_root_would_hide_ends_the_server(
    start: Start, here: Path, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    entry = here / "@data"
    if kind == "folder":
        entry.mkdir()
    elif kind == "file":
        entry.write_text("")
    else:
        entry.symlink_to("/no/such/target")
    message = refusal(start, caplog, {"name": "data", "path": "/srv/data"})
    assert f"The folder {here} holds an entry “@data”, which the root 'data' would hide. Rename the entry" in message


def test_entries_of_other_names_do_not_matter(start: Start, here: Path) -> None:
    for name in ("@data2", "@Data", "data", "@home", "@"):
        (here / name).mkdir()
    assert len(shown(start({"name": "data", "path": "/srv/data"}))) == 2
