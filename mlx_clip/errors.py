"""What can go wrong with a model, one class for each thing a caller can do something about.

ClipError
├── UnknownModel       no card, folder or repository has this name
├── ModelUnreachable   the hub cannot be reached (or has no such repository) and nothing is cached
├── BadCheckpoint      a file of the checkpoint is missing, damaged, or in a format that is not read
├── UnsupportedModel   the checkpoint asks for something that is not built here; names the key
├── DiskFull           no space left for the converted weights
└── NotAnImage         a path given to `encode_images` is no picture
"""


class ClipError(Exception):
    """Base of all: its text is a sentence for the user that says what to do next."""


class UnknownModel(ClipError):
    pass


class ModelUnreachable(ClipError):
    pass


class BadCheckpoint(ClipError):
    pass


class UnsupportedModel(ClipError):
    pass


class DiskFull(ClipError):
    pass


class NotAnImage(ClipError):
    pass
