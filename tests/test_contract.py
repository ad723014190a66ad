"""What must hold for every feature: its halves exist, its verbs are guarded, its description is fresh."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from pathlib import Path
from typing import Any

import pytest
from generate_openapi import FILE, Verb, path_template, rendered, verbs
from jupyter_server.auth import Authorizer
from tornado.httpclient import HTTPClientError

from cloudru_jlab.core.handlers import ROUTE_PREFIX
from cloudru_jlab.features import FEATURES

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "cloudru_jlab"
SERVER_SLUGS = {feature.slug for feature in FEATURES}
FRONT_SLUGS = {folder.name for folder in (ROOT / "src").iterdir() if folder.is_dir() and folder.name != "core"}
NOT_FEATURES = {"core", "kernelside", "locale", "labextension", "__pycache__"}

#: Verbs that anybody may call, as (slug, pattern): the two health probes, and nothing else.
OPEN_TO_ALL = {("healthcheck", "healthz/live"), ("healthcheck", "healthz/ready")}

SERVED = list(verbs())
SERVED_IDS = [f"{verb.slug}-{verb.name}-{verb.pattern}" for verb in SERVED]


# --- both halves of every feature exist


@pytest.mark.parametrize("feature", FEATURES, ids=lambda feature: feature.slug)
def test_feature_has_the_halves_it_declares(feature: Any) -> None:
    assert feature.halves <= {"server", "front"}
    assert ("server" in feature.halves) == (PACKAGE / feature.slug / "feature.py").is_file()
    assert ("front" in feature.halves) == (feature.slug in FRONT_SLUGS)


def test_features_lists_every_server_folder() -> None:
    folders = {folder.name for folder in PACKAGE.iterdir() if folder.is_dir()}
    assert folders - NOT_FEATURES == SERVER_SLUGS


@pytest.mark.parametrize("slug", sorted(FRONT_SLUGS))
def test_front_half_is_in_the_list_of_plugins(slug: str) -> None:
    assert (ROOT / "src" / slug / "index.ts").is_file()
    assert re.search(rf"from '\./{slug}'", (ROOT / "src" / "index.ts").read_text(encoding="utf-8"))


def stylesheets() -> set[str]:
    """Paths below style/: <slug>.css, or files in a folder of that name where one outgrew itself."""
    sheets = {sheet.relative_to(ROOT / "style").as_posix() for sheet in (ROOT / "style").rglob("*.css")}
    return sheets - {"index.css"}


def test_every_schema_and_stylesheet_belongs_to_a_front_half() -> None:
    assert {schema.stem for schema in (ROOT / "schema").glob("*.json")} <= FRONT_SLUGS
    owners = {sheet.removesuffix(".css").split("/")[0] for sheet in stylesheets() - {"base.css"}}
    assert owners <= FRONT_SLUGS, "a stylesheet is style/<slug>.css or style/<slug>/<subject>.css"


def test_every_stylesheet_is_loaded() -> None:
    css = (ROOT / "style" / "index.css").read_text(encoding="utf-8")
    js = (ROOT / "style" / "index.js").read_text(encoding="utf-8")
    assert {sheet for sheet in stylesheets() if sheet not in css or sheet not in js} == set()


def test_readme_has_a_row_for_every_feature() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = {slug for slug in SERVER_SLUGS | FRONT_SLUGS if re.search(rf"^\| \**{slug}\b", readme, re.MULTILINE)}
    assert rows == SERVER_SLUGS | FRONT_SLUGS


# --- every verb is authenticated and authorised


def decorators_of(verb: Verb) -> list[ast.expr]:
    """The decorators of a verb as they stand in the source."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(verb.function)))
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    return function.decorator_list


@pytest.mark.parametrize("verb", SERVED, ids=SERVED_IDS)
def test_verb_is_authenticated_and_authorised_with_both_arguments(verb: Verb) -> None:
    if (verb.slug, verb.pattern) in OPEN_TO_ALL:
        pytest.skip("open to all")
    decorators = decorators_of(verb)
    assert ast.unparse(decorators[0]) == "web.authenticated"
    calls = [node for node in decorators if isinstance(node, ast.Call) and ast.unparse(node.func) == "authorized"]
    assert len(calls) == 1
    given = {keyword.arg: ast.literal_eval(keyword.value) for keyword in calls[0].keywords}
    assert set(given) == {"action", "resource"}
    assert given["action"] in {"read", "write", "execute"}
    assert given["resource"]


class NobodyMayDoAnything(Authorizer):
    """Refuses everything, and remembers what was asked."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return False


def example_path(verb: Verb) -> str:
    template, names = path_template(verb.pattern)
    for example in ("x", "0" * 32):
        path = template
        for name in names:
            path = path.replace("{" + name + "}", example)
        if re.fullmatch(ROUTE_PREFIX + verb.pattern, path):
            break
    return path.lstrip("/")


def body_of(verb: Verb) -> dict[str, Any]:
    return {} if verb.name in {"get", "delete"} else {"body": "{}"}


@pytest.mark.parametrize("verb", SERVED, ids=SERVED_IDS)
async def test_verb_refuses_strangers(verb: Verb, jp_fetch: Any) -> None:
    if (verb.slug, verb.pattern) in OPEN_TO_ALL:
        pytest.skip("open to all")
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(
            example_path(verb), method=verb.name.upper(), headers={"Authorization": "token wrong"}, **body_of(verb)
        )
    assert refused.value.code == 403


@pytest.mark.parametrize("verb", SERVED, ids=SERVED_IDS)
async def test_verb_asks_the_authorizer(verb: Verb, jp_fetch: Any, jp_serverapp: Any) -> None:
    if (verb.slug, verb.pattern) in OPEN_TO_ALL:
        pytest.skip("open to all")
    jp_serverapp.web_app.settings["authorizer"] = NobodyMayDoAnything(parent=jp_serverapp)
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(example_path(verb), method=verb.name.upper(), **body_of(verb))
    assert refused.value.code == 403


# --- the description of the routes


def test_routes_stand_below_the_prefix() -> None:
    assert all(path_template(verb.pattern)[0].startswith(ROUTE_PREFIX) for verb in SERVED)


def test_openapi_is_fresh() -> None:
    assert FILE.is_file(), "run make openapi"
    assert FILE.read_text(encoding="utf-8") == rendered(), "stale: run make openapi"
