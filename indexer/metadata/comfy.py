"""ComfyUI's graphs -> the texts that reach a sampler's positive input.

A graph in the form of its API is {id: {"class_type": …, "inputs": {name: value or [id, output]}}}. A `workflow`, as
the editor keeps it, is a list of nodes and one of links; it is brought into the first form. Graphs are walked against
their arrows, without recursion: they may be long, and go round in circles.
"""

import re
from collections.abc import Iterator

from indexer.metadata.foreign_json import Json, as_object, as_objects

TEXT = re.compile(  # inputs that hold words: clip_l, clip_g and t5xxl are those of SD3
    r"(?:populated_)?(?:text|prompt|positive|string|caption|tags|value|clip_l|clip_g|t5|llama|bert|mt5|qwen|wildcard)"
)
ASIDE = re.compile(  # inputs by which no words come to a sampler
    r"negative|model|^clip$|vae|image|pixels|latent|samples|control_net|mask|vision|noise|sampler|sigmas|seed|lora"
)
WRITES = re.compile(r"textencode|prompt|string|text|primitive", re.IGNORECASE)  # kinds of nodes that hold words
MOST_NODES = 20_000


def positive_prompt(graph: Json) -> str | None:
    """The positive prompts of a graph in the form of its API, each once, a line each."""
    nodes = {str(name): node for name, node in list(graph.items())[:MOST_NODES] if isinstance(node, dict)}
    starts = list(_samplers(nodes))
    texts = list(_walk(nodes, starts)) if starts else list(_texts_of_no_negative(nodes))
    return "\n".join(dict.fromkeys(texts)) or None


def from_workflow(workflow: Json) -> Json:
    """An editor's workflow -> the form of the API, as far as its widgets have names."""
    sources: dict[object, list[object]] = {}
    for link in _list(workflow.get("links")):
        if isinstance(link, list) and len(link) >= 3 and isinstance(link[0], (int, str)):
            sources[link[0]] = [str(link[1]), link[2]]
        elif isinstance(link, dict) and isinstance(link.get("id"), (int, str)):
            sources[link["id"]] = [str(link.get("origin_id")), link.get("origin_slot")]
    nodes = as_objects(_list(workflow.get("nodes")))
    return {str(node.get("id")): {"class_type": node.get("type"), "inputs": _inputs(node, sources)} for node in nodes}


def _inputs(node: Json, sources: dict[object, list[object]]) -> Json:
    inputs: Json = {}
    slots = as_objects(_list(node.get("inputs")))
    for slot in slots:
        link = slot.get("link")
        if isinstance(link, (int, str)) and link in sources:
            inputs[str(slot.get("name"))] = sources[link]
    values = node.get("widgets_values")
    if isinstance(values, dict):
        return {**values, **inputs}
    if isinstance(values, list) and WRITES.search(str(node.get("type"))):
        names = [str(slot.get("name")) for slot in slots if isinstance(slot.get("widget"), dict)]
        names += [f"text{number}" for number in range(len(names), len(values))]
        inputs = {
            **{name: value for name, value in zip(names, values, strict=False) if isinstance(value, str)},
            **inputs,
        }
    return inputs


def _samplers(nodes: dict[str, Json]) -> Iterator[tuple[str, object]]:
    """What is plugged into the positive inputs of samplers and guiders; where none is called so, of any node."""
    kinds = {name: str(node.get("class_type")).lower() for name, node in nodes.items()}
    called = [name for name, kind in kinds.items() if "sampler" in kind or "guider" in kind]
    for some in (called, nodes):
        inputs = [as_object(nodes[name].get("inputs")) for name in some]
        links = [_link(given.get(key)) for given in inputs for key in ("positive", "conditioning")]
        if any(links):
            yield from (link for link in links if link)
            return


def _walk(nodes: dict[str, Json], starts: list[tuple[str, object]]) -> Iterator[str]:
    """The texts of all nodes that lead to some, in the order in which they are plugged in."""
    seen: set[tuple[str, bool]] = set()
    waiting: list[str | tuple[str, object]] = [*reversed(starts)]
    while waiting:
        here = waiting.pop()
        if isinstance(here, str):
            yield here
            continue
        name, output = here
        inputs = as_object(nodes.get(name, {}).get("inputs"))
        is_pair = "positive" in inputs and "negative" in inputs  # it hands on both
        is_second = is_pair and output == 1 and _link(inputs["negative"]) is not None  # a loader counts otherwise
        if (name, is_second) in seen:
            continue
        seen.add((name, is_second))
        wanted = ("negative" if is_second else "positive") if is_pair else None
        waiting += reversed([found for key in inputs if (found := _leads_on(key, inputs[key], wanted))])


def _leads_on(key: str, value: object, wanted: str | None) -> str | tuple[str, object] | None:
    """A text, or the node behind a link, where it belongs to the prompt."""
    if wanted and key != wanted:
        return None
    if isinstance(value, str):
        is_words = wanted or (TEXT.match(key.lower()) and "negative" not in key.lower())
        return value.strip() or None if is_words else None
    return _link(value) if wanted or not ASIDE.search(key.lower()) else None


def _texts_of_no_negative(nodes: dict[str, Json]) -> Iterator[str]:
    """Where there is no sampler to be seen: all texts but those of nodes that are called negative."""
    for node in nodes.values():
        title = str(as_object(node.get("_meta")).get("title")).lower()
        if WRITES.search(str(node.get("class_type"))) and "negative" not in title:
            inputs = as_object(node.get("inputs"))
            yield from (found for key in inputs if isinstance(found := _leads_on(key, inputs[key], None), str))


def _link(value: object) -> tuple[str, object] | None:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], (str, int)):
        return str(value[0]), value[1]
    return None


def _list(value: object) -> list[object]:
    return value[:MOST_NODES] if isinstance(value, list) else []
