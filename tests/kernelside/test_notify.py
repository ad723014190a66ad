"""The Python API, in kernels and scripts of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from serving import Page, Server

from cloudru_jlab.kernelside import notify as module

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(server: Server) -> Page:
    return server.page(server.start_kernel())


def script(server: Server, code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script that knows the server, unless ``environment`` says otherwise."""
    known = {"CLOUDRU_JLAB_URL": server.url, "CLOUDRU_JLAB_TOKEN": server.token, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**server.environment, **known, **environment},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


def test_a_kernel_finds_its_server(server: Server, page: Page) -> None:
    page.run("from cloudru_jlab import notify")
    assert page.value("notify('From a notebook', links={'Log': 'https://example.org'}).via") == "'http'"
    row = server.told(title="From a notebook")
    assert row["source"] == {"kind": "program", "name": "long.ipynb"}


def test_a_program_started_by_a_kernel_finds_its_server(server: Server, page: Page) -> None:
    code = "from cloudru_jlab import notify; print(notify('From a child').via)"
    run = (
        "__import__('subprocess').run([__import__('sys').executable, '-c', %r], capture_output=True, text=True).stdout"
    )
    assert page.value(run % code) == repr("http\n")
    server.told(title="From a child")


def test_jobs_show_progress_and_how_they_end(server: Server) -> None:
    code = """
from cloudru_jlab import notify
with notify.job("Good job", links=["https://example.org"]) as job:
    for step in range(1001):
        job.progress(step / 1000)
try:
    with notify.job("Bad job"):
        {}["missing"]
except KeyError:
    print("raised")
@notify.when_done
def work(): return 42
@notify.when_done("Async work", longer_than=600)
async def later(): return 43
import asyncio
print(work(), asyncio.run(later()), work.__name__)
"""
    done = script(server, code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "raised\n42 43 work\n", "")
    good = server.told(title="Good job finished")
    assert (good["severity"], good["progress"], good["texts"]["ru"]["title"]) == ("success", None, "Good job: готово")
    assert server.told(title="Bad job failed: KeyError")["severity"] == "error"
    server.told(title="work finished")
    assert not [row for row in server.notifications() if row["title"].startswith("Async work")]


def test_sends_progress_before_the_program_ends(server: Server) -> None:
    script(server, "from cloudru_jlab import notify\nnotify.job('At exit').progress(0.25)")
    assert server.told(title="At exit")["progress"] == 0.25


def test_never_raises(server: Server, tmp_path: Path) -> None:
    code = """
import logging; logging.basicConfig(format="%(message)s")
from cloudru_jlab import notify
for wrong in (dict(severity="fatal"), dict(links=[1]), dict(texts={"ru": 5}), dict(progress="much")):
    print(bool(notify("x", **wrong)))
print(bool(notify("\\x00\\u202e\\ud800" * 9, "b" * 9000)))
print(bool(notify(None)))
"""
    done = script(server, code)
    assert done.stdout.split() == ["False"] * 4 + ["True"] * 2, done.stderr
    assert done.stderr.count("\n") == 1
    nobody = {
        "CLOUDRU_JLAB_URL": "",
        "CLOUDRU_JLAB_TOKEN": "",
        "JUPYTER_RUNTIME_DIR": str(tmp_path),
        "JPY_PARENT_PID": "",
    }
    done = script(server, code, **nobody)
    assert done.returncode == 0
    assert done.stdout.split() == ["False"] * 6
    assert done.stderr.count("\n") == 1
    assert "CLOUDRU_JLAB_URL" in done.stderr


def test_a_forked_child_sends_too(server: Server) -> None:
    code = """
import os
from cloudru_jlab import notify
print(bool(notify("Parent")), flush=True)
pid = os.fork()
if pid == 0:
    os._exit(0 if notify("Child") else 1)
print(os.waitpid(pid, 0)[1])
"""
    assert script(server, code).stdout.split() == ["True", "0"]
    server.told(title="Child")


def test_the_cell_magic_says_how_the_cell_ended(server: Server, page: Page) -> None:
    page.run("%load_ext cloudru_jlab")
    page.run("%load_ext cloudru_jlab")
    assert page.run("%%notify Good cell\nimport asyncio\nawait asyncio.sleep(0)\n42")["status"] == "ok"
    row = server.told(title="Good cell finished")
    assert row["category"] == "cell"
    reply = page.run("%%notify Bad cell\n\n1/0")
    assert (reply["status"], reply["ename"]) == ("error", "ZeroDivisionError")
    server.told(title="Bad cell failed: ZeroDivisionError")
    page.run("%%notify --longer-than 600 Short cell\n1")
    page.run("%%notify Last cell\n1")
    server.told(title="Last cell finished")
    titles = [row["title"] for row in server.notifications()]
    assert not [title for title in titles if title.startswith("Short cell")]
    assert titles.count("Good cell finished") == 1


def test_asks_no_more_than_python_of_a_bare_environment(server: Server, tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "bare")
    spec = Path(server.environment["JUPYTER_DATA_DIR"]) / "kernels" / "bare" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [str(python), "-Xfrozen_modules=off", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "display_name": "bare", "language": "python"}))
    page = server.page(server.start_kernel("bare.ipynb", "bare"))
    for absent in ("cloudru_jlab", "jupyter_server", "msgspec"):
        assert page.value(f"__import__('importlib.util').util.find_spec('{absent}')") == "None"
    # the module's text, sent over
    text = (ROOT / "cloudru_jlab" / "kernelside" / "notify.py").read_text(encoding="utf-8")
    assert page.run(f"text = {text!r}\nexec(compile(text, 'notify.py', 'exec'))")["status"] == "ok"
    assert page.value("notify('Bare by http').via") == "'http'"
    server.told(title="Bare by http")
    # without address and token: the kernel's own channel
    page.run("os.environ['JUPYTER_RUNTIME_DIR'] = '/nowhere'")
    assert page.value("notify('Bare by channel', severity='warning').via") == "'kernel'"
    assert server.told(title="Bare by channel")["severity"] == "warning"
    # and the package as `pip install --no-deps` leaves it
    site = next((tmp_path / "bare").glob("lib/python3*/site-packages"))
    (site / "cloudru_jlab").symlink_to(ROOT / "cloudru_jlab")
    assert page.value("__import__('cloudru_jlab').notify('Bare package').via") == "'kernel'"
    server.told(title="Bare package")
    assert page.run("%load_ext cloudru_jlab")["status"] == "ok"


def bare_environment(folder: Path) -> Path:
    """An environment with ipykernel and what that needs, and no more; without the network. Its Python."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=90)
    site = next(folder.glob("lib/python3*/site-packages"))
    wanted, seen = ["ipykernel"], set()
    while wanted:
        name = wanted.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            found = distribution(name)
        except ModuleNotFoundError:
            continue
        for top in {file.parts[0] for file in found.files or () if file.parts[0] not in ("..", "__pycache__")}:
            if not (site / top).exists():
                (site / top).symlink_to(os.path.abspath(str(found.locate_file(top))))
        for line in found.requires or ():
            if "extra ==" not in line:
                wanted.append("".join(c if c.isalnum() or c in "-_." else " " for c in line).split()[0])
    return folder / "bin" / "python"


def test_finds_servers_that_live(tmp_path: Path) -> None:
    (tmp_path / "jpserver-999999999.json").write_text("{}")
    (tmp_path / f"jpserver-{os.getpid()}.json").write_text(
        json.dumps({"hostname": "", "port": 1, "base_url": "/a/", "token": "t", "secure": True, "sock": ""})
    )
    (tmp_path / "jpserver-1.json").write_text("{damaged")
    environ = {"JUPYTER_RUNTIME_DIR": str(tmp_path)}
    assert module.running_servers(environ) == {os.getpid(): module.Address("https://127.0.0.1:1/a/", "t", verify=False)}
    environ["JPY_PARENT_PID"] = str(os.getpid())
    assert module.addresses(environ)[0].token == "t"
    environ |= {"JUPYTERHUB_API_TOKEN": "hub", "JUPYTERHUB_SERVICE_URL": "http://0.0.0.0:8888/user/jo/"}
    assert module.addresses(environ)[0] == module.Address("http://127.0.0.1:8888/user/jo/", "hub")
    environ["CLOUDRU_JLAB_URL"] = "https://example.org/x/lab/tree/a.ipynb?token=abc"
    assert module.addresses(environ) == [module.Address("https://example.org/x/", "abc")]


@pytest.mark.parametrize(
    ("seconds", "english", "russian"),
    [
        (0.04, "0.0 s", "0,0 с"),
        (9.96, "10 s", "10 с"),
        (125, "2 min 5 s", "2 мин 5 с"),
        (7_380, "2 h 3 min", "2 ч 3 мин"),
    ],
)
def test_says_durations(seconds: float, english: str, russian: str) -> None:
    assert module.duration(seconds) == english
    assert module.duration(seconds, "ru") == russian


def test_imports_nothing_heavy() -> None:
    code = "import sys, cloudru_jlab; print(sorted(m for m in sys.modules if m.startswith('cloudru_jlab')))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "['cloudru_jlab', 'cloudru_jlab._version']"
