"""The JSON that Google's Takeout lays beside a photo -> what it tells: when, where, who, and a description."""

import json
import math

from indexer.metadata.dates import instant
from indexer.metadata.foreign_json import Json, as_object, as_objects
from indexer.metadata.text import CAPTION, clean, clean_all
from indexer.metadata.told import NULL_ISLAND, Told


def told(data: bytes) -> Told:
    """What a Takeout file tells; of other JSON, nothing. Raises ValueError where it is no JSON."""
    try:
        said = as_object(json.loads(data))
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    tell = Told()
    tell.caption = clean(said.get("description"), CAPTION)
    tell.people = clean_all(part.get("name") for part in as_objects(said.get("people")))
    _when(as_object(said.get("photoTakenTime")), tell)
    _where([as_object(said.get(key)) for key in ("geoData", "geoDataExif")], tell)
    return tell


def _when(time: Json, tell: Told) -> None:
    stamp = time.get("timestamp")
    if stamp in (None, ""):
        return
    try:
        tell.moments.append(instant("Takeout", float(str(stamp))))
    except ValueError as error:
        tell.notes.append(f"photoTakenTime: {error}")


def _where(positions: list[Json], tell: Told) -> None:
    """The first position that is one: zeros stand for none."""
    for position in positions:
        latitude, longitude = position.get("latitude"), position.get("longitude")
        if isinstance(latitude, (int, float)) and isinstance(longitude, (int, float)):
            if math.isfinite(latitude) and math.isfinite(longitude) and (latitude, longitude) == NULL_ISLAND:
                continue
            tell.at("Takeout", float(latitude), float(longitude))
            return
