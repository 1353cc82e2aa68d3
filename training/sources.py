"""The drawings and words that pics-mini learns from: packages of the npm registry, pinned, unpacked into a folder.

`npm` fetches them, so that a registry or mirror set for it is used and every package is checked against its hash.
"""

import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PACKAGES = "packages"


@dataclass(frozen=True, slots=True)
class Style:
    """A set of pictograms in one hand. `glyphs` have a shape and no colours; `icons` are named by words, not for emoji;
    `training` is False for the set held out.
    """

    name: str
    package: str
    licence: str
    glyphs: bool = False
    icons: bool = False
    training: bool = True


STYLES = (
    Style("noto", "@iconify-json/noto@1.2.9", "Apache-2.0"),
    Style("noto-v1", "@iconify-json/noto-v1@1.2.5", "Apache-2.0"),
    Style("openmoji", "@iconify-json/openmoji@1.2.29", "CC-BY-SA-4.0"),
    Style("emojione", "@iconify-json/emojione@1.2.3", "CC-BY-4.0"),
    Style("emojione-v1", "@iconify-json/emojione-v1@1.2.3", "CC-BY-SA-4.0"),
    Style("emojione-line", "@iconify-json/emojione-monotone@1.2.1", "CC-BY-4.0", glyphs=True),
    Style("fxemoji", "@iconify-json/fxemoji@1.2.2", "Apache-2.0"),
    Style("streamline", "@iconify-json/streamline-emojis@1.2.4", "CC-BY-4.0"),
    Style("noto-line", "@fontsource/noto-emoji@5.3.2", "OFL-1.1", glyphs=True),
    Style("game-icons", "@iconify-json/game-icons@1.2.4", "CC-BY-3.0", glyphs=True, icons=True),
    Style("icon-park", "@iconify-json/icon-park@1.2.4", "Apache-2.0", glyphs=True, icons=True),
    Style("mdi", "@iconify-json/mdi@1.2.3", "Apache-2.0", glyphs=True, icons=True),
    Style("tabler", "@iconify-json/tabler@1.2.41", "MIT", glyphs=True, icons=True),
    Style("phosphor", "@iconify-json/ph@1.2.2", "MIT", glyphs=True, icons=True),
    Style("twemoji", "@iconify-json/twemoji@1.2.5", "CC-BY-4.0", training=False),
)
WORDS = "emojibase-data@17.0.0"  # MIT; names and keywords of Unicode's CLDR in English and Japanese


def fetch(work: Path, told: Callable[[str], None]) -> None:
    """Downloads and unpacks what is not there yet, and tells of each. Raises OSError, CalledProcessError."""
    for package in (WORDS, *(style.package for style in STYLES)):
        folder = unpacked(work, package)
        if not folder.is_dir():
            told(f"fetching {package}")
            _unpack(_pack(package, work / PACKAGES), folder)


def unpacked(work: Path, package: str) -> Path:
    """Where a package lies, or would."""
    return work / PACKAGES / package.strip("@").replace("/", "-").replace("@", "-")


def _pack(package: str, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    command = ["npm", "pack", "--silent", package]
    done = subprocess.run(command, cwd=folder, check=True, stdout=subprocess.PIPE, text=True)
    return folder / done.stdout.strip().splitlines()[-1]


def _unpack(archive: Path, folder: Path) -> None:
    """Beside, and renamed when it is whole."""
    part = folder.with_name(f"{folder.name}.part")
    with tarfile.open(archive) as tar:
        tar.extractall(part, filter="data")
    (part / "package").rename(folder)
    part.rmdir()
    archive.unlink()
