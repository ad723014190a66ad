"""Our contents manager is set where the operator named none; his stays, and what is off is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from jupyter_server.services.contents.filemanager import AsyncFileContentsManager
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

from cloudru_jlab.contents.feature import PAGE_CONFIG, ContentsFeature
from cloudru_jlab.contents.manager import INDEX_SETTING, CloudruContentsManager
from cloudru_jlab.core.ports import DirectoryIndex


class OperatorsManager(AsyncFileContentsManager):
    """A manager of the operator's own."""


class OperatorsSubclass(CloudruContentsManager):
    """A manager that the operator made of ours."""


def feature_of(serverapp: Any) -> ContentsFeature:
    [app] = serverapp.extension_manager.extension_apps["cloudru_jlab"]
    [feature] = [feature for feature in app.features if isinstance(feature, ContentsFeature)]
    return feature


def page_config(serverapp: Any) -> Any:
    return serverapp.web_app.settings["page_config_data"][PAGE_CONFIG]


def test_our_manager_is_the_default(jp_serverapp: Any) -> None:
    assert type(jp_serverapp.contents_manager) is CloudruContentsManager
    assert jp_serverapp.web_app.settings["contents_manager"] is jp_serverapp.contents_manager
    assert feature_of(jp_serverapp).status == (True, "CloudruContentsManager", ())
    assert page_config(jp_serverapp) == "on"


@pytest.mark.parametrize("section", ["ServerApp", "JupyterApp"])
@pytest.mark.parametrize("manager_class", [OperatorsManager, AsyncLargeFileManager])
def test_operators_manager_stays(
    jp_configurable_serverapp: Callable[..., Any],
    jp_server_config: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
    section: str,
    manager_class: type,
) -> None:
    jp_server_config.setdefault(section, {})["contents_manager_class"] = manager_class
    serverapp = jp_configurable_serverapp(config=jp_server_config)
    assert type(serverapp.contents_manager) is manager_class
    status = feature_of(serverapp).status
    assert (status.active, status.manager) == (False, manager_class.__name__)
    assert page_config(serverapp) == "off"
    lines = [line for line in capsys.readouterr().err.splitlines() if "configured contents manager" in line]
    assert len(lines) == 1
    for part in status.off:
        assert part in lines[0]
    assert manager_class.__name__ in lines[0]


def test_operators_subclass_of_ours_is_ours(
    jp_configurable_serverapp: Callable[..., Any], jp_server_config: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    jp_server_config["ServerApp"]["contents_manager_class"] = OperatorsSubclass
    serverapp = jp_configurable_serverapp(config=jp_server_config)
    assert type(serverapp.contents_manager) is OperatorsSubclass
    assert feature_of(serverapp).status.active
    assert page_config(serverapp) == "on"
    assert "configured contents manager" not in capsys.readouterr().err


def test_operators_configuration_reaches_our_manager(
    jp_configurable_serverapp: Callable[..., Any], jp_server_config: dict[str, Any]
) -> None:
    jp_server_config["FileContentsManager"] = {"delete_to_trash": False}
    jp_server_config["ContentsManager"] = {"allow_hidden": True}
    jp_server_config["CloudruContentsManager"] = {"max_children": 5}
    manager = jp_configurable_serverapp(config=jp_server_config).contents_manager
    assert (manager.delete_to_trash, manager.allow_hidden, manager.max_children) == (False, True, 5)


def derive_as_jupytext(serverapp: Any) -> None:
    """Replace the manager after the server was set up, as jupytext does when it is loaded."""

    class Derived(serverapp.contents_manager_class):  # type: ignore[misc]
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.super = super()
            self.super.__init__(*args, **kwargs)

    serverapp.contents_manager_class = Derived
    serverapp.contents_manager = Derived(parent=serverapp, log=serverapp.log)
    serverapp.web_app.settings["contents_manager"] = serverapp.contents_manager


def test_manager_made_later_finds_the_index(jp_serverapp: Any) -> None:
    derive_as_jupytext(jp_serverapp)
    index = jp_serverapp.web_app.settings[INDEX_SETTING]
    assert jp_serverapp.contents_manager._index() is index
    assert index is None or isinstance(index, DirectoryIndex)
    assert feature_of(jp_serverapp).status == (True, "Derived", ())


def test_status_tells_of_a_replaced_manager(jp_serverapp: Any) -> None:
    jp_serverapp.web_app.settings["contents_manager"] = OperatorsManager(parent=jp_serverapp)
    status = feature_of(jp_serverapp).status
    assert (status.active, status.manager) == (False, "OperatorsManager")


def test_stop_ends_the_threads_of_the_manager_in_use(
    jp_serverapp: Any, jp_asyncio_loop: asyncio.AbstractEventLoop
) -> None:
    derive_as_jupytext(jp_serverapp)
    manager = jp_serverapp.contents_manager
    jp_asyncio_loop.run_until_complete(manager.get(""))
    jp_asyncio_loop.run_until_complete(feature_of(jp_serverapp).stop())
    jp_asyncio_loop.run_until_complete(feature_of(jp_serverapp).stop())
    with pytest.raises(RuntimeError, match="shutdown"):
        jp_asyncio_loop.run_until_complete(manager.get(""))


def test_feature_without_server_has_a_status() -> None:
    feature = ContentsFeature()
    assert not feature.status.active
    asyncio.run(feature.stop())
