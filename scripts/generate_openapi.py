"""Write docs/openapi.json from the features' routes and the msgspec structs of their verbs.

python scripts/generate_openapi.py            write it
python scripts/generate_openapi.py --check    fail when it is stale
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from cloudru_jlab import __version__
from cloudru_jlab.core.feature import Feature
from cloudru_jlab.core.handlers import ROUTE_PREFIX, ApiHandler, ErrorEnvelope, Operation
from cloudru_jlab.features import FEATURES

FILE = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"
VERBS = ("get", "post", "put", "patch", "delete")
REF = "#/components/schemas/{name}"


class Verb(NamedTuple):
    """One verb of one route."""

    slug: str
    pattern: str
    name: str
    handler: type[ApiHandler]
    function: Callable[..., Any]
    operation: Operation | None


class WithoutServer:
    """Stands for a feature that no server has set up: its services, which the routes hand to handlers, are None."""

    def __init__(self, feature: type[Feature]) -> None:
        self.feature = feature

    def __getattr__(self, name: str) -> Any:
        return getattr(self.feature, name, None)


def verbs() -> Iterator[Verb]:
    """Every verb that the features serve, in the order of their routes."""
    for feature in FEATURES:
        for pattern, handler, _ in feature.routes(WithoutServer(feature)):  # type: ignore[arg-type]
            for name in VERBS:
                function = getattr(handler, name)
                # tornado answers 405 for verbs that a handler leaves alone
                if function.__module__.startswith("cloudru_jlab."):
                    yield Verb(feature.slug, pattern, name, handler, function, getattr(function, "operation", None))


def path_template(pattern: str) -> tuple[str, list[str]]:
    """A route's pattern as an OpenAPI path, and the names of its parameters."""
    names: list[str] = []

    def parameter(match: re.Match[str]) -> str:
        names.append(match.group(1) or f"arg{len(names)}")
        return "{" + names[-1] + "}"

    template = re.sub(r"\((?:\?P<(\w+)>)?[^()]*\)", parameter, pattern)
    return ROUTE_PREFIX + template.strip("/").removesuffix("$"), names


def tidy(value: Any) -> Any:
    """Schemas with docstrings' line breaks and backquotes taken out."""
    if isinstance(value, dict):
        return {
            key: " ".join(item.replace("``", "`").split())
            if key == "description" and isinstance(item, str)
            else tidy(item)
            for key, item in value.items()
        }
    return [tidy(item) for item in value] if isinstance(value, list) else value


def query_parameters(shape: type[msgspec.Struct], schemas: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of a query struct as parameters."""
    schema = schemas[shape.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": field}
        for name, field in schema["properties"].items()
    ]


def describe(verb: Verb, names: list[str], schemas: dict[str, Any]) -> dict[str, Any]:
    """One operation of the document."""
    operation = verb.operation
    assert operation is not None  # noqa: S101 - `document` has checked it
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ]
    if operation.query is not None:
        parameters += query_parameters(operation.query, schemas)
    answer: dict[str, Any] = {"description": "Done."}
    if operation.returns is not None:
        reference = {"$ref": REF.format(name=operation.returns.__name__)}
        answer = {"description": "The answer.", "content": {"application/json": {"schema": reference}}}
    described: dict[str, Any] = {
        "operationId": f"{verb.slug}_{verb.handler.__name__.removesuffix('Handler').lower()}_{verb.name}",
        "summary": " ".join((inspect.getdoc(verb.function) or "").split("\n\n")[0].split()),
        "tags": [verb.slug],
        "responses": {str(operation.status): answer, "default": {"$ref": "#/components/responses/Error"}},
    }
    if parameters:
        described["parameters"] = parameters
    if operation.body is not None:
        reference = {"$ref": REF.format(name=operation.body.__name__)}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    return described


def document() -> dict[str, Any]:
    """The whole OpenAPI document; raises `ValueError` for a verb that does not say what it takes and gives."""
    served = list(verbs())
    for verb in served:
        if verb.operation is None:
            raise ValueError(f"{verb.handler.__name__}.{verb.name} lacks @operation")
    operations = [verb.operation for verb in served if verb.operation is not None]
    queries = {operation.query for operation in operations} - {None}
    shapes = {shape for operation in operations for shape in (operation.body, operation.returns)} - {None}
    wanted = sorted(queries | shapes | {ErrorEnvelope}, key=lambda shape: shape.__name__)  # type: ignore[union-attr]
    _, schemas = msgspec.json.schema_components(wanted, ref_template=REF)
    schemas = tidy(schemas)
    paths: dict[str, Any] = {}
    for verb in served:
        template, names = path_template(verb.pattern)
        paths.setdefault(template, {})[verb.name] = describe(verb, names, schemas)
    only_queries = {shape.__name__ for shape in queries - shapes if shape is not None}
    error = {"schema": {"$ref": REF.format(name=ErrorEnvelope.__name__)}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "cloudru-jlab", "version": __version__},
        "servers": [{"url": "{base_url}", "variables": {"base_url": {"default": ""}}}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "Authorization"}},
            "responses": {
                "Error": {"description": "What went wrong.", "content": {"application/json": error}},
            },
            "schemas": {name: schema for name, schema in sorted(schemas.items()) if name not in only_queries},
        },
    }


def rendered() -> str:
    """The file's text."""
    return json.dumps(document(), ensure_ascii=False, indent=2) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail when the file is stale")
    options = parser.parse_args()
    text = rendered()
    if options.check:
        fresh = FILE.is_file() and FILE.read_text(encoding="utf-8") == text
        if not fresh:
            print("docs/openapi.json is stale: run make openapi", file=sys.stderr)
        return 0 if fresh else 1
    FILE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
