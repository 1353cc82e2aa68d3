"""Pixels, against transformers' image processor on Pillow: never more than one level of 255 apart."""

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mlx_clip.image import open_image, to_rgb
from mlx_clip.processors import recipe as recipe_of

ORIENTATION = 0x0112
SIDE = 224


def noise(width: int, height: int, channels: int = 3) -> Image.Image:
    """Blocks and grain: edges for the filter to overshoot at, and detail for it to average."""
    random = np.random.default_rng(width * height)
    blocks = random.integers(0, 256, (-(-height // 16), -(-width // 16), channels), np.uint8)
    grain = random.integers(-20, 20, (height, width, channels))
    pixels = blocks.repeat(16, axis=0).repeat(16, axis=1)[:height, :width] + grain
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8).squeeze())


def reference(image: Image.Image, **config: Any) -> NDArray[np.float32]:
    """(side, side, 3) in levels of 255, before mean and standard deviation."""
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    processor = CLIPImageProcessorPil(
        **{"size": SIDE, "crop_size": SIDE} | config, do_rescale=False, do_normalize=False
    )
    return processor(image, return_tensors="np").pixel_values[0].transpose(1, 2, 0)


def difference(image: Image.Image, expected: NDArray[np.float32], **config: Any) -> float:
    ours = recipe_of(config, SIDE)(image).astype(np.float32)
    assert ours.shape == expected.shape
    return float(np.abs(ours - expected).max())


@pytest.mark.parametrize(
    "size",
    [
        (640, 480),
        (480, 640),
        (224, 224),
        (500, 225),
        (225, 500),
        (223, 224),
        (3, 2),
        (1, 1),
        (7, 90),
        (4000, 3000),
        (5000, 60),
    ],
)
def test_any_size(size: tuple[int, int]) -> None:
    assert difference(noise(*size), reference(noise(*size))) <= 1


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (1, 150), (700, 1), (1, 700)])
def test_one_pixel_wide_or_high(size: tuple[int, int]) -> None:
    assert difference(noise(*size), reference(noise(*size))) <= 1


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK", "YCbCr", "RGB"])
def test_every_mode_without_transparency(mode: str) -> None:
    image = noise(300, 260).convert(mode)
    assert difference(image, reference(image)) <= 1


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_every_mode_with_transparency_once_it_is_composited_on_white(mode: str) -> None:
    image = noise(300, 260, 4).convert(mode)
    assert difference(image, reference(to_rgb(image))) <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_once_it_is_turned(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    noise(320, 240).save(tmp_path / "turned.png", exif=exif)
    upright = open_image(tmp_path / "turned.png")
    assert upright.size == ((320, 240) if orientation < 5 else (240, 320))
    turned = noise(320, 240).transpose(TURN[orientation]) if orientation > 1 else noise(320, 240)
    assert difference(upright, reference(turned)) <= 1


TURN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def test_a_jpeg() -> None:
    file = BytesIO()
    noise(800, 600).save(file, "JPEG", quality=90)
    image = Image.open(file)
    assert difference(image, reference(image)) <= 1


@pytest.mark.parametrize(
    "config",
    [
        {"resample": 2},
        {"resample": 1},
        {"size": {"shortest_edge": 256}},
        {"size": {"height": SIDE, "width": SIDE}},
        {"size": {"height": SIDE, "width": SIDE}, "do_center_crop": False},
        {"size": {"height": 120, "width": 400}},
        {"do_resize": False},
    ],
)
def test_every_config_that_is_honoured(config: dict[str, Any]) -> None:
    image = noise(400, 201)
    assert difference(image, reference(image, **config), **config) <= 1


def test_normalised_values() -> None:
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    recipe = recipe_of({}, SIDE)
    ours = recipe(noise(300, 260)) * np.array(recipe.scale) + np.array(recipe.shift)
    theirs = CLIPImageProcessorPil()(noise(300, 260), return_tensors="np").pixel_values[0].transpose(1, 2, 0)
    assert np.abs(ours - theirs).max() <= 1 / 255 / 0.26


# -- other families' processors

SIZES = [(640, 480), (480, 640), (SIDE, SIDE), (500, 227), (227, 503), (3, 2), (4000, 3000), (900, 60)]
any_size = pytest.mark.parametrize("size", SIZES)


@any_size
@pytest.mark.parametrize("resample", [2, 3])
def test_siglip(size: tuple[int, int], resample: int) -> None:
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil as Theirs

    config = {"size": {"height": SIDE, "width": SIDE}, "resample": resample, "do_convert_rgb": None}
    check(Theirs(**config), config | {"image_processor_type": "SiglipImageProcessor"}, size)


@any_size
def test_chinese_clip(size: tuple[int, int]) -> None:
    from transformers.models.chinese_clip.image_processing_pil_chinese_clip import (
        ChineseCLIPImageProcessorPil as Theirs,
    )

    config = {"size": {"height": SIDE, "width": SIDE}, "do_center_crop": False}
    check(Theirs(**config), config | {"image_processor_type": "ChineseCLIPFeatureExtractor"}, size)


@any_size
def test_dinov2(size: tuple[int, int]) -> None:
    from transformers.models.bit.image_processing_pil_bit import BitImageProcessorPil as Theirs

    config = {
        "size": {"shortest_edge": 256},
        "crop_size": {"height": SIDE, "width": SIDE},
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
    }
    check(Theirs(**config), config | {"image_processor_type": "BitImageProcessor"}, size)


def check(theirs: Any, config: dict[str, Any], size: tuple[int, int]) -> None:
    """Normalised values no more than a level of 255 apart, by whatever the processor divides."""
    recipe = recipe_of(config, SIDE)
    ours = recipe(noise(*size)) * np.array(recipe.scale) + np.array(recipe.shift)
    expected = theirs(noise(*size), return_tensors="np").pixel_values[0].transpose(1, 2, 0)
    assert ours.shape == expected.shape
    assert (np.abs(ours - expected) / np.array(recipe.scale)).max() <= 1.01


@any_size
def test_open_clip(size: tuple[int, int]) -> None:
    """Rebuilt after torchvision's Resize and CenterCrop on Pillow pictures, of which open_clip's transform is made."""
    short, long = min(size), max(size)
    scaled = {short: SIDE, long: int(SIDE * long / short)}
    resized = noise(*size).resize((scaled[size[0]], scaled[size[1]]), Image.Resampling.BICUBIC)
    left, top = (round((edge - SIDE) / 2.0) for edge in resized.size)
    expected = np.array(resized.crop((left, top, left + SIDE, top + SIDE)), np.float32)
    config = {"image_processor_type": "OpenCLIP", "size": {"shortest_edge": SIDE}, "crop_size": SIDE}
    assert difference(noise(*size), expected, **config) <= 1


@any_size
def test_line(size: tuple[int, int]) -> None:
    """Rebuilt after the code that comes with clip-japanese-base: the longest side resized, the rest black."""
    resized = noise(*size).resize(
        tuple(max(round(edge * SIDE / max(size)), 1) for edge in size), Image.Resampling.BICUBIC
    )
    expected = np.zeros((SIDE, SIDE, 3), np.float32)
    left, top = ((SIDE - edge) // 2 for edge in resized.size)
    expected[top : top + resized.height, left : left + resized.width] = np.array(resized)
    assert difference(noise(*size), expected, image_processor_type="CLYPImageProcessor") <= 1
