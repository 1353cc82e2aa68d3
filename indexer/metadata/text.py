"""What strangers wrote -> clean Unicode of a bearable length: the only door by which their text comes in."""

import re
import unicodedata
from collections.abc import Iterable

NAME, CAPTION, PROMPT = 300, 10_000, 20_000  # most characters of a name or keyword, of a caption, of a prompt
MOST = 500  # keywords (or people) of one photo
HIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufeff\ufffe\uffff\ud800-\udfff]")  # controls, BOMs, lone surrogates
LINE_ENDS = re.compile("\r\n?|\x85|\u2028|\u2029")


def clean(value: object, longest: int = NAME) -> str | None:
    """Text or bytes -> text in NFC without control characters, at most `longest` characters; None when none is left.

    A name or keyword becomes one line; what may be longer keeps its lines.
    """
    if isinstance(value, bytes):
        value = decoded(value[: 8 * longest], is_cut=len(value) > 8 * longest)
    if not isinstance(value, str):
        return None
    if len(value) <= longest and value.isascii() and value.isprintable() and "  " not in value:
        return value.strip() or None  # as nearly all are: a third of the time
    text = LINE_ENDS.sub("\n", value.lstrip()[: 2 * longest])
    text = unicodedata.normalize("NFC", HIDDEN.sub("", text))
    if longest <= NAME:
        text = " ".join(text.split())
    return text[:longest].strip() or None


def clean_all(values: Iterable[object]) -> list[str]:
    """Names or keywords, each once, in their order: no more than MOST."""
    kept: dict[str, str] = {}
    for value in values:
        if len(kept) >= MOST:
            break
        if word := clean(value):
            kept.setdefault(word.casefold(), word)
    return list(kept.values())


def decoded(data: bytes, is_cut: bool = False) -> str:
    """Bytes of no declared encoding: UTF-8 where they are, else Latin-1, which anything is."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if is_cut and error.start > len(data) - 4:  # in the middle of a character
            return data[: error.start].decode()
        return data.decode("latin-1")


def mended(value: object) -> object:
    """EXIF's ASCII as Pillow hands it out (each byte a character) -> what the bytes say, which may be UTF-8."""
    if isinstance(value, str) and not value.isascii():
        try:
            return decoded(value.encode("latin-1"))
        except UnicodeEncodeError:
            return value
    return value


def utf16(data: bytes) -> str:
    """UTF-16 of unknown byte order: by its mark, else the order in which the high bytes vary less."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace")
    is_big = _variety(data[:2000:2]) <= _variety(data[1:2000:2])
    return data.decode("utf-16-be" if is_big else "utf-16-le", errors="replace")


def _variety(data: bytes) -> tuple[int, int, int]:
    """How many different bytes there are, how far apart, and how high."""
    highest = max(data, default=0)
    return len(set(data)), highest - min(data, default=0), highest
