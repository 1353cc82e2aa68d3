"""The API's OpenAPI as a page shows it: operation by operation, references followed, with an example for a shell."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

Schema = Mapping[str, Any]
EXAMPLES: dict[str, str | list[str]] = {
    "q": "red bicycle",
    "place": "Kyoto",
    "to": "12",
    "side": "640",
    "number": "12",
    "texts": ["a red bicycle"],
}
ASKED = frozenset({"q", "place", "to", "side"})  # the parameters that an example has
METHODS = ("get", "post", "put", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a key of an object. `default` is as JSON has it, "" where there is none."""

    name: str
    kind: str
    said: str
    required: bool = False
    default: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    said: str
    kind: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Operation:
    """`curl` is what follows the word in a shell, with `{base}` where the server's address belongs."""

    method: str
    path: str
    said: str
    parameters: list[Field]
    body: str
    body_fields: list[Field]
    answers: list[Answer]
    curl: str

    @property
    def anchor(self) -> str:
        return f"{self.method}{self.path}".replace("/", "-").strip("{}").lower()


def operations(api: Schema) -> list[Operation]:
    """Of an OpenAPI document, in its order."""
    return [
        _operation(api, method, path, methods[method])
        for path, methods in api["paths"].items()
        for method in METHODS
        if method in methods
    ]


def _operation(api: Schema, method: str, path: str, told: Schema) -> Operation:
    body_kind, body = _content(told.get("requestBody", {}))
    parameters = [
        Field(
            one["name"],
            kind_of(api, one["schema"]).removesuffix(" or null"),
            one.get("description", one["schema"].get("description", "")),
            one.get("required", False),
            _default(one["schema"]),
        )
        for one in told.get("parameters", [])
    ]
    return Operation(
        method.upper(),
        path,
        told.get("description", ""),
        parameters,
        f"{body_kind}: {kind_of(api, body)}" if body_kind else "",
        list(fields_of(api, body)),
        [_answer(api, status, answer) for status, answer in told["responses"].items()],
        _curl(api, method, path, parameters, body_kind, body),
    )


def _answer(api: Schema, status: str, told: Schema) -> Answer:
    kind, schema = _content(told)
    said = "" if told["description"] == "Successful Response" else told["description"]
    name = kind_of(api, schema) if kind == "application/json" else kind
    return Answer(status, said, name, list(fields_of(api, schema)) if status == "200" else [])


def _content(told: Schema) -> tuple[str, Schema]:
    contents: Mapping[str, Schema] = told.get("content", {})
    for kind, found in contents.items():
        return kind, found.get("schema", {})
    return "", {}


def _followed(api: Schema, schema: Schema) -> Schema:
    reference = schema.get("$ref")
    return api["components"]["schemas"][reference.rpartition("/")[2]] if reference else schema


def fields_of(api: Schema, schema: Schema, before: str = "") -> Iterator[Field]:
    """The keys of an object, and below them those of the objects in it: `hits[].path`."""
    schema = _followed(api, schema)
    for name, own in schema.get("properties", {}).items():
        required = name in schema.get("required", ())
        yield Field(before + name, kind_of(api, own), own.get("description", ""), required, _default(own))
        for inner, mark in ((own, "."), (own.get("items", {}), "[]."), *((one, ".") for one in own.get("anyOf", ()))):
            if "$ref" in inner:
                yield from fields_of(api, inner, f"{before}{name}{mark}")


def kind_of(api: Schema, schema: Schema) -> str:
    """`string`, `integer or null`, `list of Hit`, `portrait, landscape or null`"""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(kind_of(api, one) for one in schema["anyOf"])
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {kind_of(api, schema.get('items', {}))}"
    return "bytes" if schema.get("format") == "binary" else str(schema.get("type", "anything"))


def _default(schema: Schema) -> str:
    default = schema.get("default")
    return "" if default in (None, [], "") else json.dumps(default)


def _curl(api: Schema, method: str, path: str, parameters: list[Field], kind: str, body: Schema) -> str:
    asked = {one.name: EXAMPLES[one.name] for one in parameters if one.name in ASKED}
    where = "{base}" + path.format(**EXAMPLES) + (f"?{urlencode(asked)}" if asked and method == "get" else "")
    pieces = [f"'{where}'"]
    if kind == "application/json":
        example = {name: EXAMPLES[name] for name in _followed(api, body).get("required", ())}
        pieces += ["-H 'Content-Type: application/json'", f"-d '{json.dumps(example)}'"]
    elif kind:
        pieces += ["--data-binary @photo.jpg"]
    return " ".join([*pieces, "-o photo.jpg"] if path.endswith("thumbnail") else pieces)
