"""How the gallery says to people what is known of a photo: dates, sizes, stars, how sure, in words."""

import re
from calendar import month_name
from datetime import datetime
from pathlib import Path

from markupsafe import Markup, escape

from indexer.photo import Hit

UNDATED = "No date"
LEAST, MOST, STEP = 45, 300, 5  # percent: the shapes that gallery.css has a class for


def shape(width: int, height: int) -> int:
    """Width in percent of the height, as near as the style sheet has it; a tile crops what differs."""
    return min(MOST, max(LEAST, STEP * round(100 * width / max(1, height) / STEP)))


def name(path: str) -> str:
    return Path(path).name


def month(taken_at: str | None) -> str:
    """`July 2019`"""
    return f"{month_name[int(taken_at[5:7])]} {taken_at[:4]}" if taken_at else UNDATED


def months(newest: str, oldest: str) -> str:
    """`July 2019`, `May – July 2019`, `December 2018 – July 2019`"""
    if newest == oldest:
        return newest
    return f"{oldest.removesuffix(newest[-5:])} – {newest}"


def broken(path: str) -> Markup:
    """A path that may go on in a new line at each folder."""
    return escape(path).replace("/", Markup("/<wbr>"))


def day(taken_at: str | None) -> str:
    """`14 July 2019`"""
    return f"{int(taken_at[8:10])} {month(taken_at)}" if taken_at else ""


def moment(taken_at: str, offset: int | None) -> str:
    """`Sunday 14 July 2019, 09:30 (UTC+9)`"""
    taken = datetime.fromisoformat(taken_at)
    return f"{taken:%A} {day(taken_at)}, {taken:%H:%M}" + ("" if offset is None else f" ({_clock(offset)})")


def _clock(offset: int) -> str:
    hours, minutes = divmod(abs(offset), 60)
    ahead = f"{'-' if offset < 0 else '+'}{hours}" + (f":{minutes:02}" if minutes else "")
    return f"UTC{ahead}" if offset else "UTC"


def amount(size: int) -> str:
    """Of bytes: `812 kB`, `3.4 MB`"""
    return f"{max(1, round(size / 1e3))} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"


def pixels(width: int, height: int) -> str:
    """`4000 × 3000, 12.0 megapixels`"""
    millions = width * height / 1e6
    return f"{width} × {height}" + (f", {millions:.1f} megapixels" if millions >= 0.1 else "")


def stars(rating: int) -> str:
    return "★" * rating + "☆" * (5 - rating)


def ticked(sentence: str) -> Markup:
    """What stands between backticks is what one types."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", str(escape(sentence))))


def described(hit: Hit) -> str:
    """For who does not see the picture: what somebody wrote of it, else its file's name; when and where."""
    facts = hit.facts
    said = facts.caption or facts.title or name(hit.path)
    return ", ".join(part for part in (said, day(facts.taken_at), facts.place[0] if facts.place else "") if part)


def sizes(side: int, width: int, height: int) -> int:
    """How wide a picture is whose longer side was made at most so many pixels."""
    return max(1, round(width * min(1, side / max(width, height))))


FILTERS = {
    "amount": amount,
    "broken": broken,
    "day": day,
    "described": described,
    "filename": name,
    "stars": stars,
    "ticked": ticked,
}
FUNCTIONS = {"moment": moment, "pixels": pixels, "shape": shape, "wide": sizes}
