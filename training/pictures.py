"""Pictograms -> a picture to learn from: where they lie, how they are turned and coloured, and what is behind them.

Everything is drawn from one random generator, so that a seed makes the same pictures again.
"""

import colorsys
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

SIDE = 64
COLOURS = {
    "red": (214, 40, 40), "orange": (245, 130, 32), "yellow": (250, 210, 50), "green": (50, 160, 70),
    "blue": (40, 90, 210), "purple": (130, 60, 170), "pink": (245, 140, 180), "brown": (125, 80, 45),
    "black": (20, 20, 20), "white": (245, 245, 245), "gray": (135, 135, 135),
}  # fmt: skip
SHAPES = ("circle", "square", "triangle", "star", "ring", "cross", "diamond", "stripes")

Rgb = tuple[int, int, int]
Square = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the picture a pictogram lies: its middle and its size, as parts of the side."""

    x: float
    y: float
    size: float


def compose(
    pictograms: list[tuple[Square, bool, Rgb | None]],
    places: list[Place],
    ground: Rgb | None,
    random: np.random.Generator,
) -> Square:
    """uint8 (SIDE, SIDE, 3). Each pictogram is RGBA, a glyph or not, and has a colour if it is to have that one.

    `ground` is the colour of the background; None leaves it to chance.
    """
    canvas = Image.fromarray(background(ground, random))
    for (drawing, is_glyph, colour), place in zip(pictograms, places, strict=True):
        inked = _inked(drawing, is_glyph, colour, np.asarray(canvas).mean(), random)
        layer = _placed(inked, place, random)
        canvas.paste(layer, (0, 0), layer)
    return _photographed(canvas, random)


def shape(name: str, colour: Rgb) -> Square:
    """A plain shape as a pictogram, RGBA (96, 96, 4)."""
    image = Image.new("RGBA", (96, 96))
    pen, full = ImageDraw.Draw(image), (4, 4, 92, 92)
    match name:
        case "circle":
            pen.ellipse(full, colour)
        case "square":
            pen.rectangle(full, colour)
        case "ring":
            pen.ellipse(full, outline=colour, width=16)
        case "cross":
            pen.rectangle((36, 4, 60, 92), colour)
            pen.rectangle((4, 36, 92, 60), colour)
        case "stripes":
            for top in range(4, 92, 24):
                pen.rectangle((4, top, 92, top + 11), colour)
        case _:
            pen.polygon(_corners(name), colour)
    return np.array(image)


def _corners(name: str) -> list[tuple[float, float]]:
    number, inner = {"triangle": (3, None), "diamond": (4, None), "star": (5, 0.42)}[name]
    turns = number if inner is None else 2 * number
    reach = [44 * (inner if inner and n % 2 else 1) for n in range(turns)]
    angles = [2 * math.pi * n / turns - math.pi / 2 for n in range(turns)]
    return [(48 + r * math.cos(a), 48 + r * math.sin(a)) for r, a in zip(reach, angles, strict=True)]


def background(colour: Rgb | None, random: np.random.Generator) -> Square:
    """Plain, shaded, patterned or cloudy, of one colour or of any."""
    if colour is not None:
        shade = np.array(colour) * random.uniform(0.85, 1.1)
        return np.broadcast_to(shade, (SIDE, SIDE, 3)).clip(0, 255).astype(np.uint8).copy()
    kind = random.random()
    one, two = _any_colour(random), _any_colour(random)
    if kind < 0.45:
        plain = 255.0 if kind < 0.3 else one
        return np.broadcast_to(plain, (SIDE, SIDE, 3)).astype(np.uint8).copy()
    if kind < 0.65:
        way = _ramp(random)
    elif kind < 0.7:
        way = (np.floor(_ramp(random) * random.integers(3, 9)) % 2).astype(float)
    else:
        coarse = random.integers(0, 256, (random.integers(2, 9),) * 2, np.uint8)
        way = np.asarray(Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) / 255.0
    return (one + (two - one) * way[..., None]).astype(np.uint8)


def _ramp(random: np.random.Generator) -> NDArray[np.floating[Any]]:
    """0…1 across the picture in some direction."""
    angle = random.uniform(0, 2 * math.pi)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE - 0.5
    return (x * math.cos(angle) + y * math.sin(angle)) / 1.5 + 0.5


def _any_colour(random: np.random.Generator) -> NDArray[np.floating[Any]]:
    return np.array(colorsys.hsv_to_rgb(random.random(), random.random() ** 1.5, random.uniform(0.1, 1))) * 255


def _inked(
    drawing: Square, is_glyph: bool, colour: Rgb | None, behind: float, random: np.random.Generator
) -> Image.Image:
    """A glyph in some colour that stands out; a drawing as it is, recoloured, or reduced to its lines or outline."""
    rgba = np.array(drawing)
    chance = random.random()
    if is_glyph or colour is not None or chance < 0.04:
        if not is_glyph and colour is None and chance < 0.025:
            rgba[..., 3] = _lines(rgba)
        rgba[..., :3] = colour if colour is not None else _standing_out(behind, random)
    elif chance < 0.55:
        rgba[..., :3] = _recoloured(rgba[..., :3].astype(np.float32), random)
    return Image.fromarray(rgba)


def _lines(rgba: Square) -> NDArray[np.uint8]:
    """Where brightness or the outline changes, as an alpha channel."""
    flat = Image.alpha_composite(Image.new("RGBA", (rgba.shape[1], rgba.shape[0]), "white"), Image.fromarray(rgba))
    edges = flat.convert("L").filter(ImageFilter.FIND_EDGES).filter(ImageFilter.MaxFilter(3))
    return np.asarray(edges.point(lambda value: min(255, 3 * value)))


def _standing_out(behind: float, random: np.random.Generator) -> NDArray[np.floating[Any]]:
    """Dark on light and light on dark; mostly black or white."""
    value = random.uniform(0, 0.35) if behind > 128 else random.uniform(0.8, 1)
    saturation = 0.0 if random.random() < 0.5 else random.uniform(0.3, 1) if behind > 128 else random.uniform(0, 0.5)
    return np.array(colorsys.hsv_to_rgb(random.random(), saturation, value)) * 255


def _recoloured(rgb: NDArray[np.floating[Any]], random: np.random.Generator) -> NDArray[np.floating[Any]]:
    """Turns the hue a little (rarely anyhow), and changes saturation, contrast and brightness."""
    turn = random.normal(0, 0.2) if random.random() < 0.92 else random.uniform(-math.pi, math.pi)
    saturation = random.uniform(0, 0.3) if random.random() < 0.06 else random.uniform(0.6, 1.4)
    cos, sin = math.cos(turn), math.sin(turn)
    axis = np.full((3, 3), 1 / 3, np.float32)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], np.float32) / math.sqrt(3)
    hue = cos * (np.eye(3, dtype=np.float32) - axis) + sin * cross  # a rotation about the grey axis
    mixed = rgb @ (axis + saturation * hue).T.astype(np.float32)
    contrast, brightness = random.uniform(0.7, 1.25), random.uniform(-25, 25)
    return ((mixed - 128) * contrast + 128 + brightness).clip(0, 255)


def _placed(image: Image.Image, place: Place, random: np.random.Generator) -> Image.Image:
    """The pictogram turned, sheared, mirrored and scaled into a layer as large as the picture."""
    size = place.size * SIDE
    if size < image.width * 0.55:
        image = image.reduce(2)
    angle, shear = random.normal(0, 0.15), random.normal(0, 0.06)
    stretch = math.exp(random.normal(0, 0.07))
    sx, sy = image.width / size * stretch, image.width / size / stretch
    if random.random() < 0.5:
        sx = -sx
    cos, sin = math.cos(angle), math.sin(angle)
    a, b = sx * cos, sx * (sin + shear)
    d, e = -sy * sin, sy * cos
    x, y, middle = place.x * SIDE, place.y * SIDE, image.width / 2
    return image.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, (a, b, middle - a * x - b * y, d, e, middle - d * x - e * y),
        Image.Resampling.BILINEAR,
    )  # fmt: skip


def _photographed(image: Image.Image, random: np.random.Generator) -> Square:
    """What a lens and a file format do: blur, noise, light; some pictures are grey or inverted."""
    if random.random() < 0.1:
        image = image.filter(ImageFilter.GaussianBlur(random.uniform(0.3, 1.0)))
    pixels: NDArray[np.floating[Any]] = np.asarray(image).astype(np.float32)
    if random.random() < 0.04:
        pixels = np.repeat(pixels.mean(2, keepdims=True), 3, 2)
    if random.random() < 0.015:
        pixels = 255 - pixels
    if random.random() < 0.4:
        pixels = pixels * random.uniform(0.75, 1.2, (1, 1, 3)) + random.uniform(-15, 15)
    if random.random() < 0.2:
        pixels = pixels + random.normal(0, random.uniform(2, 12), pixels.shape)
    return pixels.clip(0, 255).astype(np.uint8)
