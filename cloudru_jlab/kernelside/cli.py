"""``jupyter cloudru``: what people and scripts say to JupyterLab from a terminal."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import sys
from collections.abc import Sequence
from typing import Any

from . import running
from .notify import (
    MAX_BODY,
    Address,
    Sent,
    address_of,
    addresses,
    clean,
    document,
    duration,
    post,
    running_servers,
)

DELIVERED, UNREACHABLE, USAGE, NO_SERVER, FORBIDDEN, REFUSED, NO_PROCESS = range(7)
_EXIT_CODES = """
exit codes:
  0  the notification was delivered
  1  the server could not be reached, or failed
  2  the command line is wrong
  3  no running server was found, or several and none was chosen
  4  the server does not accept the token
  5  the server refused the notification (a limit, or too many at once)
  6  --wait-for: there is no such process
With -- COMMAND the exit code is the command's own: 128 + N where signal N ended it, 127 where it was not found, 126
where it could not be run. That it could not be told is then said on standard error alone.

environment:
  CLOUDRU_JLAB_URL, CLOUDRU_JLAB_TOKEN   the server to post to; else the one this terminal or kernel runs under,
                                         else the only one of this user that runs on this machine
"""
_SEVERITIES = ("info", "success", "warning", "error", "critical")


class Problem(Exception):
    """Something that ends the program, with its exit code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jupyter cloudru", description="Talk to JupyterLab from a terminal.", allow_abbrev=False
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    notify = commands.add_parser(
        "notify",
        help="show a notification",
        usage="%(prog)s [options] TITLE\n       %(prog)s [options] [TITLE] -- COMMAND [ARGUMENT ...]\n"
        "       %(prog)s [options] [TITLE] --wait-for PID",
        description="Show a notification in JupyterLab; now, or when a command or a process has ended.",
        epilog=_EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = notify.add_argument
    add("title", metavar="TITLE", nargs="?", help="what it is about, in up to 120 characters")
    add("--body", default="", help="more text, up to 4,000 characters; - reads it from standard input")
    add("--severity", choices=_SEVERITIES, help="info unless said; of a command or process: how it ended")
    add("--category", default="general", help="a word to filter by: small letters, digits and .-_")
    add("--link", action="append", default=[], metavar="LABEL=URL", help="https://… or /path; up to five times")
    add("--progress", type=_share, metavar="SHARE", help="from 0 to 1")
    add("--dedupe-key", metavar="KEY", help="a later notification with the same key replaces this one")
    add("--text", action="append", default=[], metavar="LANG=TITLE", help="the title in another language: ru=Готово")
    add("--recipient", default="me", help="me, or all for everybody on the server; an operator: a user's name")
    add("--expires", type=int, metavar="SECONDS", help="how long it is worth showing")
    add("--name", default="", help="what the sender calls itself")
    add("--wait-for", type=_pid, metavar="PID", help="notify when this process has ended")
    add("--url", help="the server's address, where it is not found by itself")
    add("--token-file", metavar="FILE", help="a file with the server's token, or with the operator's")
    return parser


def _share(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError("from 0 to 1")
    return value


def _pid(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("a process id")
    return value


def _pair(option: str, text: str) -> tuple[str, str]:
    left, equals, right = text.partition("=")
    if not (left and equals and right):
        raise Problem(USAGE, f"{option} {text!r}: two parts with = between them are needed.")
    return left, right


def _link(text: str) -> dict[str, str]:
    if re.match(r"(https://|/)", text):
        return {"label": clean(text, 80), "url": text}
    label, url = _pair("--link", text)
    if not re.match(r"(https://|/(?![/\\]))", url):
        raise Problem(USAGE, f"--link {text!r}: an address begins with https:// or with one slash.")
    return {"label": label, "url": url}


def choose(options: argparse.Namespace, environ: Any) -> Address:
    """The server to post to.

    Raises
    ------
    Problem
        There is none, or several; or the token cannot be read.
    """
    token = ""
    if options.token_file:
        try:
            with open(options.token_file, encoding="utf-8") as file:
                token = file.read(8_192).strip()
        except (OSError, ValueError) as error:
            raise Problem(USAGE, f"The token file cannot be read: {error}") from None
    if options.url:
        found = [address_of(options.url, token or environ.get("CLOUDRU_JLAB_TOKEN", ""))]
    else:
        found = addresses(environ)
    if not found:
        servers = running_servers(environ)
        if len(servers) > 1:
            listed = "\n".join(f"  --url {server.base}   (process {pid})" for pid, server in servers.items())
            raise Problem(NO_SERVER, f"Several Jupyter servers run here. Choose one:\n{listed}")
        found = list(servers.values())
    if not found:
        raise Problem(NO_SERVER, "No running Jupyter server was found. Set CLOUDRU_JLAB_URL and CLOUDRU_JLAB_TOKEN.")
    address = found[0]
    if not token and not address.token:
        # the address of a server that we know, whose token lies in its own file
        known = (server.token for server in running_servers(environ).values() if server.base == address.base)
        token = next(known, "")
    return address._replace(token=token) if token else address


def _code(sent: Sent) -> int:
    if sent:
        return DELIVERED
    if sent.status in (401, 403):
        return FORBIDDEN
    return REFUSED if sent.status in (400, 413, 422, 429) else UNREACHABLE


def _message(options: argparse.Namespace, title: str, body: str, **more: Any) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "severity": options.severity or "info",
        "category": options.category,
        "links": [_link(link) for link in options.link],
        "progress": options.progress,
        "dedupe_key": options.dedupe_key,
        "texts": {language: (text, "") for language, text in (_pair("--text", text) for text in options.text)},
        "recipient": options.recipient,
        "expires_seconds": options.expires,
        "name": clean(options.name, 80) or "jupyter cloudru",
    }
    return document(title, body, **{**fields, **more})


def _ended(options: argparse.Namespace, title: str, how: running.End) -> dict[str, Any]:
    """What is said when a command or a process has ended."""
    texts = {}
    for language in ("en", "ru"):
        russian = language == "ru"
        took = duration(how.seconds, language)
        if how.signal:
            verdict, detail = (": остановлено", f"Сигнал {how.signal}") if russian else (" was ended", how.signal)
        elif how.code is None:
            verdict, detail = (": закончилось", "") if russian else (" has ended", "")
        elif how.code == 0:
            verdict, detail = (": готово", "") if russian else (" finished", "")
        else:
            verdict = ": ошибка" if russian else " failed"
            detail = f"Код завершения {how.code}" if russian else f"Exit code {how.code}"
        after = ("Заняло" if russian else "Took") if how.code == 0 else ("Через" if russian else "After")
        if how.since_start is False:
            after = "Ожидание" if russian else "Waited"
        body = "\n".join(line for line in (options.body, detail, f"{after} {took}") if line)
        texts[language] = (clean(title, 120 - len(verdict)) + verdict, clean(body, MAX_BODY))
    severity = "info" if how.code is None and not how.signal else "success" if how.code == 0 else "error"
    more: dict[str, Any] = {"severity": options.severity or severity, "progress": None, "texts": {"ru": texts["ru"]}}
    title, body = texts["en"]
    return _message(options, title, body, **more)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program; its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    command: list[str] = []
    if "--" in words:
        place = words.index("--")
        words, command = words[:place], words[place + 1 :]
        if not command:
            _parser().error("a command is needed after --")
    options = _parser().parse_args(words)
    try:
        return _notify(options, command)
    except Problem as problem:
        print(f"jupyter cloudru: {problem}", file=sys.stderr)
        return problem.code


def _notify(options: argparse.Namespace, command: list[str]) -> int:
    if command and options.wait_for:
        raise Problem(USAGE, "Either a command or --wait-for, not both.")
    if not command and not options.wait_for and not (options.title or "").strip():
        raise Problem(USAGE, "A title is needed.")
    if options.body == "-":
        options.body = sys.stdin.read(MAX_BODY * 4)
    _message(options, "checked before anything runs", "")
    if command:
        return _run(options, command)
    address = choose(options, os.environ)
    if options.wait_for:
        return _wait(options, address)
    return _deliver(address, _message(options, options.title, options.body))


def _deliver(address: Address, message: dict[str, Any]) -> int:
    sent = post(address, message, timeout=10.0)
    if not sent:
        print(f"jupyter cloudru: {sent.problem}", file=sys.stderr)
    return _code(sent)


def _run(options: argparse.Namespace, command: list[str]) -> int:
    address: Address | None = None
    try:
        address = choose(options, os.environ)
    except Problem as problem:
        # the command is what matters: it runs all the same
        print(f"jupyter cloudru: nobody will be told: {problem}", file=sys.stderr)
    try:
        how = running.run(command)
    except OSError as error:
        print(f"jupyter cloudru: {command[0]}: {error.strerror}", file=sys.stderr)
        return 127 if isinstance(error, FileNotFoundError) else 126
    if address is not None:
        with contextlib.suppress(KeyboardInterrupt):
            _deliver(address, _ended(options, options.title or os.path.basename(command[0]), how))
    return how.status


def _wait(options: argparse.Namespace, address: Address) -> int:
    try:
        how = running.wait_for(options.wait_for)
    except ProcessLookupError:
        raise Problem(NO_PROCESS, f"There is no process {options.wait_for}.") from None
    return _deliver(address, _ended(options, options.title or f"{how.name} ({options.wait_for})", how))


if __name__ == "__main__":
    sys.exit(main())
