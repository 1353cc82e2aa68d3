"""How high a model scores what has nothing to do with the question: what a cosine here is worth.

Some sixty texts that hardly any library has a photo of are held against a sample of it, and some of its pictures
against others. What the best of n photos scores with such a text follows a Gumbel distribution, as maxima do, and grows
with n: so a larger library is not surer of itself. Kept for each model and library, and made anew when the library has
grown, or shrunk, by half.
"""

import base64
import json
import math
from dataclasses import asdict, dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from indexer.asking.encoding import Speaker
from indexer.photo import Encoder, Vector, identity
from indexer.query import VERDICTS, Verdict
from indexer.store.library import Library

Floats = NDArray[np.floating]
Kind = Literal["words", "picture"]

SAMPLE = 1024  # photos that stand for all
PICTURES = 128  # of them, that are held against the others
AT_A_TIME = 32  # a picture's nearest of so many is hardly ever related to it; of all, it mostly is
GROWN = 1.5
METHOD = 1  # of measuring, and the version of UNRELATED: what was kept by another is not read
CHANCE: dict[Verdict, float] = {"strong": 0.02, "likely": 0.10}
"""How often an unrelated question finds as good a photo somewhere in the library."""
LEAST = {name: -math.log(-math.log1p(-chance)) for name, chance in CHANCE.items()}
"""The surprise that has that chance: with p of the Gumbel distribution above it, it is -log(-log(1 - p))."""
LIKELY = LEAST["likely"]
QUARTILES = 1.5725  # how far a Gumbel distribution's quartiles lie apart, in its scale
MEDIAN = 0.3665  # how far its median lies above its mode
UNRELATED = (
    *("quarterly tax return", "the theory of relativity", "a proof by induction", "chairman of the board"),
    *("an unpaid electricity bill", "last Tuesday", "minutes of the meeting", "monetary policy", "chapter seven"),
    *("the second law of thermodynamics", "a knitting pattern", "grammar of Latin verbs", "an x-ray of a knee"),
    *("the wiring diagram of a radio", "bacteria under a microscope", "a train timetable", "the periodic table"),
    *("a stock market crash", "source code in Fortran", "a medieval manuscript", "an opera singer on stage"),
    *(
        "a coal mine",
        "the surface of Mars",
        "a court in session",
        "a printed circuit board",
        "an oil refinery at night",
    ),
    *("a chess opening", "a deep sea vent", "a wind tunnel", "a submarine", "a suit of armour", "a ballet class"),
    *("an ancient Egyptian tomb", "a blast furnace", "a sumo match", "a cuneiform tablet", "a bowling alley"),
    *("a cathedral organ", "a sound engineer's mixing desk", "an ultrasound scan"),
    *("所得税の確定申告", "相対性理論", "議事録", "先週の火曜日", "金融政策", "電車の時刻表", "元素の周期表", "第三章"),
    *("顕微鏡で見た細菌", "能の舞台", "製油所の夜景", "古墳", "裁判所", "炭鉱", "潜水艦", "相撲の取組", "回路図"),
    *("電気料金の請求書", "火星の表面", "編み物の図案"),
)


@dataclass(frozen=True, slots=True)
class Scale:
    """What is usual among the unrelated. `alike` is the mean cosine of two questions.

    `mean` and `deviation` are of all cosines; `mode` and `spread` those of the Gumbel distribution of the best of `of`
    photos, and `growth` how the mode grows with the root of log n. `photos` were in the library when it was measured.
    """

    alike: float
    mean: float
    deviation: float
    mode: float
    spread: float
    growth: float
    of: int
    photos: int

    def standard(self, cosines: Floats) -> Floats:
        """How many deviations above the mean."""
        return (cosines - self.mean) / self.deviation

    def surprise(self, cosines: Floats, photos: int) -> Floats:
        """How far above what the best of so many unrelated photos would score, in spreads of that."""
        return (cosines - self._mode(photos)) / self.spread

    def cosine(self, surprise: float, photos: int) -> float:
        """The one that is so surprising."""
        return self._mode(photos) + surprise * self.spread

    def _mode(self, photos: int) -> float:
        return self.mode + self.growth * (_reach(photos) - _reach(self.of))


def _reach(photos: int) -> float:
    """What the best of so many grows with, where the scores have the tail of a normal distribution."""
    return math.sqrt(math.log(max(photos, 1)))


def verdict(surprise: float) -> Verdict:
    """What chance has to say to it."""
    return next((name for name in VERDICTS if name in LEAST and surprise >= LEAST[name]), "weak")


def measured(cosines: Floats, of: int, photos: int, alike: float) -> Scale:
    """(questions, sample) cosines of what is unrelated -> their scale; NaN is left out.

    By medians and quartiles: that a few are related after all does not matter. `of` sampled photos are looked at at a
    time.
    """
    best = {size: _best(cosines, size) for size in (of, max(1, of // 4))}
    low, middle, high = (float(np.quantile(best[of], quantile)) for quantile in (0.25, 0.5, 0.75))
    spread = max((high - low) / QUARTILES, 1e-4)
    reach = _reach(of) - _reach(max(1, of // 4))
    growth = (middle - float(np.median(best[max(1, of // 4)]))) / reach if reach else 0.0
    mean, deviation = float(np.nanmean(cosines)), max(float(np.nanstd(cosines)), 1e-4)
    return Scale(alike, mean, deviation, middle - MEDIAN * spread, spread, max(growth, 0.0), of, photos)


def mean_cosine(vectors: Vector) -> float:
    """Of each two of n unit vectors: the square of their sum has all of these, and each with itself."""
    n = len(vectors)
    whole = vectors.sum(axis=0)
    return float((whole @ whole - n) / (n * (n - 1))) if n > 1 else 0.0


def _best(cosines: Floats, size: int) -> Floats:
    """The best of each question in each of the slices of about `size` photos that the sample has."""
    slices = max(1, cosines.shape[1] // size)
    known = np.where(np.isnan(cosines), -1, cosines)
    return np.concatenate([known[:, start::slices].max(axis=1) for start in range(slices)])


def calibrate(library: Library, encoder: Encoder) -> None:
    """Measures the scales of a model that has vectors here, where they are lacking: else the first question waits."""
    model = library.kept_as(identity(encoder))
    if model:
        calibration = Calibration(library, Speaker(library, model, lambda _: encoder))
        for kind in get_args(Kind):
            calibration.scale(kind)


class Calibration:
    """The scales of a model in a library, which has so many `photos`."""

    def __init__(self, library: Library, speaker: Speaker) -> None:
        self._library = library
        self._speaker = speaker
        self.photos = library.pictures()
        self._scales: dict[Kind, Scale | None] = {}

    def scale(self, kind: Kind) -> Scale | None:
        """For questions in words or by a picture; None where there is no telling: of one photo, or without words."""
        if kind not in self._scales:
            self._scales[kind] = self._kept(kind) or self._measure(kind)
        return self._scales[kind]

    def _kept(self, kind: Kind) -> Scale | None:
        kept = self._library.known(self._speaker.model.name, f"scale of {kind}, {METHOD}")
        if kept is not None:
            scale = Scale(**json.loads(kept))
            if scale.photos / GROWN < self.photos < scale.photos * GROWN:
                return scale
        return None

    def _measure(self, kind: Kind) -> Scale | None:
        sample = self._library.sample_vectors(SAMPLE, self._speaker.model.name)
        if not len(sample):
            return None
        questions = self._unrelated() if kind == "words" else sample[:: max(1, len(sample) // PICTURES)]
        if questions is None:
            return None
        cosines = questions @ sample.T
        if kind == "picture":
            cosines[cosines > 1 - 1e-4] = np.nan  # itself
        if np.isnan(cosines).all():
            return None
        of = len(sample) if kind == "words" else min(AT_A_TIME, len(sample))
        scale = measured(cosines, of, self.photos, mean_cosine(questions))
        self._library.keep_fact(self._speaker.model.name, f"scale of {kind}, {METHOD}", json.dumps(asdict(scale)))
        return scale

    def _unrelated(self) -> Vector | None:
        """float32 (texts, dim): encoded once for each model; None where it knows no words."""
        name = self._speaker.model.name
        kept = self._library.known(name, f"unrelated texts, {METHOD}")
        vectors = None if kept is None else unpacked(kept, self._speaker.model.dim)
        if vectors is None or len(vectors) != len(UNRELATED):
            vectors = self._speaker.texts(list(UNRELATED))
            if vectors is not None:
                self._library.keep_fact(name, f"unrelated texts, {METHOD}", packed(vectors))
        return vectors


def packed(vectors: Vector) -> str:
    """Vectors as a fact that the library keeps of a model: half as exact as they were."""
    return base64.b64encode(vectors.astype("<f2").tobytes()).decode("ascii")


def unpacked(kept: str, dim: int) -> Vector:
    """float32 (n, dim)."""
    return np.frombuffer(base64.b64decode(kept), "<f2").reshape(-1, dim).astype(np.float32)
