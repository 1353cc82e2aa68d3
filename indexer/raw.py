"""RAW photos: which bytes are one, and out of these a preview, or a quick development, by LibRaw.

    DNG                 a TIFF that says a DNGVersion
    CR2                 a TIFF with `CR` behind its header
    NEF, ARW, PEF, …    a TIFF one of whose directories holds what a sensor saw; which it is, its maker says
    CR3, RAF, ORF, …    by their first bytes
Any other TIFF is a picture, whatever camera it names. After TIFF 6.0, TIFF/EP and DNG 1.7, the others after LibRaw.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from types import TracebackType
from typing import TYPE_CHECKING, Self

from indexer.errors import NotAPicture

if TYPE_CHECKING:
    from PIL import Image  # who looks for suffixes alone need not wait for it

SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("dng", "cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "orf", "raf", "rw2", "rwl", "pef", "srw"),
        *("3fr", "erf", "mrw", "x3f"),
    )
)
SIGNATURES = (  # where, what, whose
    (0, b"FUJIFILMCCD-RAW", "RAF"),
    (4, b"ftypcrx ", "CR3"),
    (0, b"IIU\0", "RW2"),
    (0, b"IIRO", "ORF"),
    (0, b"IIRS", "ORF"),
    (0, b"MMOR", "ORF"),
    (6, b"HEAPCCDR", "CRW"),
    (0, b"\0MRM", "MRW"),
    (0, b"FOVb", "X3F"),
)
MAKERS = {
    "NIKON": "NEF",
    "SONY": "ARW",
    "PENTAX": "PEF",
    "RICOH": "PEF",
    "SAMSUNG": "SRW",
    "HASSELBLAD": "3FR",
    "SEIKO": "ERF",
}
OTHER = "RAW"  # of a maker that is not known here
FORMATS = tuple(dict.fromkeys(("DNG", "CR2", *MAKERS.values(), *(format_ for *_, format_ in SIGNATURES), OTHER)))
AS_TIFF = frozenset(FORMATS) - {"CR3", "RAF", "CRW", "MRW", "X3F"}  # built as one, whatever their first bytes say
TIFFS = {b"II*\0": "<", b"MM\0*": ">"}
COLOURS, MAKE, INNER, DNG_VERSION = 262, 271, 330, 50706  # PhotometricInterpretation, Make, SubIFDs
SENSOR = ((1, 32803), (1, 34892))  # COLOURS of a colour a pixel (CFA), of all three without a curve (LinearRaw)
DIRECTORIES, ENTRIES = 12, 400  # that are looked at: more than a camera writes

Directory = dict[int, tuple[int, int]]
"""By tag: how many values, and the value, or where they lie."""


def format_of(data: bytes) -> str | None:
    """One of FORMATS; None: no RAW photo."""
    if data[:4] in TIFFS:
        return _format_of_tiff(data, TIFFS[data[:4]])
    return next((format_ for place, mark, format_ in SIGNATURES if data.startswith(mark, place)), None)


def _format_of_tiff(data: bytes, order: str) -> str | None:
    first, *others = list(_directories(data, order)) or [{}]
    if DNG_VERSION in first:
        return "DNG"
    if data.startswith(b"CR", 8):
        return "CR2"
    if any(directory.get(COLOURS) in SENSOR for directory in (first, *others)):
        _, place = first.get(MAKE, (0, len(data)))
        make = data[place : place + 40].decode("latin-1").upper()
        return next((format_ for maker, format_ in MAKERS.items() if make.startswith(maker)), OTHER)
    return None


def _directories(data: bytes, order: str) -> Iterator[Directory]:
    """The first directory, the next ones, and those inside them."""
    places = list(struct.unpack_from(order + "L", data, 4)) if len(data) >= 8 else []
    for _ in range(DIRECTORIES):
        if not places:
            return
        if len(data) < (place := places.pop(0)) + 2:
            continue
        number = min(struct.unpack_from(order + "H", data, place)[0], ENTRIES)
        entries = data[place + 2 : place + 2 + 12 * number]
        found: Directory = {}
        for tag, kind, count, value in struct.iter_unpack(order + "HHL4s", entries[: len(entries) // 12 * 12]):
            is_short = kind == 3 and count == 1
            found[tag] = count, struct.unpack_from(order + ("H" if is_short else "L"), value)[0]
        yield found
        places += [*_inner(data, order, found), *_next(data, order, place + 2 + 12 * number)]


def _inner(data: bytes, order: str, directory: Directory) -> tuple[int, ...]:
    count, place = directory.get(INNER, (0, 0))
    if count == 1:
        return (place,)
    count = min(count, DIRECTORIES)
    return struct.unpack_from(f"{order}{count}L", data, place) if place + 4 * count <= len(data) else ()


def _next(data: bytes, order: str, place: int) -> tuple[int, ...]:
    following = struct.unpack_from(order + "L", data, place) if place + 4 <= len(data) else (0,)
    return following if following != (0,) else ()


class Raw:
    """An open RAW photo. `width` and `height` are those of the upright picture that it would be developed to.

    Any number of threads may each have some open; what takes long lets the others go on. Raises NotAPicture.
    """

    def __init__(self, data: bytes, format_: str) -> None:
        import rawpy

        with _reasons(f"damaged, or a {format_} of a kind that LibRaw does not know"):
            self._raw = rawpy.imread(BytesIO(data))
        sizes = self._raw.sizes
        self._flip = sizes.flip & 7
        self.width, self.height = (sizes.height, sizes.width) if self._flip & 4 else (sizes.width, sizes.height)
        self.sensor = sizes.raw_width, sizes.raw_height  # with margins that no picture shows

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._raw.close()

    def preview(self) -> bytes | None:
        """The largest, a JPEG that lies as the sensor lay. None: there is none that can be read.

        Previews that are bare pixels are tiny, and rawpy does not look whether there are as many as a file says.
        """
        import rawpy

        try:
            found = self._raw.extract_thumb()
        except (rawpy.LibRawError, NotImplementedError):  # of a kind that LibRaw hands out and rawpy does not know
            return None
        return found.data if isinstance(found.data, bytes) else None

    def developed(self) -> "Image.Image":
        """Upright, RGB or grey, of half the width and height: of four pixels one. Raises NotAPicture."""
        from PIL import Image

        with _reasons("cannot be developed"):
            pixels = self._raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8)
        return Image.fromarray(pixels if pixels.shape[2] == 3 else pixels[..., 0])

    def upright(self, preview: "Image.Image") -> "Image.Image":
        """A preview turned as the photo is, unless it would lie across that then: some are upright already."""
        from PIL.Image import Transpose

        is_alike = (preview.width - preview.height) * (self.width - self.height) > 0
        if self._flip == 0 or (self._flip & 4 and is_alike):
            return preview
        flips = {1: Transpose.FLIP_LEFT_RIGHT, 2: Transpose.FLIP_TOP_BOTTOM, 3: Transpose.ROTATE_180}
        turns = {4: Transpose.TRANSPOSE, 5: Transpose.ROTATE_90, 6: Transpose.ROTATE_270, 7: Transpose.TRANSVERSE}
        return preview.transpose((flips | turns)[self._flip])


@contextmanager
def _reasons(what: str) -> Iterator[None]:
    """Turns what LibRaw says into NotAPicture."""
    import rawpy

    try:
        yield
    except rawpy.LibRawError as error:
        said = error.args[0] if error.args else ""
        raise NotAPicture(f"{what} ({said.decode() if isinstance(said, bytes) else said})") from error
