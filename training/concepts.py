"""What pics-mini knows: concrete things of Unicode's emoji, each with its names in English and Japanese."""

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from training.sources import WORDS, unpacked

GROUPS = (3, 4, 5, 6, 7)  # emojibase's animals & nature, food & drink, travel & places, activities, objects
FAMILIES = re.compile(
    r"-thirty$|o’clock$|quarter|(waxing|waning|new) .*moon|new moon|moon face$|mailbox with|^oncoming |medal$|"
    r"^globe showing |^sun behind .* cloud$|^speaker |^locked with | suit$"
)
TOO_ALIKE = """
    guide dog, service dog, horse face, cow face, pig face, ewe, rat, front-facing baby chick, white flower,
    wilted flower, blossom, leafy green, brown mushroom, teacup without handle, clinking beer mugs, clinking
    glasses, pouring liquid, fork and knife, landslide, house with garden, Japanese post office, love hotel,
    foggy, cityscape at dusk, sunset, railway car, bullet train, train, metro, light rail, station, tram car,
    trolleybus, minibus, motorized wheelchair, horizontal traffic light, construction, motor boat, airplane
    departure, airplane arrival, hourglass done, star, cloud with lightning, wind face, closed umbrella,
    umbrella with rain drops, umbrella on ground, snowman without snow, ticket, softball, flower playing cards,
    muted speaker, bell with slash, musical notes, level slider, mobile phone with arrow, low battery, camera
    with flash, magnifying glass tilted right, ledger, page facing up, rolled-up newspaper, bookmark tabs, chart
    increasing with yen, e-mail, incoming envelope, envelope with arrow, outbox tray, inbox tray, open file
    folder, tear-off calendar, card index, round pushpin, linked paperclips, hammer and pick, hammer and wrench,
    link, nazar amulet
"""  # what another concept stands for, or what no one would tell apart in a small picture; FAMILIES, by their names
LEFT_OUT = frozenset(" ".join(name.split()) for name in TOO_ALIKE.split(","))
Entry = dict[str, Any]  # of emojibase: label, hexcode, tags, group
SHARED_BY_FEW = 6  # a keyword that more concepts have than this says too little of each


@dataclass(frozen=True, slots=True)
class Concept:
    """One thing: the code points of its emoji, and what it is called, its own name first."""

    code: str
    english: tuple[str, ...]
    japanese: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.english[0]

    @property
    def titles(self) -> tuple[str, str]:
        """Its name, and that without "face"."""
        return self.name, _plain(self.name)


def read(work: Path) -> list[Concept]:
    """All concepts, in Unicode's order."""
    english, japanese = (_entries(work, language) for language in ("en", "ja"))
    chosen = [code for code, entry in english.items() if _is_concrete(entry)]
    keywords, keywords_ja = (_distinctive([words[code]["tags"] for code in chosen]) for words in (english, japanese))
    return [
        Concept(code, _names(english[code], keywords), _kana(_names(japanese[code], keywords_ja))) for code in chosen
    ]


def _entries(work: Path, language: str) -> dict[str, Entry]:
    file = unpacked(work, WORDS) / language / "data.json"
    return {entry["hexcode"]: entry for entry in json.loads(file.read_text("utf-8"))}


def _is_concrete(entry: Entry) -> bool:
    label = entry["label"]
    return entry.get("group") in GROUPS and label not in LEFT_OUT and not FAMILIES.search(label)


def _distinctive(tags: list[list[str]]) -> set[str]:
    counts = Counter(tag.lower() for own in tags for tag in own)
    return {tag for tag, count in counts.items() if count <= SHARED_BY_FEW and (len(tag) > 1 or not tag.isascii())}


def _names(entry: Entry, keywords: set[str]) -> tuple[str, ...]:
    """The label, as it is and without "face", then the keywords that tell it from others."""
    label = entry["label"].lower()
    tags = [tag.lower() for tag in entry["tags"] if tag.lower() in keywords]
    return tuple(dict.fromkeys([label, _plain(label), *tags]))


def _plain(label: str) -> str:
    return label.removesuffix(" face").removesuffix("の顔")


def _kana(names: tuple[str, ...]) -> tuple[str, ...]:
    """Adds to a name in katakana the same in hiragana: イヌ is as often written いぬ."""
    hiragana = [_hiragana(name) for name in names[:2] if re.fullmatch(r"[ァ-ヶー]+", name)]
    return tuple(dict.fromkeys([*names, *hiragana]))


def _hiragana(katakana: str) -> str:
    return "".join(chr(ord(c) - 0x60) if "ァ" <= c <= "ヶ" else c for c in katakana)
