"""A second look at two pictures: whether they are one, resized, cropped, turned a little, recompressed or edited.

Local features (SIFT, Lowe 2004) say how one lies on the other; laid so, what both show is compared cell by cell. Two
sunsets may share a sky, and two frames of a burst all but the one who moved: a few cells that differ make two
pictures. Light, contrast and colour may have changed, for cells are compared by their correlation.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

METHOD = 1  # version of all this: what another one found is not read
SIDE = 384  # pixels of the longer side, at which pictures are compared
FINE = 256  # the same, at which features are looked for
ASKED = 192  # shortest side to ask a decoder for: JPEGs come at twice as much at least
FEATURES = 300
RATIO = 0.8  # a match must be so much nearer than the next best (Lowe)
BESIDE = 3.0  # pixels that a match may lie beside where it should
INLIERS = 10
ROUNDS = 500  # of RANSAC
STRETCH = 1.2  # of one side beside the other
CELL = 32
BLUR = 1.6  # pixels: makes up for what is recompressed, and half a pixel beside
TEXTURE = 5.0  # grey levels of deviation, from which on there is something in a cell to compare
FLAT = 3.0  # the same, of a whole picture: below, it shows nothing
LIGHT = 0.7  # correlation of all cells' means
AGREES, DIFFERS = 0.7, 0.5  # correlations of a cell
MOST = 0.85  # of the cells that show something must agree
FEWEST = 4  # such cells
OTHER = 28.0  # grey levels, by which a spot differs, whatever was done to the light
SPOT = 5  # pixels across: what is thinner may be an edge that lies half a pixel beside
COVERED = 0.85  # of one picture is on the other, as it is when that was cropped; and
SHARED = 0.5  # of the other on the one
TINT = 0.0  # correlation of colours, that light which was turned up leaves; grey agrees with all
COLOURFUL = 4.0  # deviation of the two colour channels, from which on colours are compared

cv2.setNumThreads(1)  # pictures are shared out among threads, not the work on one

Grey = NDArray[np.uint8]
Numbers = NDArray[np.integer[Any] | np.floating[Any]]
Floats = NDArray[np.float32]
Affine = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Sight:
    """What is kept of a picture while it is compared, some 300 KB.

    `grey` (h, w), a little blurred, the longer side SIDE pixels; `colour` (h / 8, w / 8, 2), Lab's a and b; SIFT's
    `points` (n, 2) in pixels of `grey` and `features` (n, 128) of unit length. `is_flat`: it shows nothing.
    """

    grey: Grey
    colour: Grey
    points: Floats
    features: Floats
    is_flat: bool


def sight(image: Image.Image) -> Sight:
    """Of an RGB picture of any size. Called from several threads at once."""
    pixels = _sized(np.asarray(image.convert("RGB")), SIDE)
    grey = _bytes(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY))
    colour = cv2.cvtColor(_sized(pixels, SIDE // 8), cv2.COLOR_RGB2LAB)[:, :, 1:]
    points, features = _features(grey)
    blurred = _bytes(cv2.GaussianBlur(grey, (0, 0), BLUR))
    return Sight(blurred, _bytes(colour), points, features, bool(blurred.std() < FLAT))


def _sized(pixels: Grey, side: int) -> Grey:
    """With a longer side of so many pixels."""
    height, width = pixels.shape[:2]
    scale = side / max(height, width)
    size = (max(side // 12, round(width * scale)), max(side // 12, round(height * scale)))
    return _bytes(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC))


def _bytes(pixels: Numbers) -> Grey:
    """As they lie in memory side by side."""
    return np.ascontiguousarray(pixels, np.uint8)


def _features(grey: Grey) -> tuple[Floats, Floats]:
    fine = _sized(grey, FINE)
    sift = cv2.SIFT.create(nfeatures=FEATURES, contrastThreshold=0.02)
    found, features = sift.detectAndCompute(fine, None)
    if not len(found):
        return np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32)
    points = np.array([point.pt for point in found], np.float32) * (grey.shape[1] / fine.shape[1])
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    return points.astype(np.float32), (features / np.maximum(lengths, 1e-6)).astype(np.float32)


def is_same(one: Sight, other: Sight) -> bool:
    """Whether they are one picture. Of what shows nothing there is no telling: it is not."""
    if one.is_flat or other.is_flat:
        return False
    return any(_agree(one, other, laid) for laid in _ways(one, other))


# -- how one lies on the other


def _ways(one: Sight, other: Sight) -> Iterator[Affine]:
    """How the other may lie on the one: just as it is, where their shapes allow it, and as their features say."""
    (height, width), (other_height, other_width) = one.grey.shape, other.grey.shape
    if abs(np.log((width / height) / (other_width / other_height))) < 0.03:
        yield np.array([[width / other_width, 0, 0], [0, height / other_height, 0]], np.float64)
    yield from _by_features(one, other)


def _by_features(one: Sight, other: Sight) -> Iterator[Affine]:
    """(2, 3), from the pixels of the other to those of the one: moved, turned and resized, then also stretched."""
    if min(len(one.points), len(other.points)) < INLIERS:
        return
    here, there = _matches(one, other)
    if len(here) < INLIERS:
        return
    for estimate in (cv2.estimateAffinePartial2D, cv2.estimateAffine2D):
        laid, inliers = estimate(
            other.points[there], one.points[here], method=cv2.RANSAC, ransacReprojThreshold=BESIDE, maxIters=ROUNDS
        )
        if laid is None or int(inliers.sum()) < INLIERS or np.linalg.det(laid[:, :2]) <= 0:
            return
        longer, shorter = np.linalg.svd(laid[:, :2], compute_uv=False)
        if longer <= STRETCH * shorter:
            yield np.asarray(laid, np.float64)


def _matches(one: Sight, other: Sight) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows of features that are each other's nearest, and much nearer than the next."""
    none = np.zeros((0, 0), np.float32)
    product = cv2.gemm(one.features, other.features, 1.0, none, 0.0, flags=cv2.GEMM_2_T)  # wakes no threads, as @ does
    cosines = np.asarray(product, np.float32)
    rows = np.arange(len(cosines))
    nearest = cosines.argmax(axis=1)
    mutual = cosines.argmax(axis=0)[nearest] == rows
    best = cosines[rows, nearest]
    cosines[rows, nearest] = -1
    here = np.flatnonzero(mutual & (1 - best < RATIO * RATIO * (1 - cosines.max(axis=1))))
    return here, nearest[here]


def _laid_on(ground: Grey, picture: Grey, laid: Affine) -> tuple[Grey, Grey]:
    """The picture in the pixels of the ground, and where it is (255)."""
    size = (ground.shape[1], ground.shape[0])
    moved = cv2.warpAffine(picture, laid, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    mask = cv2.warpAffine(np.full(picture.shape[:2], 255, np.uint8), laid, size, flags=cv2.INTER_NEAREST)
    return _bytes(moved), _bytes(mask)


# -- whether they agree, so laid


def _agree(one: Sight, other: Sight, laid: Affine) -> bool:
    moved, mask = _laid_on(one.grey, other.grey, laid)
    shared = float((mask > 0).mean())
    covered = shared * one.grey.size / max(abs(float(np.linalg.det(laid[:, :2]))) * other.grey.size, 1.0)
    if min(shared, covered) < SHARED or max(shared, covered) < COVERED:
        return False
    if not _alike_from_afar(one.grey, moved, mask):
        return False
    toned, toned_back = _toned(one.grey, moved, mask)
    cells_agree = _cells_agree(toned, moved, mask) or _cells_agree(one.grey, toned_back, mask)
    difference = _bytes(cv2.min(cv2.absdiff(toned, moved), cv2.absdiff(one.grey, toned_back)))
    return cells_agree and not _differ_in_a_spot(difference, mask) and _colours_agree(one, other, laid)


def _alike_from_afar(one: Grey, other: Grey, mask: Grey) -> bool:
    """Light and dark lie at the same places: spares what is plainly another picture a closer look."""
    inside = _cells(mask) == 255
    return bool(inside.any()) and _correlation(_cells(one)[inside], _cells(other)[inside]) > LIGHT


def _toned(one: Grey, other: Grey, mask: Grey) -> tuple[Grey, Grey]:
    """Each with the tones of the other, whose shares of dark and light it gets: that undoes what was done to light."""
    midst = mask * _core(mask.shape, CELL)
    ours, theirs = (cv2.calcHist([grey], [0], midst, [256], [0, 256]).ravel().cumsum() for grey in (one, other))
    tones, tones_back = np.searchsorted(theirs, ours), np.searchsorted(ours, theirs)
    return _with_tones(one, tones), _with_tones(other, tones_back)


def _with_tones(grey: Grey, tones: NDArray[np.intp]) -> Grey:
    return _bytes(cv2.LUT(grey, tones.clip(0, 255).astype(np.uint8)))


def _cells_agree(one: Grey, other: Grey, mask: Grey) -> bool:
    (mean, spread), (other_mean, other_spread) = _moments(one), _moments(other)
    together = _cells(cv2.multiply(one, other, dtype=cv2.CV_32F)) - mean * other_mean
    correlation = together / np.maximum(spread * other_spread, 1e-3)
    inside = _cells(mask.astype(np.float32)) > 0.95 * 255
    shows = inside & _core(inside.shape) & (np.maximum(spread, other_spread) > TEXTURE)
    if shows.sum() < FEWEST or (correlation[shows] > AGREES).mean() < MOST:
        return False
    return bool((correlation[shows] < DIFFERS).sum() <= max(1, 0.015 * shows.sum()))


def _core(shape: tuple[int, ...], edge: int = 1) -> NDArray[np.bool_]:
    """All but the edge, where frames, captions and the corners of what was turned lie."""
    core = np.zeros(shape, np.bool_)
    core[edge:-edge, edge:-edge] = True
    return core


def _moments(grey: Grey) -> tuple[Floats, Floats]:
    mean = _cells(grey.astype(np.float32))
    return mean, np.sqrt(np.maximum(_cells(cv2.multiply(grey, grey, dtype=cv2.CV_32F)) - mean * mean, 0))


def _cells(values: Numbers) -> Floats:
    """Means of cells, as many as fit."""
    rows, columns = (max(2, round(side / CELL)) for side in values.shape)
    return np.asarray(cv2.resize(values, (columns, rows), interpolation=cv2.INTER_AREA), np.float32)


def _differ_in_a_spot(difference: Grey, mask: Grey) -> bool:
    """Whether anything that is no mere edge is there in one and not in the other."""
    spots = ((difference > OTHER) & (mask > 0) & _core(mask.shape, CELL)).astype(np.uint8)
    return bool(cv2.erode(spots, np.ones((SPOT, SPOT), np.uint8)).any())


def _colours_agree(one: Sight, other: Sight, laid: Affine) -> bool:
    """What is grey now agrees with all colours."""
    (height, width), (other_height, other_width) = one.colour.shape[:2], other.colour.shape[:2]
    to_small = np.diag([width / one.grey.shape[1], height / one.grey.shape[0]])
    from_small = np.diag([other.grey.shape[1] / other_width, other.grey.shape[0] / other_height, 1])
    moved, mask = _laid_on(one.colour, other.colour, to_small @ laid @ from_small)
    here, there = (np.asarray(colour[mask > 0], np.float32) for colour in (one.colour, moved))
    if not len(here) or min(here.std(axis=0).max(), there.std(axis=0).max()) < COLOURFUL:
        return True
    return _correlation(here - here.mean(axis=0), there - there.mean(axis=0)) > TINT


def _correlation(one: Floats, other: Floats) -> float:
    one, other = (np.asarray(values, np.float32) - values.mean() for values in (one, other))
    return float((one * other).sum() / max(float(np.sqrt((one * one).sum() * (other * other).sum())), 1e-6))
