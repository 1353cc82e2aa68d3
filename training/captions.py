"""What is said of a picture, in English and in Japanese."""

import numpy as np

from training.concepts import Concept

ENGLISH = ("{}", "{}", "{}", "a {}", "the {}", "a photo of a {}", "a picture of a {}", "a drawing of a {}", "my {}")
JAPANESE = ("{}", "{}", "{}", "{}の写真", "{}の絵", "{}のイラスト", "{}の画像")
ENGLISH_ON = ("a {} on a {} background", "{} on {}", "{} with a {} background")
ENGLISH_PAIR = ("{} and {}", "a {} next to a {}", "a {} and a {}", "{} beside {}", "a {} with a {}")
JAPANESE_PAIR = ("{}と{}", "{}の隣に{}", "{}と{}の絵")
ENGLISH_THREE, JAPANESE_THREE = "{}, {} and {}", "{}と{}と{}"
JAPANESE_COLOURS = {
    "red": "赤い", "orange": "オレンジ色の", "yellow": "黄色い", "green": "緑の", "blue": "青い", "purple": "紫の",
    "pink": "ピンクの", "brown": "茶色の", "black": "黒い", "white": "白い", "gray": "灰色の",
}  # fmt: skip
JAPANESE_SHAPES = {
    "circle": "円", "square": "四角", "triangle": "三角", "star": "星形", "ring": "輪", "cross": "十字",
    "diamond": "ひし形", "stripes": "縞模様",
}  # fmt: skip
OWN_NAME = 0.6  # how often a thing is called by its own name and not by a keyword


class Speaker:
    """Finds words, by chance, from one random generator; half of what it says is Japanese."""

    def __init__(self, random: np.random.Generator, japanese: float = 0.5) -> None:
        self._random = random
        self._japanese = japanese

    def of_thing(self, concept: Concept) -> tuple[str, str]:
        """(a caption, the name in it)."""
        names, templates = (concept.japanese, JAPANESE) if self._speaks_japanese() else (concept.english, ENGLISH)
        name = self._name(names)
        return self._one(templates).format(name), name

    def of_coloured(self, concept: Concept, colour: str) -> str:
        """Of a thing that has this colour."""
        if self._speaks_japanese():
            return JAPANESE_COLOURS[colour] + self._name(concept.japanese)
        return self._one(("{} {}", "a {} {}")).format(colour, self._name(concept.english))

    def of_ground(self, concept: Concept, colour: str) -> str:
        """Of a thing before a background of this colour."""
        if self._speaks_japanese():
            return f"{JAPANESE_COLOURS[colour]}背景の{self._name(concept.japanese)}"
        return self._one(ENGLISH_ON).format(self._name(concept.english), colour)

    def of_scene(self, concepts: list[Concept]) -> str:
        """Of two or three things."""
        three = len(concepts) == 3
        if self._speaks_japanese():
            template = JAPANESE_THREE if three else self._one(JAPANESE_PAIR)
            return template.format(*(concept.japanese[0] for concept in concepts))
        template = ENGLISH_THREE if three else self._one(ENGLISH_PAIR)
        return template.format(*(self._one(concept.titles) for concept in concepts))

    def of_shape(self, shape: str | None, colour: str) -> str:
        """Of a plain shape, or of nothing but a colour."""
        if self._speaks_japanese():
            return JAPANESE_COLOURS[colour] + (JAPANESE_SHAPES[shape] if shape else "色")
        return f"a {colour} {shape}" if shape else self._one(("{}", "plain {}", "the colour {}")).format(colour)

    def _speaks_japanese(self) -> bool:
        return bool(self._random.random() < self._japanese)

    def _name(self, names: tuple[str, ...]) -> str:
        return names[0] if self._random.random() < OWN_NAME else self._one(names)

    def _one(self, choices: tuple[str, ...]) -> str:
        return choices[self._random.integers(len(choices))]
