"""The recipe of a map: groups and their names, a place for every picture, a thumbnail of as many as it has room for."""

from indexer.asking.encoding import Load
from indexer.organize.gathered import Gathered
from indexer.organize.groups import grouped
from indexer.organize.naming import named
from indexer.organize.page import Map
from indexer.organize.project import Method, project, spread
from indexer.organize.thumbnails import thumbnails
from indexer.settings import DEFAULTS, Settings, Watch
from indexer.store.library import Library


def draw(
    library: Library,
    load: Load,
    gathered: Gathered,
    method: Method,
    number: int | None,
    most: int,
    watch: Watch,
    settings: Settings = DEFAULTS,
) -> Map:
    """All pictures that were gathered, in `number` groups, None: as they fall; at most so many have a thumbnail."""
    groups = grouped(gathered.vectors, number, watch)
    names = named(library, gathered.model, load, groups)
    places = project(gathered.vectors, method, watch)
    rows = spread(places, most).tolist()
    small = tuple(thumbnails(rows, gathered.paths, settings, watch))
    return Map(gathered.paths, places, groups, names, small, gathered.model.name)
