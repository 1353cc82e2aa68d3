"""The JSON that Google's Takeout lays beside a photo -> what it tells: when, where, who, and a description."""

import json
import math

from indexer.metadata.dates import instant
from indexer.metadata.text import CAPTION, clean, clean_all
from indexer.metadata.told import NULL_ISLAND, Told

Json = dict[str, object]


def told(data: bytes) -> Told:
    """What a Takeout file tells; of other JSON, nothing. Raises ValueError where it is no JSON."""
    try:
        said = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    tell = Told()
    if isinstance(said, dict):
        tell.caption = clean(said.get("description"), CAPTION)
        people = said.get("people")
        tell.people = clean_all(part.get("name") for part in _objects(people))
        _when(_object(said.get("photoTakenTime")), tell)
        _where([_object(said.get(key)) for key in ("geoData", "geoDataExif")], tell)
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


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[Json]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
