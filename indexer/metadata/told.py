"""What one source tells of a photo: EXIF, XMP, IPTC, a text in it, or a file beside it."""

from dataclasses import dataclass, field, replace

from indexer.metadata.dates import Moment, moment

NULL_ISLAND = (0.0, 0.0)  # where no photo was taken, and where a GPS without a fix is


def camera_name(make: str | None, model: str | None) -> str | None:
    """`Apple` and `iPhone 15` -> `Apple iPhone 15`; `NIKON CORPORATION` and `NIKON D850` -> `NIKON D850`."""
    if not make or not model:
        return model or make
    return model if model.lower().startswith(make.split()[0].lower()) else f"{make} {model}"


@dataclass(slots=True)
class Told:
    """`position` is (latitude, longitude) in degrees, `place` goes from the nearest to the country, as written there.

    `rating` is 1 to 5, or -1 where the photo was rejected. What could not be understood is in `notes`.
    """

    title: str | None = None
    caption: str | None = None
    camera: str | None = None
    lens: str | None = None
    rating: int | None = None
    position: tuple[float, float] | None = None
    keywords: list[str] = field(default_factory=list)
    people: list[str] = field(default_factory=list)
    place: list[str] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def date(self, source: str, text: object, *, name: str = "", fraction: str = "", offset: str = "") -> None:
        """Takes down a date, or the note that it is none; `name` says which, where the source has several."""
        try:
            if isinstance(text, str) and (found := moment(source, text, fraction, offset)):
                self.moments.append(replace(found, is_instant=True) if source == "GPS" else found)
        except ValueError as error:
            self.notes.append(f"{name or source}: {error}")

    def stars(self, source: str, value: float) -> None:
        """Takes down a rating of 1 to 5, or -1 for a photo that was rejected; 0 is for unrated."""
        if value == -1 or 0 < value <= 5:
            self.rating = -1 if value == -1 else max(1, int(value))
        elif value != 0:
            self.notes.append(f"{source} rating: {value:g} is none")

    def at(self, source: str, latitude: float, longitude: float) -> None:
        """Takes down a position in degrees, or the note that there is no such place."""
        if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
            self.notes.append(f"{source} position: {latitude:.6g}, {longitude:.6g} is nowhere on Earth")
        elif (latitude, longitude) != NULL_ISLAND:
            self.position = (round(latitude, 7), round(longitude, 7))
        else:
            self.notes.append(f"{source} position: 0, 0 is a GPS without a fix")
