"""Draws the album of `pics demo`: things and scenes in the style that pics-mini never saw, and some in another hand.

Among them are copies, a picture that EXIF turns upright, and a file that is broken.
"""

import io
import shutil
import zlib
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training import concepts, pictograms
from training.sources import STYLES, Style

SIZE = (320, 240)
SKY, MEADOW, SEA, SAND, NIGHT = (150, 200, 240), (120, 175, 80), (40, 110, 170), (235, 210, 150), (20, 25, 60)
TABLE, WALL, ROAD, SNOW, PLAIN = (190, 140, 95), (235, 225, 205), (95, 95, 105), (235, 240, 250), (250, 250, 250)

Ground = tuple[tuple[int, int, int], tuple[int, int, int]]
GROUNDS: dict[str, Ground] = {
    "meadow": (SKY, MEADOW), "beach": (SKY, SAND), "sea": (SKY, SEA), "night": (NIGHT, (35, 45, 50)),
    "table": (WALL, TABLE), "room": (WALL, (170, 130, 100)), "street": (SKY, ROAD), "snow": (SKY, SNOW),
    "deep": (SEA, (15, 50, 95)), "sky": (SKY, (215, 235, 250)), "plain": (PLAIN, PLAIN),
}  # fmt: skip

THINGS: dict[str, tuple[str, ...]] = {
    "meadow": ("dog", "cat", "horse", "cow", "rabbit", "elephant", "giraffe", "lion", "zebra", "sheaf of rice",
               "butterfly", "sunflower", "tulip", "deciduous tree", "mushroom", "tent", "tractor"),
    "beach": ("crab", "palm tree", "beach with umbrella", "turtle"),
    "sea": ("sailboat", "ship", "dolphin"),
    "deep": ("octopus", "shark", "jellyfish", "tropical fish"),
    "sky": ("airplane", "rainbow", "kite", "eagle", "rocket", "helicopter"),
    "night": ("crescent moon", "owl", "fireworks", "bat"),
    "snow": ("penguin", "snowman", "polar bear", "skis"),
    "table": ("pizza", "hamburger", "strawberry", "banana", "red apple", "birthday cake", "sushi", "bread",
              "cheese wedge", "beer mug", "ice cream", "doughnut", "watermelon", "carrot"),
    "street": ("bicycle", "bus", "automobile", "motorcycle", "fire engine", "police car", "locomotive"),
    "room": ("guitar", "violin", "chair", "bed", "television", "candle", "teddy bear", "laptop"),
    "plain": ("scissors", "key", "umbrella", "camera", "soccer ball", "glasses", "alarm clock", "high-heeled shoe"),
}  # fmt: skip
AGAIN = ("dog", "cat", "elephant", "owl", "penguin", "sailboat", "bicycle", "bus", "pizza", "strawberry", "guitar",
         "umbrella", "butterfly", "octopus", "rocket", "giraffe")  # fmt: skip
SCENES: dict[str, tuple[tuple[str, ...], ...]] = {
    "meadow": (("dog", "cat"), ("cow", "deciduous tree"), ("horse", "house"), ("rabbit", "carrot")),
    "beach": (("dog", "beach with umbrella"), ("crab", "ice cream"), ("bicycle", "palm tree")),
    "sea": (("sailboat", "sun"), ("ship", "dolphin"), ("whale", "rainbow")),
    "table": (("pizza", "beer mug"), ("red apple", "banana", "grapes"), ("birthday cake", "candle")),
    "street": (("automobile", "vertical traffic light"), ("bus", "bicycle")),
    "night": (("owl", "crescent moon"), ("fireworks", "castle")),
    "room": (("cat", "bed"), ("guitar", "drum")),
    "snow": (("penguin", "snowman"),),
}
COPIES = {"dog.jpg": "dog (copy).jpg", "pizza.jpg": "backup/pizza.jpg", "sailboat.jpg": "backup/boat.jpg"}
TURN_RIGHT = 6  # EXIF: "turn me right by a quarter"


def draw(work: Path, folder: Path) -> None:
    """Writes the album anew; `prepare` has fetched the drawings into `work`."""
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "backup").mkdir(parents=True)
    things = concepts.read(work)
    unseen, known = (pictograms.svgs(work, _style(name), things) for name in ("twemoji", "noto"))
    for ground, names in THINGS.items():
        for name in names:
            _save(_picture([unseen[name]], ground), folder / f"{_slug(name)}.jpg")
            if name in AGAIN:
                _save(_picture([known[name]], ground), folder / f"{_slug(name)}-2.jpg")
    for ground, scenes in SCENES.items():
        for names in scenes:
            _save(_picture([unseen[name] for name in names], ground), folder / f"{'-'.join(map(_slug, names))}.jpg")
    for original, copy in COPIES.items():
        shutil.copyfile(folder / original, folder / copy)
    _save_turned(_mountains(), folder)
    (folder / "broken.jpg").write_text("The picture that was here has been overwritten.\n", "utf-8")


def _style(name: str) -> Style:
    return next(style for style in STYLES if style.name == name)


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _picture(svgs: list[str], ground: str) -> Image.Image:
    """One thing large, or two or three side by side, on a drawn ground; where exactly, a hash of them decides."""
    random = np.random.default_rng(zlib.crc32("".join([ground, *svgs]).encode()))
    image = _ground(GROUNDS[ground], random)
    middle, height = SIZE[0] / 2, SIZE[1]
    side = {1: 0.8, 2: 0.5, 3: 0.35}[len(svgs)] * height
    for n, svg in enumerate(svgs):
        drawn = pictograms.render(svg, round(side * random.uniform(0.9, 1.1)))
        drawn = drawn.rotate(random.normal(0, 5), Image.Resampling.BICUBIC, expand=True)
        x = middle + height * ((n + 0.5) / len(svgs) - 0.5) + random.normal(0, 5)  # a model crops to the middle square
        image.paste(drawn, (round(x - drawn.width / 2), round(height * 0.53 - drawn.height / 2)), drawn)
    return image


def _ground(colours: Ground, random: np.random.Generator) -> Image.Image:
    """Above and below a soft horizon, with a little grain."""
    above, below = (np.array(colour, float) for colour in colours)
    height = np.linspace(0, 1, SIZE[1])[:, None, None]
    way = 1 / (1 + np.exp(-(height - 0.62) * 60))
    pixels = above + (below - above) * way + (1 - height) * 12 + random.normal(0, 4, (SIZE[1], SIZE[0], 1))
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def _mountains() -> Image.Image:
    """Ridges in the haze, each paler than the one before it."""
    random = np.random.default_rng(7)
    image = _ground((SKY, (225, 225, 235)), random)
    for ridge in range(4):
        x = np.arange(-10, SIZE[0] + 11, 4)
        rough = np.cumsum(random.normal(0, 4 - ridge / 2, len(x)))
        line = 90 + 38 * ridge + 25 * np.sin(x / (70 - 10 * ridge) + 2 * ridge) + rough - rough.mean()
        shade = tuple(int(170 - 40 * ridge + pale) for pale in (0, 10, 25))
        pen = ImageDraw.Draw(image)
        pen.polygon([(-10, SIZE[1]), *zip(map(float, x), map(float, line), strict=True), (330, SIZE[1])], fill=shade)
    return image.filter(ImageFilter.GaussianBlur(0.8))


def _save(image: Image.Image, file: Path) -> None:
    image.save(file, quality=85)


def _save_turned(image: Image.Image, folder: Path) -> None:
    """As a camera held upright writes it: the pixels lie on their side. Beside it, the same upright."""
    exif = Image.Exif()
    exif[0x0112] = TURN_RIGHT
    data = io.BytesIO()
    image.transpose(Image.Transpose.ROTATE_90).save(data, "JPEG", quality=92, exif=exif)
    (folder / "mountains-turned.jpg").write_bytes(data.getvalue())
    image.save(folder / "mountains.jpg", quality=92)
