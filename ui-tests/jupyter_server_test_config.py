"""The server of the browser tests: no token, JupyterLab's objects in the page. Loopback only, never in production.

`scripts/lab_server.py` starts it and sets the environment read here.
"""

import json
import os

from jupyterlab.galata import configure_jupyter_server

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
