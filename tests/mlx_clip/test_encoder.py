"""Encoder: shapes, lengths, laziness, and the GPU's way of working tried out on the CPU."""

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import mlx_clip
from mlx_clip import BadCheckpoint, Device, Encoder, NotAnImage, NoWords
from mlx_clip.convert import convert
from mlx_clip.copies import place
from mlx_clip.progress import Silent
from tests.random_checkpoint import write, write_dinov2

COLOURS = ("red", "green", "blue", "white", "black", "orange", "purple", "gold")
PICTURES = [Image.radial_gradient("L").resize((90 + 7 * n, 60)).convert("RGB") for n in range(3)]
PICTURES += [Image.new("RGB", (90, 60), colour) for colour in COLOURS]
LINES = ["a photo of a dog", "", "鳥 🙂", "fuji from plane " * 50, "A PHOTO OF A DOG", "red"]


def test_vectors_are_float32_of_unit_length(encoder: Encoder) -> None:
    for vectors, n in ((encoder.encode_images(PICTURES), len(PICTURES)), (encoder.encode_texts(LINES), len(LINES))):
        assert (vectors.shape, vectors.dtype) == ((n, encoder.dim), np.float32)
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)


def test_nothing_makes_no_rows(encoder: Encoder) -> None:
    none = np.zeros((0, encoder.image_size, encoder.image_size, 3), np.uint8)
    for vectors in (encoder.encode_texts([]), encoder.encode_images([]), encoder.encode_pixels(none)):
        assert (vectors.shape, vectors.dtype) == ((0, encoder.dim), np.float32)


def test_different_pictures_and_words_get_clearly_different_vectors(encoder: Encoder) -> None:
    for vectors in (encoder.encode_images(PICTURES[2:]), encoder.encode_texts(["red", "dog", "a photo of fuji"])):
        assert (vectors @ vectors.T - np.eye(len(vectors))).max() < 0.99


def test_what_one_gets_does_not_depend_on_the_others(encoder: Encoder) -> None:
    texts, images = LINES * 15, PICTURES * 7  # several batches, the last of them not full
    assert np.allclose(
        encoder.encode_texts(texts), np.concatenate([encoder.encode_texts([t]) for t in texts]), atol=1e-5
    )
    alone = np.concatenate([encoder.encode_images([image]) for image in images])
    assert np.allclose(encoder.encode_images(images), alone, atol=1e-5)


def test_a_path_a_picture_and_its_pixels_get_the_same_vector(encoder: Encoder, tmp_path: Path) -> None:
    file = tmp_path / "picture.png"
    PICTURES[0].save(file)
    pixels = encoder.encode_pixels(np.stack([encoder.prepare(PICTURES[0])]))
    for given in (file, str(file), PICTURES[0]):
        assert np.array_equal(encoder.encode_images([given]), pixels)


def test_a_path_that_is_no_picture_is_named(encoder: Encoder, tmp_path: Path) -> None:
    with pytest.raises(NotAnImage, match="no such file"):
        encoder.encode_images([tmp_path / "gone.jpg"])


def test_batches_that_are_begun_one_behind_the_other_get_the_vectors_they_get_alone(encoder: Encoder) -> None:
    batches = [np.stack([encoder.prepare(picture) for picture in some]) for some in (PICTURES, PICTURES[:1])]
    begun = [encoder.begin_pixels(batch) for batch in batches]
    for vectors, batch in zip(reversed(begun), reversed(batches), strict=True):
        assert np.array_equal(vectors(), encoder.encode_pixels(batch))


def test_pixels_of_another_shape_are_refused(encoder: Encoder) -> None:
    for encode in (encoder.encode_pixels, encoder.begin_pixels):
        with pytest.raises(ValueError, match=r"pixels are float64 \(1, 9, 9, 3\); stack what `prepare` returns"):
            encode(np.zeros((1, 9, 9, 3)))


def test_pictures_are_prepared_in_threads_that_know_no_mlx(encoder: Encoder) -> None:
    pixels: list[np.ndarray] = []
    thread = threading.Thread(target=lambda: pixels.extend(encoder.prepare(picture) for picture in PICTURES))
    thread.start()
    thread.join()
    assert np.array_equal(encoder.encode_pixels(np.stack(pixels)), encoder.encode_images(PICTURES))


# -- towers come when they are needed


def test_a_text_needs_only_the_text_tower_and_a_picture_only_the_other(checkpoint: Path, tmp_path: Path) -> None:
    def without(*files: str) -> Encoder:
        cache = tmp_path / files[0]
        mlx_clip.load(checkpoint, cache=cache, device="cpu")
        for file in files:
            (mlx_clip.converted(cache)[0].folder / file).unlink()
        return mlx_clip.load(checkpoint, cache=cache, device="cpu")

    assert without("image.safetensors").encode_texts(LINES).shape[0] == len(LINES)
    assert without("text.safetensors", "tokens.npy").encode_images(PICTURES).shape[0] == len(PICTURES)


@pytest.mark.parametrize("file", ["text.safetensors", "tokens.npy", "excerpt.json"])
def test_a_damaged_copy_says_how_to_have_it_made_again(checkpoint: Path, tmp_path: Path, file: str) -> None:
    encoder = mlx_clip.load(checkpoint, cache=tmp_path, device="cpu")
    folder = mlx_clip.converted(tmp_path)[0].folder
    (folder / file).write_bytes(b"short")
    with pytest.raises(BadCheckpoint, match=rf"{file}: damaged \(.*\); delete {folder} to have it made again"):
        encoder.encode_texts(["red"])
    shutil.rmtree(folder)
    assert mlx_clip.load(checkpoint, cache=tmp_path, device="cpu").encode_texts(["red"]).shape == (1, encoder.dim)


# -- the GPU's side of the switch, on the CPU


@pytest.fixture(scope="module")
def as_on_a_gpu(checkpoint: Path, tmp_path_factory: pytest.TempPathFactory) -> Encoder:
    """float16 and compiled, in padded batches: all that is Metal's but Metal."""
    device = Device("cpu", "float16", compiled=True, blas=None, mlx="")
    folder = place(tmp_path_factory.mktemp("half"), "tiny", "1", "float16")
    facts = {"name": "tiny", "repo": None, "revision": "1", "dtype": "float16", "progress": Silent()}
    return Encoder(folder, convert(checkpoint, folder, **facts), "tiny", device)  # type: ignore[arg-type]


@pytest.mark.parametrize("n", [1, 3, 8, 11])
def test_half_precision_in_padded_batches_points_the_same_way(encoder: Encoder, as_on_a_gpu: Encoder, n: int) -> None:
    pictures = (encoder.encode_images(PICTURES[:n]) * as_on_a_gpu.encode_images(PICTURES[:n])).sum(axis=1)
    words = (encoder.encode_texts(LINES[:n]) * as_on_a_gpu.encode_texts(LINES[:n])).sum(axis=1)
    assert len(pictures) == n
    assert min(pictures.min(), words.min()) >= 0.999


def test_half_precision_is_half_as_large(checkpoint: Path, as_on_a_gpu: Encoder, cache: Path, encoder: Encoder) -> None:
    whole = next(copy.folder for copy in mlx_clip.converted(cache) if copy.revision == encoder.revision)
    for file in ("tokens.npy", "text.safetensors", "image.safetensors"):
        assert (as_on_a_gpu._folder / file).stat().st_size < 0.6 * (whole / file).stat().st_size


# -- kinds of checkpoints


def test_the_legacy_end_of_text_gives_the_same_vectors(encoder: Encoder, tmp_path: Path) -> None:
    legacy = mlx_clip.load(write(tmp_path / "legacy", legacy_eos=True), cache=tmp_path, device="cpu")
    assert np.allclose(legacy.encode_texts(LINES), encoder.encode_texts(LINES), atol=1e-6)


@pytest.mark.parametrize("act", ["gelu", "gelu_new"])
def test_the_activation_of_the_config_is_used(encoder: Encoder, tmp_path: Path, act: str) -> None:
    other = mlx_clip.load(write(tmp_path / act, hidden_act=act), cache=tmp_path, device="cpu")
    assert np.abs(other.encode_texts(LINES) - encoder.encode_texts(LINES)).max() > 1e-4
    assert other.weights_hash == encoder.weights_hash


def test_identity_tells_models_apart(encoder: Encoder, checkpoint: Path, tmp_path: Path) -> None:
    other = mlx_clip.load(write(tmp_path / "other", seed=1), cache=tmp_path, device="cpu")
    assert encoder.name == str(checkpoint)
    assert (other.weights_hash, other.revision, other.name) != (encoder.weights_hash, encoder.revision, encoder.name)
    assert (other.dim, other.image_size, other.preprocessing) == (
        encoder.dim,
        encoder.image_size,
        encoder.preprocessing,
    )
    assert replace(mlx_clip.describe_device("cpu"), blas=None).dtype == encoder.dtype == "float32"


# -- a model for pictures only


def test_a_model_that_knows_pictures_only_says_so_when_it_is_given_words(tmp_path: Path) -> None:
    encoder = mlx_clip.load(write_dinov2(tmp_path / "dino"), cache=tmp_path, device="cpu")
    assert (encoder.knows_words, encoder.dim, encoder.image_size) == (False, 48, 64)
    assert encoder.encode_images(PICTURES).shape == (len(PICTURES), 48)
    with pytest.raises(NoWords, match=f"^{encoder.name} knows pictures only: ask it with a picture, or ask a model"):
        encoder.encode_texts(["red"])


def test_a_model_that_knows_words_says_so(encoder: Encoder) -> None:
    assert encoder.knows_words
