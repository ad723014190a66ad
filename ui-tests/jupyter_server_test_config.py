"""The server of the browser tests: no token, JupyterLab's objects in the page. Loopback only, never in production.

`scripts/lab_server.py` starts it and sets the environment read here.
"""

import json
import os
import time
from typing import Any

from jupyterlab.galata import configure_jupyter_server

from cloudru_jlab.listing.jobs.engine.copying import Copier

c = get_config()  # type: ignore[name-defined]

configure_jupyter_server(c)
c.ServerApp.ip = "127.0.0.1"
c.ServerApp.port = int(os.environ["CLOUDRU_UI_PORT"])
c.ServerApp.base_url = os.environ["CLOUDRU_UI_BASE_URL"]
c.ServerApp.root_dir = os.environ["CLOUDRU_UI_ROOT"]
c.LabApp.workspaces_dir = os.environ["JUPYTERLAB_WORKSPACES_DIR"]
c.LabApp.app_settings_dir = os.environ["CLOUDRU_UI_APP_SETTINGS_DIR"]
# No news, no update check: nothing but the test talks to the network.
c.LabApp.check_for_updates_class = "jupyterlab.NeverCheckForUpdate"
c.LabApp.news_url = None
# Other roots than the one above, as a JSON list.
c.Roots.roots = json.loads(os.environ.get("CLOUDRU_UI_ROOT_LIST", "[]"))
c.Roots.user_parents = json.loads(os.environ.get("CLOUDRU_UI_ROOT_PARENTS", "[]"))


def hold_copies() -> None:
    """Hold the copy of a file called ``held.bin`` once its first piece is written, until its job is cancelled.

    A test cannot cancel what is over before it sees it, and how long a copy takes is the machine's affair.
    """
    copy_slice = Copier._slice

    def held(copier: Copier, old: int, new: int, position: int, *arguments: Any) -> int:
        if position > 0 and os.path.basename(os.readlink(f"/proc/self/fd/{old}")) == "held.bin":
            while True:
                # ends the wait by an exception
                copier._tick()
                time.sleep(0.01)
        return copy_slice(copier, old, new, position, *arguments)

    Copier._slice = held  # type: ignore[method-assign]


hold_copies()
