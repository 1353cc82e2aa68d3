"""Made library-v3.db: a library as pics 0.1.0 (schema 3, sqlite-vec 0.1.9) writes it. Kept to say where it comes from.

Besides two models it has what the photos say of themselves, words to be found by, and a fact about a model's scores.
It is not to be run again: what later versions must go on opening is the file that version 3 wrote. Its pages are 4 KB
and not the usual 32, so that it is small; nothing else is special about it.
"""

import sqlite3
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np

from indexer.photo import NO_FACTS, Content, Facts, File, ModelIdentity, Skip
from indexer.store.library import Library
from indexer.store.schema import VERSION

MODEL = ModelIdentity("example/clip", "0123456789abcdef", "5eed" * 16, 4, "squash8")
OTHER = ModelIdentity("example/other", "fedcba9876543210", "feed" * 16, 3, "squash16")
HARBOUR = Facts(
    taken_at="2019-07-14T12:30:00.5",
    taken_offset=540,
    taken_from="exif",
    camera="FUJIFILM X-T3",
    lens="XF23mmF2 R WR",
    latitude=35.4437,
    longitude=139.638,
    place=("Yokohama", "Kanagawa", "Japan"),
    place_local=("横浜市", "神奈川県", "日本"),
    rating=4,
    title="The old harbour",
    caption="赤レンガ倉庫の前。",
    keywords=("harbour", "blue hour"),
    people=("Zoë",),
)
PHOTOS = (  # path, bytes, the vectors of these bytes, width, height, format, what is known
    ("/photos/2019/harbour.jpg", b"harbour", (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 1.0), 4032, 3024, "JPEG", HARBOUR),
    ("/photos/2019/harbour copy.jpg", b"harbour", (1.0, 0.0, 0.0, 0.0), None, 4032, 3024, "JPEG", HARBOUR),
    ("/photos/2020/SailBoat2.heic", b"sail", (0.8, 0.6, 0.0, 0.0), (0.0, 0.6, 0.8), 3024, 4032, "HEIF", NO_FACTS),
    (
        "/photos/2020/Été.png",
        b"summer",
        (0.6, 0.0, 0.8, 0.0),
        (0.0, 1.0, 0.0),
        800,
        600,
        "PNG",
        Facts(prompt="a summer meadow, oil painting", notes=("EXIF: damaged",)),
    ),
)
OLD = ("/photos/cat.png", b"cat", (0.0, 0.0, 0.0, 1.0), None, 640, 480, "PNG", Facts(taken_at="2018-01-01T00:00:00"))


def make(folder: Path) -> None:
    assert VERSION == 3, "this file is a record of version 3"
    with sqlite3.connect(folder / "library.db") as small:
        small.executescript("pragma page_size = 4096; create table page (x); drop table page;")
    small.close()
    with Library(folder) as library:
        library.adopt(MODEL)
        library.files.begin_scan()
        library.files.compare([], [], [])
        for number, (path, data, vector, _, width, height, format_, facts) in enumerate((*PHOTOS, OLD)):
            file = File(path, len(data), 1_600_000_000_000_000_000 + number, 7)
            content = Content(sha256(data).digest(), len(data), width, height, format_)
            library.put([(file, content, facts, np.array(vector, np.float32))], reader=1 if path == OLD[0] else 2)
        library.keep(OTHER)
        library.put_vectors(
            OTHER.name,
            (
                (library.files.content_id(sha256(data).digest()) or 0, path, np.array(vector, np.float32))
                for path, data, _, vector, *_ in PHOTOS
                if vector
            ),
        )
        library.keep_words(MODEL.name, "a sail", np.array((0.8, 0.6, 0.0, 0.0), np.float32))
        library.keep_fact(MODEL.name, "unrelated", "0.25")
        with library.transaction():
            library.roots.remember("/photos", 7, ["*_small.jpg", "raw"])
            library.roots.looked_at("/photos", 7)
            library.files.skip([Skip("/photos/broken.jpg", "damaged: image file is truncated")])
        library.forget("/photos/private")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
