"""The command line, as a process, with a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lab_server import free_port
from serving import Server, jupyter_server, until

ROOT = Path(__file__).parents[2]


def environment(server: Server | None, **more: str) -> dict[str, str]:
    """What a terminal beside the server has: no address, no token."""
    base = dict(os.environ) if server is None else dict(server.environment)
    kept = {name: value for name, value in base.items() if not name.startswith(("CLOUDRU_", "JPY_", "JUPYTERHUB_"))}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def start(*arguments: str, env: dict[str, str], **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "cloudru_jlab.kernelside.cli", "notify", *arguments]
    return subprocess.Popen(
        command,
        env=env,
        text=True,
        **{"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


def run(*arguments: str, env: dict[str, str], given: str = "") -> tuple[int, str, str]:
    process = start(*arguments, env=env)
    out, err = process.communicate(given, timeout=90)
    return process.returncode, out, err


def test_finds_the_only_server(server: Server) -> None:
    code, out, err = run(
        *("Training failed", "--severity", "error", "--link", "Log=https://example.org/log?a=b", "--body", "-"),
        *("--category", "training", "--progress", "0.4", "--dedupe-key", "cli", "--text", "ru=Обучение упало"),
        env=environment(server),
        given="first line\nsecond line\n",
    )
    assert (code, out, err) == (0, "", "")
    row = server.told(title="Training failed")
    assert row["source"] == {"kind": "program", "name": "jupyter cloudru"}
    assert row["links"] == [{"label": "Log", "url": "https://example.org/log?a=b"}]
    assert (row["body"], row["progress"], row["category"]) == ("first line\nsecond line", 0.4, "training")
    assert row["texts"]["ru"]["title"] == "Обучение упало"
    assert run("Training failed again", "--dedupe-key", "cli", env=environment(server))[0] == 0
    assert server.told(title="Training failed again")["id"] == row["id"]


def test_takes_the_address_from_the_environment(server: Server, tmp_path: Path) -> None:
    nowhere = {"JUPYTER_RUNTIME_DIR": str(tmp_path)}
    given = {"CLOUDRU_JLAB_URL": f"{server.url}lab?token=wrong", "CLOUDRU_JLAB_TOKEN": server.token}
    assert run("By environment", env=environment(server, **nowhere, **given))[0] == 0
    server.told(title="By environment")


def test_posts_as_the_operator_with_the_operators_token(server: Server, tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("operator-token-of-the-tests\n")
    code, _, err = run("Maintenance", "--token-file", str(token), "--recipient", "all", env=environment(server))
    assert code == 0, err
    assert server.told(title="Maintenance")["source"]["kind"] == "operator"


def test_says_why_it_could_not(server: Server, tmp_path: Path) -> None:
    wrong = tmp_path / "token"
    wrong.write_text("wrong")
    nobody = environment(server, JUPYTER_RUNTIME_DIR=str(tmp_path))
    there = environment(server)
    assert run("x", "--url", f"http://127.0.0.1:{free_port()}/", env=nobody)[0] == 1
    assert run("x", "--severity", "fatal", env=there)[0] == 2
    assert run("x", "--link", "Log=javascript:alert(1)", env=there)[0] == 2
    assert run(env=there)[0] == 2
    assert run("x", "--", env=there)[0] == 2
    code, _, err = run("x", env=nobody)
    assert (code, "No running Jupyter server" in err) == (3, True)
    code, _, err = run("x", "--url", server.url, "--token-file", str(wrong), env=nobody)
    assert code == 4
    assert "wrong" not in err
    assert run("x", "--category", "NOT A WORD", env=there)[0] == 5
    assert run("x", "--wait-for", "999999999", env=there)[0] == 6


def test_asks_which_of_several_servers(server: Server, tmp_path: Path) -> None:
    shared = {"JUPYTER_RUNTIME_DIR": server.environment["JUPYTER_RUNTIME_DIR"]}
    # private places but the runtime folder, as on one home
    with jupyter_server(tmp_path / "second", environment=shared) as second:
        code, _, err = run("Which", env=environment(server))
        assert code == 3
        assert server.url in err
        assert second.url in err
        assert second.token not in err
        assert run("Which", "--url", second.url, env=environment(server))[0] == 0
        second.told(title="Which")


def test_runs_a_command_and_says_how_it_ended(server: Server) -> None:
    script = "import sys; print(sys.stdin.read().upper(), end=''); print('err', file=sys.stderr); sys.exit(3)"
    code, out, err = run("Script", "--", sys.executable, "-c", script, env=environment(server), given="through")
    assert (code, out, err) == (3, "THROUGH", "err\n")
    row = server.told(title="Script failed")
    assert row["severity"] == "error"
    assert row["body"].startswith("Exit code 3\nAfter ")
    assert row["texts"]["ru"]["title"] == "Script: ошибка"
    assert run("Fine", "--", "true", env=environment(server))[0] == 0
    assert server.told(title="Fine finished")["severity"] == "success"
    assert run("--", "no-such-command", env=environment(server))[0] == 127
    assert run("--", "/etc", env=environment(server))[0] == 126


def test_runs_the_command_though_nobody_can_be_told(server: Server, tmp_path: Path) -> None:
    code, out, err = run(
        "--", "sh", "-c", "echo done; exit 5", env=environment(server, JUPYTER_RUNTIME_DIR=str(tmp_path))
    )
    assert (code, out) == (5, "done\n")
    assert "nobody will be told" in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_passes_signals_on(server: Server, number: signal.Signals) -> None:
    with start(
        # a shell, which a signal ends at any moment: Python loses SIGINT while it imports
        f"By {number.name}", "--", "sh", "-c", "echo ready; exec sleep 600", env=environment(server),
        # who runs the tests may have it ignored (nohup), and that is inherited
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as process:  # fmt: skip
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            process.send_signal(number)
            process.communicate(timeout=90)
        finally:
            process.kill()
    assert process.returncode == 128 + number
    row = server.told(title=f"By {number.name} was ended")
    assert row["body"].startswith(number.name)


def test_waits_for_a_process_of_somebody_else(server: Server) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        process = start("Other", "--wait-for", str(other.pid), env=environment(server))
        until(lambda: _waits(process.pid), "it to wait")
        other.terminate()
        other.wait()
        _, err = process.communicate(timeout=90)
    assert process.returncode == 0, err
    # which of the two depends on who was first to ask, its parent or we
    titles = {row["title"] for row in server.notifications()}
    assert titles & {"Other has ended", "Other was ended"}


def _waits(pid: int) -> bool:
    """Whether the process has opened what tells of another's end, or has begun to look at it."""
    links = [f"/proc/{pid}/fd/{handle}" for handle in os.listdir(f"/proc/{pid}/fd")]
    return any("pidfd" in os.readlink(link) for link in links if os.path.islink(link))


def test_help_lists_the_exit_codes() -> None:
    code, out, _ = run("--help", env=environment(None))
    assert code == 0
    assert "exit codes:" in out
