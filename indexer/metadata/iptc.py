"""IPTC's older records (IIM 4.2) -> what they tell: title, caption, keywords, place and date."""

from collections.abc import Mapping
from itertools import chain

from indexer.metadata.text import CAPTION, clean, clean_all, decoded
from indexer.metadata.told import Told

Datasets = Mapping[tuple[int, int], bytes | list[bytes]]
TITLE, KEYWORDS, DAY, TIME, HEADLINE, CAPTION_ABSTRACT = 5, 25, 55, 60, 105, 120
PLACE = (92, 90, 95, 101)  # sublocation, city, province, country


def told(iptc: Datasets) -> Told:
    """What IPTC's records tell."""
    tell = Told()
    tell.title = clean(_first(iptc, TITLE)) or clean(_first(iptc, HEADLINE))
    tell.caption = clean(_first(iptc, CAPTION_ABSTRACT), CAPTION)
    tell.keywords = clean_all(_all(iptc, KEYWORDS))
    tell.place = clean_all(chain.from_iterable(_all(iptc, number) for number in PLACE))
    day, time = decoded(_first(iptc, DAY)[:20]), decoded(_first(iptc, TIME)[:20])
    tell.date("IPTC", f"{day} {time}" if time.strip("\0 ") else day)
    return tell


def _all(iptc: Datasets, number: int) -> list[bytes]:
    value = iptc.get((2, number), [])
    return [value] if isinstance(value, bytes) else value


def _first(iptc: Datasets, number: int) -> bytes:
    return next(iter(_all(iptc, number)), b"")
