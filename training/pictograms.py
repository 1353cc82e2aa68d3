"""Every style's drawing of every concept it has, as RGBA squares in one array on the disk.

A set calls its drawings by the emoji's name (`hot-dog`), and each in its own way: they are found by all names that the
sets and emojibase give to its code points.
"""

import io
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from training.concepts import Concept
from training.sources import STYLES, WORDS, Style, unpacked

SIDE = 96
FACTS, DRAWINGS, ICONS = "pictograms.json", "pictograms.npy", "icons.json"
VARIATION = "-FE0F"


@dataclass(frozen=True, slots=True)
class Pictograms:
    """uint8 (n, SIDE, SIDE, 4) drawings, and for each its style and the index of its concept."""

    drawings: NDArray[np.uint8]
    styles: list[str]
    concepts: NDArray[np.int64]

    def of(self, styles: Iterable[str]) -> NDArray[np.int64]:
        """The numbers of the drawings of some styles."""
        wanted = set(styles)
        return np.array([n for n, style in enumerate(self.styles) if style in wanted])


def load(work: Path) -> Pictograms:
    facts = json.loads((work / FACTS).read_text("utf-8"))
    return Pictograms(np.load(work / DRAWINGS, mmap_mode="r"), facts["styles"], np.array(facts["concepts"]))


def draw(work: Path, concepts: list[Concept]) -> None:
    """Renders all styles and keeps the result in `work`."""
    names = _names(work, concepts)
    found = [(style, n, image) for style in STYLES for n, image in _of_style(work, style, concepts, names)]
    np.save(work / DRAWINGS, np.stack([image for *_, image in found]))
    facts = {"styles": [style.name for style, *_ in found], "concepts": [n for _, n, _ in found]}
    (work / FACTS).write_text(json.dumps(facts), "utf-8")


def _of_style(
    work: Path, style: Style, concepts: list[Concept], names: list[set[str]]
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    folder = unpacked(work, style.package)
    if not (folder / ICONS).is_file():
        yield from _of_font(folder, concepts)
        return
    for n, svg in _svgs(folder, style, concepts, names):
        yield n, np.array(_squared(render(svg, SIDE), SIDE))


def svgs(work: Path, style: Style, concepts: list[Concept]) -> dict[str, str]:
    """The drawings of a set (not of a font), by the names of the concepts."""
    found = _svgs(unpacked(work, style.package), style, concepts, _names(work, concepts))
    return {concepts[n].name: svg for n, svg in found}


def _svgs(folder: Path, style: Style, concepts: list[Concept], names: list[set[str]]) -> Iterator[tuple[int, str]]:
    icons = json.loads((folder / ICONS).read_text("utf-8"))
    drawn = {_bare(name): name for name in (*icons["icons"], *icons.get("aliases", {}))}
    for n, own in enumerate(names):
        wanted = {_bare(title) for title in concepts[n].titles} if style.icons else own
        if name := next((drawn[bare] for bare in sorted(wanted) if bare in drawn), None):
            yield n, _svg(icons, name)


def _names(work: Path, concepts: list[Concept]) -> list[set[str]]:
    """For each concept all names that a set may draw it under."""
    words = unpacked(work, WORDS) / "en"
    codes: list[dict[str, object]] = [
        json.loads((words / "shortcodes" / f"{kind}.json").read_text("utf-8"))
        for kind in ("emojibase", "github", "cldr")
    ]
    given: dict[str, set[str]] = {}
    for style in STYLES:
        chars = unpacked(work, style.package) / "chars.json"
        for code, name in json.loads(chars.read_text("utf-8")).items() if chars.is_file() else ():
            given.setdefault(_code(code), set()).add(name)
    names = []
    for concept in concepts:
        shortcodes = [code for of in codes for code in _listed(of.get(concept.code, []))]
        names.append({_bare(name) for name in (concept.name, *shortcodes, *given.get(_code(concept.code), ()))})
    return names


def _listed(value: object) -> list[str]:
    return [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]


def _code(code: str) -> str:
    return code.upper().replace(VARIATION, "")


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def _svg(icons: dict[str, Any], name: str) -> str:
    icon = icons["icons"].get(name) or icons["icons"][icons["aliases"][name]["parent"]]
    left, top = icon.get("left", icons.get("left", 0)), icon.get("top", icons.get("top", 0))
    width, height = (icon.get(side, icons.get(side, 16)) for side in ("width", "height"))
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
        f' width="{width}" height="{height}" viewBox="{left} {top} {width} {height}">{icon["body"]}</svg>'
    )


def render(svg: str, side: int) -> Image.Image:
    """RGBA, `side` pixels wide."""
    import resvg_py

    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side))
    return Image.open(io.BytesIO(png)).convert("RGBA")


def _squared(image: Image.Image, side: int) -> Image.Image:
    """Cut to what is drawn, and that as large as the square allows."""
    box = image.getchannel("A").point(lambda alpha: 255 * (alpha > 8)).getbbox() or (0, 0, *image.size)
    image = image.crop(box)
    scale = side / max(image.size)
    image = image.resize([max(1, round(length * scale)) for length in image.size], Image.Resampling.LANCZOS)
    canvas = Image.new("RGBA", (side, side))
    canvas.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return canvas


def _of_font(folder: Path, concepts: list[Concept]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """A font that comes as slices of Unicode: the slice whose glyph is not its sign for "missing"."""
    fonts = [ImageFont.truetype(file, 80) for file in sorted(folder.glob("files/*-[0-9]-400-normal.woff"))]
    for n, concept in enumerate(concepts):
        text = "".join(chr(int(code, 16)) for code in _code(concept.code).split("-"))
        for font in fonts:
            if len(text) == 1 and bytes(font.getmask(text)) != bytes(font.getmask("\U0010fffd")):
                canvas = Image.new("L", (160, 160))
                ImageDraw.Draw(canvas).text((30, 30), text, 255, font)
                image = Image.new("RGBA", canvas.size)
                image.putalpha(canvas)
                yield n, np.array(_squared(image, SIDE))
                break
