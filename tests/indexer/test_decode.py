"""Bytes -> upright RGB: every format, mode and orientation, and a sentence for what is no picture."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, features

from indexer.decode import MAX_PIXELS, decode
from indexer.errors import NotAPicture
from tests import headers, pictures
from tests.indexer.conftest import REPOSITORY

LOSS = {"JPEG": 6, "WEBP": 10, "GIF": 20, "HEIF": 8, "AVIF": 8}  # largest step away from the original, of 255
TURNABLE = ("JPEG", "PNG", "WEBP", "TIFF", "HEIF", "AVIF", "JXL")


def furthest(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any channel of any pixel."""
    assert (one.size, one.mode) == (other.size, other.mode)
    return int(np.abs(np.asarray(one, np.int16) - np.asarray(other, np.int16)).max())


# -- formats


def test_the_pillow_at_hand_reads_every_format_we_promise() -> None:
    assert {name: features.check(name) for name in ("jpg", "zlib", "webp", "avif", "jpg_2000")} == {
        "jpg": True,
        "zlib": True,
        "webp": True,
        "avif": True,
        "jpg_2000": True,
    }


@pytest.mark.parametrize("format_", pictures.FORMATS)
def test_every_format_comes_back_as_it_was_drawn(format_: str) -> None:
    decoded = decode(pictures.encoded(pictures.gradient(), format_))
    assert furthest(decoded.image, pictures.gradient()) <= LOSS.get(format_, 0)
    assert (decoded.width, decoded.height, decoded.format) == (*pictures.SIZE, format_)


@pytest.mark.parametrize("format_", pictures.FORMATS)
def test_every_format_is_read_when_asked_for_a_small_side(format_: str) -> None:
    decoded = decode(pictures.encoded(pictures.gradient((200, 100)), format_), 16)
    assert min(decoded.image.size) >= 16
    assert (decoded.width, decoded.height) == (200, 100)


@pytest.mark.parametrize("format_", pictures.ANIMATED)
def test_the_first_frame_of_a_moving_picture_is_the_picture(format_: str) -> None:
    decoded = decode(pictures.animated(format_, "red", "lime", "blue"))
    assert furthest(decoded.image, pictures.plain("red")) <= 2
    assert decoded.format == format_


def test_a_jpeg_with_more_pictures_behind_the_first_is_a_jpeg() -> None:
    decoded = decode(pictures.several("red", "blue"), 8)
    assert decoded.format == "JPEG"
    assert furthest(decoded.image, pictures.plain("red", decoded.image.size)) <= 2


def test_a_process_that_has_only_decode_reads_heic_and_jpeg_xl(tmp_path: Path) -> None:
    paths = [pictures.put(tmp_path / format_, pictures.gradient(), format_) for format_ in ("HEIF", "JXL")]
    program = (
        "import sys; from pathlib import Path; from indexer.decode import decode\n"
        "print(*(decode(Path(path).read_bytes()).format for path in sys.argv[1:]))"
    )
    command = [sys.executable, "-c", program, *map(str, paths)]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY).stdout == "HEIF JXL\n"


def test_a_program_in_a_file_is_not_run_to_see_what_it_draws() -> None:
    with pytest.raises(NotAPicture, match=r"^not a picture, or in a format that is not supported$"):
        decode(pictures.POSTSCRIPT)  # Pillow would hand it to Ghostscript


# -- modes


@pytest.mark.parametrize(("data", "colour"), [pytest.param(*rest, id=name) for name, *rest in pictures.modes()])
def test_every_mode_shows_its_colour_in_rgb(data: bytes, colour: pictures.Colour) -> None:
    image = decode(data).image
    assert furthest(image, pictures.plain(colour)) <= 2


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in pictures.wide_greys()])
def test_wide_greys_are_scaled_to_their_own_range(data: bytes) -> None:
    greys = np.asarray(decode(data).image)[0, :, 0].astype(int)
    assert (greys[0], greys[-1]) == (0, 255)
    assert np.diff(greys).min() >= 0
    assert np.diff(greys).max() <= 6


def test_a_wide_grey_of_one_value_is_a_picture() -> None:
    data = pictures.encoded(Image.new("F", pictures.SIZE, 0.25), "TIFF")
    assert len(set(decode(data).image.get_flattened_data())) == 1


# -- orientation


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", TURNABLE)
def test_a_turned_picture_stands_upright(format_: str, orientation: int) -> None:
    decoded = decode(pictures.turned(pictures.gradient(), orientation, format_))
    assert furthest(decoded.image, pictures.gradient()) <= LOSS.get(format_, 0) + 2
    assert (decoded.width, decoded.height) == pictures.SIZE


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_jpeg_that_is_decoded_small_stands_upright_too(orientation: int) -> None:
    upright = pictures.gradient((640, 480))
    decoded = decode(pictures.turned(upright, orientation), 32)
    assert decoded.image.size == (160, 120)
    assert (decoded.width, decoded.height) == (640, 480)
    assert furthest(decoded.image, upright.resize((160, 120), Image.Resampling.BOX)) <= 8


@pytest.mark.parametrize("orientation", [1, 6])
def test_what_was_decoded_lives_on_without_the_file_it_came_from(orientation: int) -> None:
    for data in (pictures.turned(pictures.gradient(), orientation), pictures.several("red", "blue")):
        image = decode(data, 8).image
        assert image.resize((8, 8)).mode == image.crop((0, 0, 4, 4)).mode == "RGB"
        assert image.copy().tobytes() == image.tobytes()


@pytest.mark.parametrize("orientation", [0, 9, 255])
def test_an_orientation_that_does_not_exist_turns_nothing(orientation: int) -> None:
    exif = Image.Exif()
    exif[pictures.ORIENTATION] = orientation
    decoded = decode(pictures.encoded(pictures.gradient(), "JPEG", exif=exif.tobytes()))
    assert furthest(decoded.image, pictures.gradient()) <= LOSS["JPEG"]


def test_nonsense_in_the_exif_costs_the_turn_and_not_the_picture() -> None:
    assert furthest(decode(pictures.with_broken_exif()).image, pictures.gradient()) <= LOSS["JPEG"]


SAYS_ITS_TURN_TWICE = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x02\0\0\0\x06\0\x06\0\0\0\0\0"


def test_what_a_decoder_mutters_about_a_picture_does_not_reach_the_terminal(tmp_path: Path) -> None:
    """Pillow warns of odd tags, which many photos have: it would write into the middle of a progress bar."""
    path = pictures.put(tmp_path / "a.jpg", pictures.encoded(pictures.gradient(), "JPEG", exif=SAYS_ITS_TURN_TWICE))
    program = (
        "import sys; from pathlib import Path; from indexer.decode import decode\n"
        "print(decode(Path(sys.argv[1]).read_bytes()).image.size)"
    )
    command = [sys.executable, "-c", program, str(path)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY)
    assert (said.stdout, said.stderr) == ("(48, 64)\n", "")


# -- drafts


@pytest.mark.parametrize("size", [(1000, 700), (700, 1000), (257, 4000), (64, 48), (1, 1), (3000, 1)])
@pytest.mark.parametrize("side", [1, 8, 32, 224])
def test_a_draft_is_at_least_twice_the_side_or_the_whole_picture(size: tuple[int, int], side: int) -> None:
    decoded = decode(pictures.encoded(pictures.plain("teal", size), "JPEG"), side)
    assert min(decoded.image.size) >= min(2 * side, *size)
    assert (decoded.width, decoded.height) == size


def test_a_large_jpeg_is_drafted_and_a_png_is_not() -> None:
    large = pictures.gradient((1600, 1200))
    assert decode(pictures.encoded(large, "JPEG"), 64).image.size == (200, 150)
    assert decode(pictures.encoded(large, "PNG"), 64).image.size == (1600, 1200)
    assert decode(pictures.encoded(large, "JPEG")).image.size == (1600, 1200)


def test_a_model_sees_the_same_in_a_draft_as_in_the_whole_picture() -> None:
    data = pictures.encoded(pictures.scene(7, (1200, 900)), "JPEG")
    small, whole = (decode(data, side).image.resize((64, 64), Image.Resampling.BICUBIC) for side in (64, 0))
    difference = np.abs(np.asarray(small, np.int16) - np.asarray(whole, np.int16))
    assert difference.mean() < 1.0


# -- headers


def test_the_header_comes_from_the_image_that_is_decoded_and_no_other_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = []
    really = Image.open

    def counting(*arguments: object, **options: object) -> Image.Image:
        opened.append(arguments)
        return really(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(Image, "open", counting)
    decoded = decode(pictures.turned(pictures.gradient(), 6), 16)
    assert len(opened) == 1
    assert decoded.header.notes == ()
    assert decode(headers.jpeg(headers.exif(headers.PHONE))).header.exif[0x0110] == "iPhone 15 Pro"


# -- what is no picture


@pytest.mark.parametrize("name", ["x.png", "x.jpg", "x"])
def test_the_bytes_decide_the_format_and_not_the_name(tmp_path: Path, name: str) -> None:
    path = pictures.put(tmp_path / name, pictures.gradient(), "WEBP")
    assert decode(path.read_bytes()).format == "WEBP"


@pytest.mark.parametrize("data", [pytest.param(data, id=name) for name, data in pictures.broken().items()])
def test_a_broken_file_is_not_a_picture_and_the_reason_is_one_line(data: bytes) -> None:
    with pytest.raises(NotAPicture) as refused:
        decode(data, 32)
    assert str(refused.value).startswith(("not a picture, or in a format that is not supported", "damaged: "))
    assert str(refused.value) == " ".join(str(refused.value).split())


@pytest.mark.parametrize("format_", pictures.FORMATS)
def test_whatever_happened_to_its_bytes_a_file_is_a_picture_or_not_a_picture(format_: str) -> None:
    whole = pictures.encoded(pictures.scene(1, (64, 64)), format_)
    chance = random.Random(format_)
    for _ in range(60):
        damaged = bytearray(whole[: chance.choice((len(whole), chance.randrange(len(whole))))])
        for place in chance.choices(range(len(damaged)), k=chance.choice((1, 2, 8))) if damaged else ():
            damaged[place] = chance.randrange(256)
        try:
            decoded = decode(bytes(damaged), 32, max_pixels=1_000_000)
        except NotAPicture as refused:
            assert str(refused)
        else:
            assert decoded.image.mode == "RGB"


def test_a_bomb_is_refused_before_it_is_decoded_with_the_option_that_lets_it_in() -> None:
    with pytest.raises(NotAPicture) as refused:
        decode(pictures.bomb(60_000, 60_000))
    assert str(refused.value) == (
        "60000 x 60000 pixels is more than the limit of 256 megapixels (raise it with --max-megapixels)"
    )


def test_the_limit_on_pixels_can_be_raised_and_lowered() -> None:
    data = pictures.encoded(pictures.plain("red", (40, 30)))
    assert decode(data, max_pixels=1200).image.size == (40, 30)
    with pytest.raises(NotAPicture, match=r"^40 x 30 pixels is more than the limit"):
        decode(data, max_pixels=1199)


def test_the_usual_limit_lets_a_panorama_of_200_megapixels_pass() -> None:
    with pytest.raises(NotAPicture, match=r"^damaged"):  # past the limit, and only then found to have no pixels in it
        decode(pictures.bomb(20_000, 10_000))
    assert MAX_PIXELS == 256_000_000
