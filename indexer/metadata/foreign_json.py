"""JSON that strangers wrote: a part of it where it is of the kind that was expected, else nothing."""

Json = dict[str, object]


def as_object(value: object) -> Json:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Json]:
    """The objects in a list."""
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []
