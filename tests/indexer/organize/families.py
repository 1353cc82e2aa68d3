"""One picture in many guises, as people and programs leave them behind; and pictures that only look alike."""

from io import BytesIO

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageOps

from demo.tour import ALBUM

COLOURS = ((60, 30, 90), (250, 150, 60), (250, 180, 90), (120, 40, 60), (20, 40, 90), (250, 120, 80))


def drawing(name: str) -> Image.Image:
    """A picture of the album, upright."""
    return ImageOps.exif_transpose(Image.open(ALBUM / f"{name}.jpg")).convert("RGB")


def recompressed(image: Image.Image, quality: int) -> Image.Image:
    data = BytesIO()
    image.save(data, "JPEG", quality=quality)
    return Image.open(data).convert("RGB")


def cropped(image: Image.Image, share: float) -> Image.Image:
    """By a share of each side, more on the left and below."""
    width, height = image.size
    left, upper = int(width * share * 0.6), int(height * share * 0.3)
    return image.crop((left, upper, width - int(width * share * 0.4), height - int(height * share * 0.7)))


GUISES = {
    "half": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.LANCZOS),
    "double": lambda image: image.resize((image.width * 2, image.height * 2), Image.Resampling.BICUBIC),
    "recompressed": lambda image: recompressed(image, 25),
    "cropped a little": lambda image: cropped(image, 0.08),
    "cropped": lambda image: cropped(image, 0.15),
    "turned right": lambda image: image.rotate(-5, Image.Resampling.BICUBIC, fillcolor=(255, 255, 255)),
    "turned left": lambda image: image.rotate(3, Image.Resampling.BICUBIC),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.25),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "harder": lambda image: ImageEnhance.Contrast(image).enhance(1.3),
    "more colourful": lambda image: ImageEnhance.Color(image).enhance(1.5),
    "softer": lambda image: image.filter(ImageFilter.GaussianBlur(1.2)),
    "grey": lambda image: image.convert("L").convert("RGB"),
}


def sunset(number: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """A sky that goes from one colour to another, and the sun somewhere in it."""
    above, below = COLOURS[number % 3 * 2], COLOURS[number % 3 * 2 + 1]
    down = np.linspace(0, 1, size[1])[:, None, None]
    sky = np.broadcast_to((1 - down) * above + down * below, (size[1], size[0], 3))
    image = Image.fromarray(sky.astype(np.uint8))
    x, y, radius = 100 + 60 * (number % 7), 120 + 35 * (number % 9), 30 + 3 * (number % 5)
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=(255, 240, 180))
    return image


def shot(place: int, x: int, y: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Someone stands somewhere in a wood, the same for a place."""
    random = np.random.default_rng(place)
    wood = np.zeros((size[1], size[0], 3))
    for leaves in (6, 12, 24, 48, 96):
        patches = Image.fromarray(random.integers(0, 255, (leaves * 3 // 4, leaves, 3), np.uint8))
        wood += np.asarray(patches.resize(size, Image.Resampling.BICUBIC), float) / leaves**0.5
    image = Image.fromarray(((wood - wood.min()) / np.ptp(wood) * 255).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    draw.ellipse((x - 20, y - 20, x + 20, y + 20), fill=(200, 40, 30))
    draw.rectangle((x - 10, y, x + 10, y + 40), fill="white")
    return image


def black(number: int, size: tuple[int, int] = (640, 480)) -> Image.Image:
    """What a camera takes with its lid on: a little noise."""
    noise = np.random.default_rng(number).normal(4, 2, (size[1], size[0], 3))
    return Image.fromarray(noise.clip(0, 255).astype(np.uint8))
