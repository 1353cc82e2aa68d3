"""Drawings of the demo's album again and again: cut out, turned, tinted, on other grounds."""

from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageEnhance, ImageFilter

from demo.tour import ALBUM
from indexer.photo import Encoder, Vector

SIZE = (320, 240)
TEN = ("airplane", "cat", "butterfly", "guitar", "elephant", "bicycle", "penguin", "pizza", "camera", "sunflower")
GROUNDS = (
    *(("#9fd0f5", "#7ab55c"), ("#f2e8d5", "#b98a63"), ("#dfe7ee", "#f7f7f7"), ("#f6c9a0", "#8d6f8f")),
    *(("#c9e4c5", "#5f8f6a"), ("#d8d8d8", "#8a8a8a"), ("#b7c8e8", "#e6d9a8"), ("#efe3f2", "#a58fb5")),
)


@cache
def cut_out(drawing: str) -> Image.Image:
    """RGBA: an album's picture without its ground, which is the same all along a row."""
    picture = Image.open(ALBUM / f"{drawing}.jpg").convert("RGB")
    pixels = np.asarray(picture, np.int16)
    ground = np.median(np.concatenate([pixels[:, :8], pixels[:, -8:]], axis=1), axis=1)
    differs = np.abs(pixels - ground[:, None]).max(axis=2) > 26
    mask = Image.fromarray((differs * 255).astype(np.uint8)).filter(ImageFilter.MedianFilter(5))
    picture.putalpha(mask)
    return picture.crop(mask.getbbox())


def render(drawing: str, seed: int) -> Image.Image:
    """RGB 320 x 240: one of endlessly many pictures of a drawing, always the same for a seed."""
    random = np.random.default_rng([seed, *drawing.encode()])
    picture = ground(int(random.integers(len(GROUNDS))), random)
    thing = cut_out(drawing)
    if random.random() < 0.5:
        thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    thing = thing.rotate(random.uniform(-18, 18), Image.Resampling.BICUBIC, expand=True)
    scale = random.uniform(0.62, 0.95) * min(SIZE[0] / thing.width, SIZE[1] / thing.height)
    thing = thing.resize((max(1, int(thing.width * scale)), max(1, int(thing.height * scale))))
    picture.paste(thing, tuple(int(random.uniform(0, SIZE[i] - thing.size[i] + 1)) for i in (0, 1)), thing)
    picture = ImageEnhance.Brightness(picture).enhance(random.uniform(0.85, 1.12))
    return ImageEnhance.Color(picture).enhance(random.uniform(0.75, 1.2))


def ground(number: int, random: np.random.Generator) -> Image.Image:
    """A sky over a field, with a little noise."""
    above, below = (Image.new("RGB", SIZE, colour) for colour in GROUNDS[number])
    horizon = Image.new("L", SIZE)
    horizon.paste(255, (0, int(SIZE[1] * random.uniform(0.55, 0.75)), *SIZE))
    picture = Image.composite(below, above, horizon.filter(ImageFilter.GaussianBlur(6)))
    grain = Image.fromarray(random.normal(128, 5, (SIZE[1], SIZE[0], 1)).repeat(3, 2).astype(np.uint8))
    return ImageChops.add(picture, grain, 1, -128)


def encoded(encoder: Encoder, pictures: list[Image.Image]) -> Vector:
    """float32 (n, dim)"""
    blocks = [pictures[start : start + 64] for start in range(0, len(pictures), 64)]
    return np.concatenate([encoder.encode_pixels(np.stack([*map(encoder.prepare, block)])) for block in blocks])
