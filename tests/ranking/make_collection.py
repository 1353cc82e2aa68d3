"""Writes collection.json: 200 imagined photos and 66 questions with their right answers. `python -m` it to do so again.

Each photo shows one to three things. Its vector is the sum of theirs, in 24 numbers, with noise, as a model would make
it; a text's vector likewise, but a name that no model knows is noise alone. What is written of photos is now and then
wrong or beside the point, as it is in life: that is what fusion has to live with.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SEED = 20_261_121
PHOTOS = 200
DIM = 24
NOISE = {"photo": 0.75, "text": 0.45}
APART = 0.6  # how far texts lie from photos, whatever they say
COLLECTION = Path(__file__).parent / "collection.json"

THINGS = {
    "dog": "犬", "cat": "猫", "horse": "馬", "beach": "海辺", "mountain": "山", "pool": "プール", "forest": "森",
    "snow": "雪", "people": "人々", "child": "子供", "bicycle": "自転車", "train": "電車", "boat": "船",
    "cake": "ケーキ", "noodles": "麺", "fireworks": "花火", "temple": "寺", "bridge": "橋", "flowers": "花",
    "sunset": "夕焼け", "concert": "コンサート", "castle": "城", "airplane": "飛行機", "book": "本",
}  # fmt: skip
KIN = (("dog", "cat", "horse"), ("beach", "pool", "boat"), ("mountain", "snow", "forest"), ("people", "child"))
TOGETHER = (("pool", "people"), ("dog", "beach"), ("mountain", "snow"), ("temple", "flowers"), ("cake", "child"))
"""What is often seen together: a fifth of the photos are of these."""
PLACES = (
    (("Fuji", "Shizuoka", "Japan"), ("富士市", "静岡県", "日本"), "trip to Fuji"),
    (("Kyoto", "Kyoto", "Japan"), ("京都市", "京都府", "日本"), "Kyoto 2019"),
    (("Lisbon", "Lisbon", "Portugal"), ("Lisboa", "Lisboa", "Portugal"), "holiday"),
    (("Bergen", "Vestland", "Norway"), ("Bergen", "Vestland", "Norge"), "fjords"),
    None,
)
PEOPLE = ("Hanako", "Grandpa Ole", "Inês")
CAMERAS = ("FUJIFILM X-T3", "Apple iPhone 13", None)
REMARKS = ("his favourite spot", "before lunch", "second try", "the long way home")
Vector = NDArray[np.float32]


class Imagination:
    def __init__(self) -> None:
        self._random = np.random.default_rng(SEED)
        self._things = {thing: self._unit() for thing in THINGS}
        for kin in KIN:  # things alike lie closer together
            common = self._unit()
            self._things |= {thing: _unit(self._things[thing] + 0.6 * common) for thing in kin}
        self._sides = {"photo": self._unit(), "text": self._unit()}

    def _unit(self) -> Vector:
        return _unit(self._random.normal(size=DIM))

    def vector(self, side: str, things: list[str]) -> list[float]:
        sum_ = APART * self._sides[side] + NOISE[side] * self._unit()
        if things:
            sum_ = sum_ + np.sum([self._things[thing] for thing in things], axis=0) / np.sqrt(len(things))
        else:
            sum_ = sum_ + self._unit()
        return [round(float(number), 3) for number in _unit(sum_)]

    # -- photos

    def photo(self, number: int) -> dict[str, Any]:
        chance, choice = self._random.random, self._random.choice
        several = 1 + (number % 3 > 0) + (number % 7 == 0)
        things = [str(thing) for thing in choice(list(THINGS), size=several, replace=False)]
        if number % 5 == 0:
            things = list(TOGETHER[number // 5 % len(TOGETHER)])
        where = PLACES[int(self._random.integers(len(PLACES)))]
        year, month, day = 2017 + number % 6, 1 + number % 12, 1 + number % 28
        folder = f"/photos/{year}/{where[2] if where and chance() < 0.7 else f'{year}-{month:02}'}"
        named = chance() < 0.15
        name = (
            f"{'-'.join(things)}-{number}.jpg"
            if named
            else f"{'IMG' if number % 2 else 'DSCF'}_{4000 + 7 * number}.jpg"
        )
        return {
            "path": f"{folder}/{name}",
            "things": things,
            "vector": self.vector("photo", things),
            "taken_at": f"{year}-{month:02}-{day:02}T12:00:00",
            "camera": CAMERAS[number % 3],
            "place": where[0] if where else [],
            "place_local": where[1] if where else [],
            "keywords": self._keywords(things),
            "people": [PEOPLE[number % 3]] if "people" in things or chance() < 0.08 else [],
            "caption": self._caption(things),
        }

    def _keywords(self, things: list[str]) -> list[str]:
        if self._random.random() > 0.25:
            return []
        words = [THINGS[thing] if self._random.random() < 0.3 else thing for thing in things]
        return [*words, "prints"] if self._random.random() < 0.3 else words

    def _caption(self, things: list[str]) -> str | None:
        if self._random.random() > 0.2:
            return None
        other = str(self._random.choice(list(THINGS)))  # what is spoken of need not be in the picture
        remark = str(self._random.choice(REMARKS))
        return f"{remark}, after the {other}" if self._random.random() < 0.5 else f"{things[0]}, {remark}"


def _unit(vector: Any) -> Vector:
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


# -- questions


def questions(photos: list[dict[str, Any]], imagination: Imagination) -> list[dict[str, Any]]:
    asked = [
        *_meaning(photos),
        *_names(photos),
        *_words(photos),
        *_mixed(photos),
        *_filtered(photos),
        *_negated(photos),
    ]
    asked += _japanese(photos)
    return [question | {"vectors": _vectors(question, imagination)} for question in asked if question["right"]]


def _vectors(question: dict[str, Any], imagination: Imagination) -> dict[str, list[float]]:
    texts = {question["text"]: question["things"], **{text: [text] for text in question.get("without", [])}}
    return {text: imagination.vector("text", things) for text, things in texts.items()}


def _with(photos: list[dict[str, Any]], *things: str) -> list[str]:
    return [photo["path"] for photo in photos if set(things) <= set(photo["things"])]


def _meaning(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What is in the picture, and mostly written nowhere."""
    single = [{"kind": "meaning", "text": f"a photo of a {thing}", "things": [thing], "right": _with(photos, thing)}
              for thing in list(THINGS)[:14]]  # fmt: skip
    pairs = sorted({tuple(sorted(photo["things"][:2])) for photo in photos if len(photo["things"]) > 1})[::18]
    return single + [
        {"kind": "meaning", "text": f"{a} and {b}", "things": [a, b], "right": _with(photos, a, b)} for a, b in pairs
    ]


def _names(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A file's name, as one has it from elsewhere; a model makes nothing of a number."""
    asked = []
    for photo in photos[5::22]:
        stem = photo["path"].rpartition("/")[2].removesuffix(".jpg")
        described = not stem.startswith(("IMG", "DSCF"))
        text = stem.replace("-", " ") if described else stem
        asked.append(
            {"kind": "name", "text": text, "things": photo["things"] if described else [], "right": [photo["path"]]}
        )
    return asked


def _words(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of people, places, cameras and purposes, which a model does not know."""
    wanted = {
        **{person: lambda photo, person=person: person in photo["people"] for person in PEOPLE},
        "prints": lambda photo: "prints" in photo["keywords"],
        "Shizuoka": lambda photo: "Shizuoka" in photo["place"],
        "Bergen": lambda photo: "Bergen" in photo["place"],
        "fjords": lambda photo: "/fjords/" in photo["path"],
        "X-T3": lambda photo: "X-T3" in (photo["camera"] or ""),
        "second try": lambda photo: "second try" in (photo["caption"] or ""),
    }
    return [
        {"kind": "words", "text": text, "things": [], "right": [photo["path"] for photo in photos if is_so(photo)]}
        for text, is_so in wanted.items()
    ]


def _mixed(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A thing in the picture, and a name that is written."""
    asked = []
    for thing, name in (
        *(("mountain", "Shizuoka"), ("boat", "Bergen"), ("temple", "Kyoto"), ("dog", "Lisbon")),
        *(("snow", "Norway"), ("cake", "Hanako"), ("train", "Japan"), ("beach", "Portugal")),
    ):
        right = [path for path in _with(photos, thing) if name in _written(photos, path)]
        asked.append({"kind": "mixed", "text": f"{thing} {name}", "things": [thing], "right": right})
    return asked


def _written(photos: list[dict[str, Any]], path: str) -> list[str]:
    (photo,) = (photo for photo in photos if photo["path"] == path)
    return [*photo["place"], *photo["people"]]


def _filtered(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    asked = []
    for thing, filters in (
        ("dog", {"after": "2019", "before": "2021"}),
        ("mountain", {"places": ["shizuoka"]}),
        ("people", {"folders": ["/photos/2018"]}),
        ("boat", {"cameras": ["x-t3"]}),
        ("sunset", {"after": "2020-06"}),
        ("cat", {"places": ["japan"], "before": "2021"}),
    ):
        right = [path for path in _with(photos, thing) if _passes(photos, path, filters)]
        asked.append({"kind": "filters", "text": thing, "things": [thing], "filters": filters, "right": right})
    return asked


def _passes(photos: list[dict[str, Any]], path: str, filters: dict[str, Any]) -> bool:
    (photo,) = (photo for photo in photos if photo["path"] == path)
    return (
        photo["taken_at"] >= filters.get("after", "")
        and photo["taken_at"] < filters.get("before", "9")
        and any(path.startswith(folder + "/") for folder in filters.get("folders", ["/photos"]))
        and all(camera in (photo["camera"] or "").lower() for camera in filters.get("cameras", []))
        and all(place in " ".join(photo["place"]).lower() for place in filters.get("places", []))
    )


def _negated(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of what is often seen together, the one without the other."""
    pairs = [pair for one, other in TOGETHER for pair in ((one, other), (other, one))]
    return [
        {
            "kind": "not",
            "text": wanted,
            "things": [wanted],
            "without": [unwanted],
            "right": [path for path in _with(photos, wanted) if path not in _with(photos, unwanted)],
            "wrong": _with(photos, wanted, unwanted),
        }
        for wanted, unwanted in pairs
    ]


def _japanese(photos: list[dict[str, Any]]) -> list[dict[str, Any]]:
    asked = [
        {"kind": "japanese", "text": THINGS[thing], "things": [thing], "right": _with(photos, thing)}
        for thing in ("cat", "fireworks", "bridge", "flowers")
    ]
    for name in ("静岡", "京都"):
        right = [photo["path"] for photo in photos if name in "".join(photo["place_local"])]
        asked.append({"kind": "japanese", "text": name, "things": [], "right": right})
    return asked


def as_json() -> str:
    """A photo or a question a line."""
    imagination = Imagination()
    photos = [imagination.photo(number) for number in range(PHOTOS)]
    rows = {"photos": photos, "questions": questions(photos, imagination)}
    parts = (
        f'  "{name}": [\n' + ",\n".join(f"    {json.dumps(row, ensure_ascii=False)}" for row in of) + "\n  ]"
        for name, of in rows.items()
    )
    return "{\n" + ",\n".join(parts) + "\n}\n"


if __name__ == "__main__":
    COLLECTION.write_text(as_json(), "utf-8")
