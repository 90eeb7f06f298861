"""The description of the API: operations → OpenAPI 3.1, and the readable page made from the same.

Not for answering (``search_web.api``). One table of operations is mounted, described and shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bottle import HTTPResponse

from search_web.api_parameters import Parameter, Values
from search_web.api_schemas import COMPONENTS, ref

BASE = "/api/v1"
VERSION = "1.3.0"
"""Of the description: the second number rises when operations, parameters or fields are added."""
PROBLEMS = {
    400: "A parameter is unknown or not as described; parameter names it.",
    404: "There is no such document, page or generation.",
    409: "The cursor does not belong to this search.",
    429: "Too many requests; Retry-After says when to come back.",
    501: "The service lacks what that format needs.",
    503: "There is no index to ask.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    id: str
    path: str  # below BASE, with {names}
    summary: str
    parameters: tuple[Parameter, ...]
    answer: Callable[[Values], HTTPResponse]
    schema: str | None = None  # of the JSON it answers with, a name in COMPONENTS
    media_types: tuple[str, ...] = ("application/json",)
    example: str = ""  # query string of a request to try


def described(operations: Sequence[Operation], server: str, software: str) -> dict[str, Any]:
    """The OpenAPI document. ``server`` is the address that BASE stands below."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Barnrättskompassen – sök",
            "version": VERSION,
            "summary": "Search in documents about the rights of the child, across municipalities and years.",
            "description": "Read only; no key, no cookies. Every answer names the generation of the index "
            "that was asked; give its id as index= to get the same answer as long as it is kept. Fields may "
            "be added within version 1; none is renamed or removed. "
            f"Served by Barnrättskompassen – sök {software}.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": server + BASE}],
        "paths": {o.path: {"get": _operation(o)} for o in operations},
        "components": {"schemas": COMPONENTS, "responses": {f"Problem{n}": _problem(n) for n in PROBLEMS}},
    }


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": PROBLEMS[status],
        "content": {"application/problem+json": {"schema": ref("Problem")}},
    }


def _operation(o: Operation) -> dict[str, Any]:
    schema: dict[str, Any] = ref(o.schema) if o.schema else {}
    return {
        "operationId": o.id,
        "summary": o.summary,
        "parameters": [_parameter(p) for p in o.parameters],
        "responses": {
            "200": {
                "description": "What was asked for.",
                "headers": {
                    "ETag": {
                        "description": "Give it back as If-None-Match.",
                        "schema": {"type": "string"},
                    }
                },
                "content": {m: {"schema": schema} for m in o.media_types},
            },
            "304": {"description": "Not changed since the ETag given."},
            **{str(n): {"$ref": f"#/components/responses/Problem{n}"} for n in PROBLEMS},
        },
    }


def _parameter(p: Parameter) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": p.name,
        "in": p.where,
        "description": p.text,
        "required": p.required or p.where == "path",
        "schema": dict(p.schema),
    }
    if p.schema["type"] == "array":
        found |= {"style": "form", "explode": not p.commas}
        if p.commas:
            found["schema"]["minItems"] = 1
    return found


def shown(operations: Sequence[Operation], server: str) -> Mapping[str, Any]:
    """What the page about the API shows: the operations with their values in words, and addresses to try."""
    return {
        "base": server + BASE,
        "version": VERSION,
        "operations": [
            {
                "id": o.id,
                "path": BASE + o.path,
                "summary": o.summary,
                "parameters": [(p, _values(p.schema)) for p in o.parameters],
                "members": _members(o.schema),
                "media_types": o.media_types,
                "example": o.example,
            }
            for o in operations
        ],
        "problems": PROBLEMS,
    }


def _members(schema: str | None) -> list[tuple[str, str]]:
    if schema is None:
        return []
    return [(name, str(s.get("description", ""))) for name, s in COMPONENTS[schema]["properties"].items()]


def _values(schema: Mapping[str, Any]) -> str:
    """The values of a parameter in a few words."""
    if schema["type"] == "array":
        return f"any number of: {_values(schema['items'])}"
    if "enum" in schema:
        return ", ".join(schema["enum"])
    if schema["type"] == "integer":
        return f"{schema['minimum']}–{schema['maximum']}"
    if "pattern" in schema:
        return str(schema["pattern"])
    if "maxLength" in schema:
        return f"text, at most {schema['maxLength']} characters"
    return "true, false" if schema["type"] == "boolean" else "text"
