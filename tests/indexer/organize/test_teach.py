"""Teaching by example: other pictures of the taught are found, look-alikes are not, and honest figures say how well."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from demo.tour import ALBUM
from indexer.asking.calibration import LIKELY
from indexer.asking.concepts import Concept, Taught
from indexer.asking.encoding import Speaker
from indexer.asking.heads import Backdrop, learn
from indexer.build import build
from indexer.complete import complete
from indexer.errors import NothingTaught, NotTeachable
from indexer.organize.teach import forget, teach
from indexer.photo import Encoder, Hit, ModelIdentity, identity
from indexer.query import Query, Term
from indexer.search import search
from indexer.settings import Settings
from indexer.store.library import Library
from terminal.teaching import separates
from tests.fake_encoder import FakeEncoder
from tests.indexer.organize.conftest import album_and, copied
from tests.indexer.organize.renderings import cut_out, encoded, render

SETTINGS = Settings(batch=32, workers=2)
DRAWINGS = ("dog", "dog-2", "cat", "lion", "horse", "rabbit", "sunflower")
TAUGHT, HELD_OUT = range(4), range(4, 8)
COLOURS = {"red": "#d03030", "blue": "#3050c0", "yellow": "#e8d040"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eight pictures of the dog, four of each of its look-alikes, and the dog and the lion on grounds of a colour."""
    folder = tmp_path_factory.mktemp("rendered")
    for drawing in DRAWINGS:
        for seed in range(8 if drawing == "dog" else 4):
            render(drawing, seed).save(folder / f"{drawing}.{seed}.png")
    for name, colour in COLOURS.items():
        for drawing in ("dog", "lion"):
            on(drawing, colour).save(folder / f"{drawing} on {name}.png")
    return folder


def on(drawing: str, colour: str) -> Image.Image:
    picture = Image.new("RGB", (320, 240), colour)
    thing = cut_out(drawing).resize((190, 190))
    picture.paste(thing, (65, 25), thing)
    return picture


@pytest.fixture(scope="module")
def home(album_home: Path, folder: Path, mini: Encoder, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The album and the rendered pictures, but those that the tests teach by, indexed once."""
    held_back = [f"dog.{seed}.png" for seed in TAUGHT]
    return album_and(folder, album_home, mini, tmp_path_factory.mktemp("taught"), held_back)


@pytest.fixture
def library(home: Path, tmp_path: Path) -> Iterator[Library]:
    with copied(home, tmp_path) as library:
        yield library


@pytest.fixture
def copies(folder: Path, tmp_path: Path) -> list[Path]:
    """Of the pictures to teach by, that may go."""
    return [Path(shutil.copy(path, tmp_path)) for path in of(folder, "dog", TAUGHT)]


def taught(
    library: Library, speaker: Speaker, ones: Sequence[Path], others: Sequence[Path] = (), name: str = "Rex"
) -> Concept:
    return teach(library, speaker, name, ones, others, lambda _: None)


def of(folder: Path, drawing: str, seeds: Sequence[int]) -> list[Path]:
    return [folder / f"{drawing}.{seed}.png" for seed in seeds]


def ask(library: Library, mini: Encoder, text: str, *without: str, n: int = 10, **more: object) -> list[Hit]:
    terms = (Term(words=text), *(Term(words=unwanted, wanted=False) for unwanted in without))
    return search(library, lambda _: mini, replace(Query(terms=terms, limit=n), **more)).hits  # type: ignore[arg-type]


def stems(hits: Sequence[Hit]) -> list[str]:
    return [Path(hit.path).stem for hit in hits]


def no_model(_: ModelIdentity) -> Encoder:
    raise LookupError("the model is not to be loaded")


def test_other_pictures_of_the_taught_come_before_its_look_alikes(
    library: Library, speaker: Speaker, mini: Encoder, folder: Path
) -> None:
    concept = taught(library, speaker, of(folder, "dog", TAUGHT))
    assert concept.head
    assert concept.head.auc > 0.95
    found = stems(ask(library, mini, "rex", n=200, by_words=False))
    others = [name for name in found if not name.startswith("dog")]
    above = [np.mean([found.index(f"dog.{seed}") < found.index(name) for name in others]) for seed in HELD_OUT]
    assert np.mean(above) > 0.95, found[:30]
    assert sum(found.index(f"dog.{seed}") < 10 for seed in HELD_OUT) >= 3, found[:20]


def test_a_look_alike_that_is_named_as_none_falls_behind(
    library: Library, speaker: Speaker, mini: Encoder, folder: Path
) -> None:
    taught(library, speaker, of(folder, "dog", TAUGHT))
    places = [stems(ask(library, mini, "rex", n=200)).index(f"dog-2.{seed}") for seed in (2, 3)]
    again = taught(library, speaker, [], of(folder, "dog-2", (0, 1)))
    assert (again.examples, again.others) == (4, 2)
    after = [stems(ask(library, mini, "rex", n=200)).index(f"dog-2.{seed}") for seed in (2, 3)]
    assert sum(after) > sum(places)


@pytest.mark.parametrize("colour", COLOURS)
def test_a_taught_name_and_a_ground_are_found_together(
    library: Library, speaker: Speaker, mini: Encoder, folder: Path, colour: str
) -> None:
    taught(library, speaker, of(folder, "dog", TAUGHT))
    hits = ask(library, mini, f"Rex on a {colour} background", by_words=False)
    assert f"dog on {colour}" in stems(hits)[:3], stems(hits)
    assert f"lion on {colour}" not in stems(hits)[:3]
    assert [reason.rpartition(" ")[0] for reason in hits[0].why] == ["Rex", f"a {colour} background"]


def test_random_pictures_do_not_separate_and_the_figures_say_so(library: Library, speaker: Speaker) -> None:
    random = np.random.default_rng(1)
    pictures = sorted(path for path in ALBUM.glob("*.jpg") if path.stem != "broken")
    said = []
    for number in range(12):
        some = [pictures[row] for row in random.permutation(len(pictures))[: 4 + number % 3]]
        said.append(taught(library, speaker, some, name=f"thing {number}"))
    assert [separates(concept) for concept in said].count("not") >= 11
    assert np.mean([concept.head.auc for concept in said if concept.head]) < 0.75


def test_what_is_found_again_when_held_out_is_what_is_found_of_pictures_it_never_saw(
    library: Library, mini: Encoder
) -> None:
    again, fresh = [], []
    backdrop = Backdrop(library.sample_vectors(1000), library.files.count_contents())
    for drawing in ("cat", "sunflower", "elephant", "guitar", "pizza", "butterfly"):
        vectors = encoded(mini, [render(drawing, seed) for seed in range(20, 30)])
        head = learn(backdrop, vectors[:5], vectors[:0])
        again.append(head.found / head.of)
        fresh.append(np.mean(head.scale.surprise(vectors[5:] @ head.direction, backdrop.photos) >= LIKELY))
    assert np.mean(again) > 0.3
    assert abs(np.mean(again) - np.mean(fresh)) < 0.25, (again, fresh)


def test_what_is_not_wanted_is_left_out_and_its_look_alikes_stay(
    library: Library, speaker: Speaker, mini: Encoder, folder: Path
) -> None:
    taught(library, speaker, of(folder, "dog", TAUGHT), of(folder, "dog-2", (0, 1)))
    after = stems(ask(library, mini, "a dog", "rex", n=200, by_words=False))
    look_alikes = [after.index(name) for name in ("dog-2", "dog-2.2", "dog-2.3", "lion", "cat")]
    is_rex = ("dog", "dog (copy)", *(f"dog.{seed}" for seed in HELD_OUT))
    assert sum(after.index(name) > max(look_alikes) for name in is_rex) >= 4, after


def test_the_word_is_still_looked_for_where_it_is_written(
    library: Library, speaker: Speaker, mini: Encoder, folder: Path
) -> None:
    Image.new("RGB", (64, 48), "red").save(folder / "T Rex in the museum.png")
    build(library, mini, [str(folder / "T Rex in the museum.png")], None, SETTINGS)
    taught(library, speaker, of(folder, "dog", TAUGHT))
    assert "T Rex in the museum" in stems(ask(library, mini, "rex", n=10))
    assert stems(ask(library, mini, "rex", by_picture=False)) == ["T Rex in the museum"]


def test_once_learnt_a_name_alone_loads_no_model(library: Library, speaker: Speaker, folder: Path) -> None:
    taught(library, speaker, of(folder, "dog", TAUGHT))
    hits = search(library, no_model, Query(terms=(Term(words="rex"),), limit=3)).hits
    assert [hit.why[0].split()[0] for hit in hits] == ["Rex"] * 3


def test_examples_are_kept_when_their_pictures_have_gone(
    library: Library, speaker: Speaker, folder: Path, copies: list[Path]
) -> None:
    taught(library, speaker, copies)
    for path in copies:
        path.unlink()
    more = taught(library, Speaker(library, speaker.model, no_model), of(folder, "dog", HELD_OUT))
    assert (more.examples, more.missing) == (8, ())


def test_another_model_learns_from_the_same_examples_and_says_which_it_lacks(
    library: Library, speaker: Speaker, copies: list[Path]
) -> None:
    taught(library, speaker, copies)
    fake = FakeEncoder()
    complete(library, fake, SETTINGS)
    render("sunflower", 1).save(copies[0])
    other = Taught(library, Speaker(library, identity(fake), lambda _: fake)).concept("Rex")
    assert (other.examples, other.missing) == (4, (str(copies[0]),))
    assert other.head
    assert other.head.of == 3
    for path in copies[1:]:
        path.unlink()
    assert Taught(library, Speaker(library, identity(fake), no_model)).concept("Rex").head is not None


def test_a_name_of_which_too_little_is_left_is_said_and_its_words_are_asked(
    library: Library, speaker: Speaker, copies: list[Path]
) -> None:
    taught(library, speaker, copies)
    fake = FakeEncoder()
    complete(library, fake, SETTINGS)
    for path in copies:
        path.unlink()
    answer = search(library, lambda _: fake, Query(terms=(Term(words="rex"),), model="fake"))
    assert answer.lost == ("Rex",)
    assert len(answer.hits) == 10


def test_the_same_picture_saved_again_is_one_example(
    library: Library, speaker: Speaker, folder: Path, tmp_path: Path
) -> None:
    """Else it would find its twin whenever it is held out."""
    twins = [tmp_path / f"{quality}.png" for quality in range(3)]
    for level, path in enumerate(twins):
        render("dog", 0).save(path, compress_level=level)
    concept = taught(library, speaker, [*twins, *of(folder, "sunflower", [0])])
    assert concept.examples == 4
    assert concept.head is None


def test_too_few_a_contradiction_and_a_name_that_is_none_are_refused_and_nothing_is_kept(
    library: Library, speaker: Speaker, folder: Path
) -> None:
    one, two, *_ = of(folder, "dog", TAUGHT)
    with pytest.raises(NotTeachable, match=r"^Rex: 2 of 3 examples: .* `pics teach Rex IMG IMG IMG`$"):
        taught(library, speaker, [one, two, one])
    with pytest.raises(NotTeachable, match=r"say one of the two$"):
        taught(library, speaker, of(folder, "dog", TAUGHT), [one])
    for name in ("...", "the photo", " ", str(one)):
        with pytest.raises(NotTeachable):
            taught(library, speaker, of(folder, "dog", TAUGHT), name=name)
    assert library.concepts.names() == []
    taught(library, speaker, of(folder, "dog", TAUGHT))
    assert taught(library, speaker, of(folder, "dog", [5]), name="REX").examples == 5
    assert library.concepts.names() == ["Rex"]


def test_what_is_forgotten_is_no_name_any_more(library: Library, speaker: Speaker, mini: Encoder, folder: Path) -> None:
    taught(library, speaker, of(folder, "dog", TAUGHT))
    assert forget(library, "rex") == 4
    assert ask(library, mini, "rex")[0].why[0].startswith("picture")
    with pytest.raises(NothingTaught, match=r"^rex: not taught; "):
        forget(library, "rex")


def test_a_japanese_name_is_found_inside_a_text(
    library: Library, speaker: Speaker, mini: Encoder, folder: Path
) -> None:
    taught(library, speaker, of(folder, "dog", TAUGHT), name="ポチ")
    hits = ask(library, mini, "赤い背景のポチ", by_words=False)
    assert "dog on red" in stems(hits)[:3], stems(hits)
    assert [reason.rpartition(" ")[0] for reason in hits[0].why] == ["ポチ", "赤い背景"]


def test_a_library_of_nothing_but_examples_tells_nothing(tmp_path: Path, mini: Encoder, folder: Path) -> None:
    with Library(tmp_path / "small") as library:
        build(library, mini, [str(path) for path in of(folder, "dog", TAUGHT)], None, SETTINGS)
        speaker = Speaker(library, identity(mini), lambda _: mini)
        concept = taught(library, speaker, of(folder, "dog", TAUGHT))
        assert separates(concept) is None
        assert len(ask(library, mini, "rex")) == 4
