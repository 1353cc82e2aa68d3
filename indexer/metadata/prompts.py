"""What a program was asked to draw: the positive prompt, out of the texts that it left in its pictures.

    parameters                       AUTOMATIC1111, Forge, SD.Next (text); SwarmUI, Fooocus (JSON)
    prompt, workflow                 ComfyUI
    invokeai_metadata, sd-metadata, dream    InvokeAI: 3 and later, 2, 1
    Comment                          NovelAI
    Description                      NovelAI, Midjourney, and whoever else follows PNG's own keywords

The same texts stand in EXIF's UserComment of JPEG, WebP and AVIF. Negative prompts are left out: who searches for
"blurry" does not mean pictures that were asked not to be.
"""

import json
import re
from collections.abc import Callable, Mapping

from indexer.metadata import comfy
from indexer.metadata.foreign_json import Json, as_object, as_objects
from indexer.metadata.text import PROMPT, clean

NEGATIVE = re.compile(r"(?:^|\n)\s*Negative prompt:", re.IGNORECASE)
SETTINGS = re.compile(r"(?:^|\n)\s*Steps: \d+,")
UNWANTED = re.compile(r"\[[^\]]*\]")  # in InvokeAI's older syntax
DREAM = re.compile(r'"((?:[^"\\]|\\.)*)"')
LARGEST = 8 << 20  # characters of JSON
GENERATORS = frozenset({"seed", "steps", "sampler", "sampler_name", "negative_prompt", "model", "cfg_scale", "styles"})


def prompt_of_texts(texts: Mapping[str, str], notes: list[str]) -> str | None:
    """The prompt in PNG's text chunks; what looked like one and is none, becomes a note."""
    lower = {key.lower(): text for key, text in texts.items()}
    for keyword, read in READERS:
        if text := lower.get(keyword):
            try:
                if found := clean(read(text), PROMPT):
                    return found
            except (ValueError, RecursionError) as error:
                notes.append(f"{keyword}: {_fault(error)}")
    return None


def prompt_of_comment(text: str) -> str | None:
    """The prompt in a comment that may be anything; None where it is none. Raises ValueError for broken JSON."""
    if text.lstrip().startswith("{"):
        try:
            return clean(_of_json(_loaded(text)), PROMPT)
        except RecursionError as error:
            raise ValueError(_fault(error)) from error
    return clean(_of_parameters(text), PROMPT) if is_generated(text) else None


def is_generated(text: str) -> bool:
    """Whether a comment was left by a program that draws pictures, and not by a person."""
    return bool(text.lstrip().startswith("{") or NEGATIVE.search(text) or SETTINGS.search(text))


def _of_parameters(text: str) -> str | None:
    """AUTOMATIC1111's text: the prompt, `Negative prompt: …`, and a last line of settings."""
    if text.lstrip().startswith("{"):
        return _of_json(_loaded(text))
    ends = [match.start() for match in (NEGATIVE.search(text), SETTINGS.search(text)) if match]
    return text[: min(ends, default=len(text))]


def _of_prompt(text: str) -> str | None:
    return _of_json(_loaded(text)) if text.lstrip().startswith("{") else text


def _of_json_text(text: str) -> str | None:
    return _of_json(_loaded(text))


def _of_dream(text: str) -> str | None:
    quoted = DREAM.match(text.strip())
    return UNWANTED.sub("", quoted[1] if quoted else re.split(r"\s-\w", text)[0])


def _of_json(said: Json) -> str | None:
    """Whoever wrote it: each has keys that no other has."""
    for find in (_of_comfy, _of_nested, _of_invoke_json, _of_novel_ai, _of_plain):
        if found := find(said):
            return found
    return None


def _of_comfy(said: Json) -> str | None:
    if any(isinstance(node, dict) and "class_type" in node for node in said.values()):
        return comfy.positive_prompt(said)
    if isinstance(said.get("nodes"), list):
        return comfy.positive_prompt(comfy.from_workflow(said))
    return None


def _of_nested(said: Json) -> str | None:
    """JSON in JSON: SwarmUI's, and what savers for JPEG and WebP wrap around ComfyUI's graphs."""
    for key in ("sui_image_params", "prompt", "workflow", "extra_pnginfo"):
        inner = said.get(key)
        if isinstance(inner, str) and inner.lstrip().startswith("{"):
            inner = _loaded(inner)
        if isinstance(inner, dict) and (found := _of_comfy(inner) or _of_plain(inner)):
            return found
    return None


def _of_invoke_json(said: Json) -> str | None:
    if isinstance(said.get("positive_prompt"), str):
        style = said.get("positive_style_prompt")
        return "\n".join(dict.fromkeys(str(part) for part in (said["positive_prompt"], style) if part))
    prompts = as_object(said.get("image")).get("prompt")
    if isinstance(prompts, str):
        return UNWANTED.sub("", prompts)
    if isinstance(prompts, list):
        parts = [part.get("prompt") for part in as_objects(prompts)]
        return "\n".join(UNWANTED.sub("", part) for part in parts if isinstance(part, str))
    return None


def _of_novel_ai(said: Json) -> str | None:
    """Since its fourth model: a caption of the scene, and one for each character in it."""
    caption = as_object(as_object(said.get("v4_prompt")).get("caption"))
    characters = as_objects(caption.get("char_captions"))
    parts = [caption.get("base_caption"), *(part.get("char_caption") for part in characters)]
    return "\n".join(part for part in parts if isinstance(part, str) and part)


def _of_plain(said: Json) -> str | None:
    """`prompt` beside the settings of a generator; Draw Things calls it `c`, and the negative one `uc`."""
    prompt = said.get("prompt")
    if isinstance(prompt, str) and (GENERATORS & said.keys() or "uc" in said):
        return prompt
    short = said.get("c")
    return short if isinstance(short, str) and "uc" in said else None


def _loaded(text: str) -> Json:
    if len(text) > LARGEST:
        raise ValueError(f"{len(text):,} characters are too many")
    return as_object(json.loads(text))


def _fault(error: Exception) -> str:
    return f"not JSON ({error})" if isinstance(error, json.JSONDecodeError) else str(error)[:100]


READERS: tuple[tuple[str, Callable[[str], str | None]], ...] = (
    ("parameters", _of_parameters),
    ("prompt", _of_prompt),
    ("workflow", _of_json_text),
    ("invokeai_metadata", _of_json_text),
    ("sd-metadata", _of_json_text),
    ("dream", _of_dream),
    ("comment", prompt_of_comment),
    ("description", lambda text: text),
)
