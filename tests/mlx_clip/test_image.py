"""Pictures -> pixels: sizes, modes, and preprocessing configs."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from mlx_clip import NotAnImage, UnsupportedModel
from mlx_clip.image import BICUBIC, FILTERS, LONG, open_image, to_rgb
from mlx_clip.processors import MEAN, STD
from mlx_clip.processors import recipe as recipe_of

SIDE = 32
ORIENTATION = 0x0112
CLIP = recipe_of({}, SIDE)


def noise(width: int, height: int, seed: int = 0) -> Image.Image:
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8))


@given(st.integers(1, 300), st.integers(1, 300))
def test_any_size_comes_out_as_the_middle_of_the_whole_picture_resized(width: int, height: int) -> None:
    picture = noise(width, height)
    short = min(width, height)
    whole = picture.resize((int(SIDE * width / short), int(SIDE * height / short)), Image.Resampling.BICUBIC)
    left, top = (whole.width - SIDE) // 2, (whole.height - SIDE) // 2
    wrong = np.abs(CLIP(picture).astype(int) - np.array(whole.crop((left, top, left + SIDE, top + SIDE))))
    if max(width, height) > LONG * short:  # then Pillow may resize the sides in the other order
        assert wrong.mean() <= 4
    elif width > height >= 2 * SIDE:
        assert wrong.max() <= 1
    else:
        assert wrong.max() == 0


@pytest.mark.parametrize("size", [(1000, 750), (1000, 666), (1333, 750), (465, 448), (2000, 600), (4000, 3000)])
def test_of_a_wide_picture_the_middle_alone_is_resized_and_comes_out_the_same(size: tuple[int, int]) -> None:
    side, picture = 224, noise(*size)
    short = min(size)
    whole = np.array(picture.resize((int(side * size[0] / short), side), Image.Resampling.BICUBIC), int)
    left = (whole.shape[1] - side) // 2
    wrong = np.abs(recipe_of({}, side)(picture) - whole[:, left : left + side])
    assert wrong.max() <= 1
    assert wrong.mean() < 0.001


def test_a_picture_one_pixel_high_is_not_blown_up() -> None:
    assert CLIP(Image.new("RGB", (60_000, 1), "teal")).tolist() == [[[0, 128, 128]] * SIDE] * SIDE


def test_preparing_in_many_threads_gives_what_one_gives() -> None:
    pictures = [noise(90, 60, seed) for seed in range(32)]
    with ThreadPoolExecutor(8) as threads:
        assert np.array_equal(list(threads.map(CLIP, pictures)), [CLIP(picture) for picture in pictures])


# -- modes


@pytest.mark.parametrize("mode", ["RGB", "L", "P", "1", "CMYK", "YCbCr", "HSV", "RGBA", "LA", "PA", "I;16", "I", "F"])
def test_every_mode_of_pillow_becomes_rgb(mode: str) -> None:
    picture = Image.new(mode, (40, 30)) if mode.startswith("I;") else Image.new("RGB", (40, 30)).convert(mode)
    assert CLIP(picture).shape == (SIDE, SIDE, 3)
    assert to_rgb(picture).mode == "RGB"


def test_transparency_is_composited_on_white() -> None:
    half = Image.new("RGBA", (4, 4), (0, 0, 0, 128))
    assert to_rgb(half).getpixel((0, 0)) == (127, 127, 127)
    assert to_rgb(half.convert("LA")).getpixel((0, 0)) == (127, 127, 127)
    palette = Image.new("P", (4, 4), 0)
    palette.putpalette([9, 9, 9])
    palette.info["transparency"] = 0
    assert to_rgb(palette).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["I;16", "I;16L", "I;16B", "I"])
def test_deep_grey_is_scaled_and_not_clipped(mode: str) -> None:
    deep = Image.new("I", (4, 1))
    deep.putdata([0, 257, 32896, 65535])
    assert np.array(to_rgb(deep.convert(mode)))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_shallow_grey_in_a_deep_mode_is_left_as_it_is() -> None:
    grey = Image.new("I", (4, 1))
    grey.putdata([0, 1, 128, 255])
    assert np.array(to_rgb(grey))[0, :, 0].tolist() == [0, 1, 128, 255]


# -- files


@pytest.mark.parametrize(("orientation", "corner"), list(enumerate([0, 1, 3, 2, 0, 1, 3, 2], start=1)))
def test_a_file_is_turned_upright(tmp_path: Path, orientation: int, corner: int) -> None:
    """`corner` is where what is stored upper left belongs: 0 upper left, 1 upper right, 2 lower left, 3 lower right."""
    stored = Image.new("L", (30, 20))
    stored.putpixel((0, 0), 255)
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    upright = np.array(open_image(tmp_path / "turned.png"))
    assert upright.shape == ((20, 30) if orientation < 5 else (30, 20))
    corners = [upright[0, 0], upright[0, -1], upright[-1, 0], upright[-1, -1]]
    assert [index for index, value in enumerate(corners) if value == 255] == [corner]


def test_what_is_no_picture_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(NotAnImage, match=r"gone.jpg: no such file; give a picture file"):
        open_image(tmp_path / "gone.jpg")
    (tmp_path / "text.jpg").write_text("hello")
    with pytest.raises(NotAnImage, match=r"text.jpg: cannot be read as a picture \("):
        open_image(tmp_path / "text.jpg")
    noise(200, 200).save(tmp_path / "cut.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "cut.png").read_bytes()[:5000])
    with pytest.raises(NotAnImage, match=r"cut.png: cannot be read as a picture \("):
        open_image(tmp_path / "cut.png")


# -- preprocessor_config.json


@pytest.mark.parametrize("size", [SIDE, {"shortest_edge": SIDE}])
@pytest.mark.parametrize("crop", [SIDE, {"height": SIDE, "width": SIDE}])
def test_sizes_may_be_written_in_two_ways(size: object, crop: object) -> None:
    assert recipe_of({"size": size, "crop_size": crop}, SIDE) == CLIP


def test_a_height_and_a_width_squash_the_whole_picture() -> None:
    config = {"size": {"height": SIDE, "width": SIDE}, "do_center_crop": False}
    picture = noise(90, 40)
    squashed = picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    assert np.array_equal(recipe_of(config, SIDE)(picture), np.array(squashed))


def test_a_crop_without_resizing_lays_small_pictures_on_black() -> None:
    recipe = recipe_of({"do_resize": False}, SIDE)
    pixels = recipe(Image.new("RGB", (100, 10), "white"))
    assert (pixels == 255).all(axis=(1, 2)).tolist() == [11 <= row < 21 for row in range(SIDE)]


@pytest.mark.parametrize("resample", range(6))
def test_every_filter_of_pillow_is_honoured(resample: int) -> None:
    config = {"size": {"height": SIDE, "width": SIDE}, "do_center_crop": False, "resample": resample}
    expected = noise(90, 40).resize((SIDE, SIDE), resample)
    assert np.array_equal(recipe_of(config, SIDE)(noise(90, 40)), np.array(expected))


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, lambda x: (x / 255 - np.array(MEAN)) / np.array(STD)),
        ({"image_mean": [0.5, 0.4, 0.3], "image_std": 0.5}, lambda x: (x / 255 - np.array([0.5, 0.4, 0.3])) / 0.5),
        ({"do_normalize": False}, lambda x: x / 255),
        ({"do_normalize": False, "rescale_factor": 1 / 127.5}, lambda x: x / 127.5),
        ({"do_rescale": False, "image_mean": 127.5, "image_std": 127.5}, lambda x: x / 127.5 - 1),
    ],
)
def test_scale_and_shift_are_the_processors_normalisation(config: dict[str, Any], expected: Any) -> None:
    recipe = recipe_of(config, SIDE)
    pixels = noise(SIDE, SIDE)
    values = np.array(pixels) * np.array(recipe.scale) + np.array(recipe.shift)
    assert np.allclose(values, expected(np.array(pixels)))


@pytest.mark.parametrize(
    ("config", "key"),
    [
        ({"size": {"longest_edge": SIDE}}, "size = {'longest_edge': 32}"),
        ({"size": {"shortest_edge": SIDE, "longest_edge": 99}}, "size = {'shortest_edge': 32, 'longest_edge': 99}"),
        ({"crop_size": [SIDE]}, r"crop_size = \[32\]"),
        ({"crop_size": 48}, r"crop_size = \(48, 48\)"),
        ({"size": {"height": 20, "width": SIDE}, "do_center_crop": False}, r"size = \(32, 20\)"),
        ({"do_center_crop": False}, "size = None"),
        ({"resample": 9}, "resample = 9"),
        ({"image_mean": [0.5]}, r"image_mean = \[0.5\]"),
        ({"do_pad": True}, "do_pad = True"),
        ({"image_processor_type": "DPTImageProcessor"}, "image_processor_type = 'DPTImageProcessor'"),
    ],
)
def test_what_cannot_be_honoured_is_named(config: dict[str, Any], key: str) -> None:
    with pytest.raises(UnsupportedModel, match=f"asks for {key}, which is not supported"):
        recipe_of(config, SIDE)


def test_the_id_says_what_is_done_and_tells_recipes_apart() -> None:
    configs: list[dict[str, Any]] = [
        {},
        {"resample": 2},
        {"image_std": 0.5},
        {"size": {"height": SIDE, "width": SIDE}},
        {"size": 40},
        {"do_resize": False},
        {"image_processor_type": "SiglipImageProcessor"},
        {"image_processor_type": "CLYPImageProcessor"},
        {"image_processor_type": "OpenCLIP"},
    ]
    ids = [recipe_of(config, SIDE).id for config in configs]
    assert ids[0].startswith("rgb-shortest32-crop32x32-bicubic-")
    assert len(set(ids)) == len(ids)


def test_filters_have_the_numbers_and_names_that_pillow_gives_them() -> None:
    assert {number: Image.Resampling(number).name.lower() for number in FILTERS} == FILTERS
    assert BICUBIC == Image.Resampling.BICUBIC
