"""A Query -> ranked Hits: what was asked becomes vectors, candidates by picture and by words, fused, vetoed, judged."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from indexer.asking import fusion
from indexer.asking.calibration import Calibration
from indexer.asking.concepts import Taught
from indexer.asking.encoding import Load, Speaker, paths_of, sentence
from indexer.asking.evidence import Aim, Evidence, Scene, kind_of
from indexer.asking.folding import MOST, Folding
from indexer.photo import Facts, Hit, Vector, canonical
from indexer.query import VERDICTS, Query, Term, Verdict, reaches
from indexer.store.library import Library
from indexer.store.words import WordMatch

__all__ = ["Answer", "Load", "search"]

DEPTH = 100  # candidates of each half beyond those asked for, among which fusion and veto have a choice
DEEPER = 8  # times as many, where the veto left too few
VETO_WORDS = 4096  # photos that a word can veto


@dataclass(frozen=True, slots=True)
class Answer:
    """`hits`, best first; `notes` say what stood in the way of a better answer.

    `lost` are taught names that were asked for, and of which too few examples can be had for this model.
    """

    hits: list[Hit]
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


@dataclass(slots=True)
class Candidate:
    """A content that may be an answer. `value` orders candidates; what is vetoed comes after all that is not."""

    content_id: int
    score: float = 0.0
    value: float = 0.0
    vetoed: bool = False
    verdict: Verdict | None = None
    why: list[str] = field(default_factory=list)


def search(library: Library, load: Load, query: Query) -> Answer:
    """At most `query.limit` paths, best first. Raises NothingIndexed, NoSuchModel, OtherModel, NoSuchPath, NotAPicture.

    `load` is asked for the encoder only where a vector must be made: not for words that were asked of late, nor for a
    picture that is in the library. Such a picture is not its own answer; a copy of it at another path is.
    """
    model = library.searchable(query.model)
    library.must_know(query.filters.folders)
    speaker = Speaker(library, model, load)
    calibration = Calibration(library, speaker)
    asked = _asked(library, speaker, calibration, query)
    folding = Folding(library, model.name, calibration.scale("picture")) if query.fold else None
    depth = query.limit + DEPTH
    while True:
        candidates = asked.candidates(depth)
        hits = _hits(library, asked, candidates, depth if folding else query.limit)
        enough = sum(1 for candidate in candidates if not candidate.vetoed) >= query.limit or not query.unwanted
        if folding:
            full = sum(1 for candidate in candidates if reaches(candidate.verdict, query.minimum)) >= depth
            hits = folding.folded(hits)
            enough = enough and (len(hits) >= query.limit or not full or depth >= MOST)
        if enough or len(candidates) < depth:
            return Answer(hits[: query.limit], asked.notes, asked.lost)
        depth *= DEEPER


def _asked(library: Library, speaker: Speaker, calibration: Calibration, query: Query) -> "Asked":
    """The question in numbers. A model that knows pictures only leaves words to what is written of photos."""
    asked = Asked(library, query, speaker.model.name, calibration.photos)
    if not query.by_picture:
        return asked
    taught = Taught(library, speaker)
    for term in query.terms:
        aims = asked.wanted if term.wanted else asked.unwanted
        rest = _take_concepts(asked, aims, taught, term)
        if rest is None:
            continue
        if (vector := speaker.vector(rest)) is not None:
            aims.append(Aim(rest, vector, calibration.scale(kind_of(rest))))
        elif not query.by_words:
            speaker.encoder.encode_texts([str(rest.words)])  # says what is the matter
        else:
            asked.notes = (f"{speaker.model.name} knows pictures only: words were looked for where they are written",)
    asked.unwanted = [replace(aim, scene=_scene(speaker, asked, aim)) for aim in asked.unwanted]
    return asked


def _take_concepts(asked: "Asked", aims: list[Aim], taught: Taught, term: Term) -> Term | None:
    """An aim for each taught name in a term; returns what the term says besides. One that is not wanted is taken whole.

    "Not rex on the beach" is not "not the beach": what a name stands in is unwanted as a text, unless it is the name.
    """
    names, rest = taught.named(term)
    if not term.wanted and (rest or len(names) != 1):
        return term
    heads = {name: taught.concept(name).head for name in names}
    if lost := tuple(name for name, head in heads.items() if head is None):
        asked.lost += lost
        return term
    aims += [Aim(term, head.direction, head.scale, None, name, head.boundary) for name, head in heads.items() if head]
    return term if not names else None if rest is None else replace(term, words=rest)


def _scene(speaker: Speaker, asked: "Asked", unwanted: Aim) -> Scene | None:
    """Where everything is said in words; pictures and what was taught cannot be put into a sentence."""
    wanted = [aim.term.words for aim in asked.wanted if aim.concept is None]
    words = [text for text in wanted if text is not None]
    if unwanted.concept is not None or unwanted.term.words is None or not words or len(words) < len(wanted):
        return None
    without, beside = speaker.words(sentence(words)), speaker.words(sentence([*words, unwanted.term.words]))
    return None if without is None or beside is None else Scene(without, beside)


@dataclass(slots=True)
class Asked:
    """A question to a library: `wanted` and `unwanted` are the terms, and taught names in them, that have a vector."""

    library: Library
    query: Query
    model: str
    photos: int
    notes: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    wanted: list[Aim] = field(default_factory=list)
    unwanted: list[Aim] = field(default_factory=list)

    def candidates(self, depth: int) -> list[Candidate]:
        """About so many of each half, best first, the vetoed after all others."""
        if not self.query.wanted:
            ids = self.library.newest(depth, self.query.filters)
            found = {content_id: Candidate(content_id, value=-place) for place, content_id in enumerate(ids)}
            self._look(found)
        else:
            found = self._found(depth)
        self._veto_words(found)
        return sorted(found.values(), key=lambda candidate: (candidate.vetoed, -candidate.value))

    def _found(self, depth: int) -> dict[int, Candidate]:
        matches = self._matches(depth)
        near = (
            content_id
            for vector in self._directions()
            for content_id, _ in self.library.by_vector(vector, depth, self.query.filters, self.model)
        )
        found = {content_id: Candidate(content_id) for content_id in (*near, *(n for of in matches for n in of))}
        by_picture = self._look(found)
        for content_id, value in fusion.fuse(
            [(number, found[number].verdict) for number in by_picture], matches
        ).items():
            found[content_id].value = value
        self._take_words(found, matches)
        for content_id in self._named(matches):
            found[content_id].value += 1
        return found

    def _directions(self) -> list[Vector]:
        """Where to look for candidates: at each term, and between them."""
        vectors = [aim.vector for aim in self.wanted]
        if len(vectors) > 1:
            shares = [aim.term.weight / (aim.scale.deviation if aim.scale else 1) for aim in self.wanted]
            between = np.average(vectors, axis=0, weights=shares)
            vectors.append((between / np.linalg.norm(between)).astype(np.float32))
        return vectors

    # -- by picture

    def _look(self, found: dict[int, Candidate]) -> list[int]:
        """Judges candidates by their vectors; returns those that have one, the best first."""
        if not (self.wanted or self.unwanted):
            return []
        ids = list(found)
        evidence = Evidence(self.library.vectors_of(ids, self.model), self.wanted, self.unwanted, self.photos)
        if self.wanted:
            self._take_cosines([found[number] for number in ids], evidence)
        for aim, above in zip(self.unwanted, evidence.above_veto(), strict=True):
            for content_id, distance in zip(ids, above, strict=True):
                if not math.isinf(distance):
                    found[content_id].vetoed |= bool(distance >= 0)
                    where = "above" if distance >= 0 else "below"
                    found[content_id].why.append(f"not {aim.name}: {abs(distance):.2f} {where}")
        if not self.wanted:
            return []
        best = evidence.likeness.argsort(kind="stable")[::-1]
        return [ids[number] for number in best if evidence.seen[number]]

    def _take_cosines(self, candidates: Sequence[Candidate], evidence: Evidence) -> None:
        alone = len(self.wanted) == 1 and self.wanted[0].concept is None
        names = ["picture"] if alone else [aim.name for aim in self.wanted]
        for number, candidate in enumerate(candidates):
            if evidence.seen[number]:
                candidate.score = float(evidence.score[number])
                candidate.verdict = evidence.verdicts[number]
                candidate.why = [
                    f"{name} {cosines[number]:.2f}" for name, cosines in zip(names, evidence.cosines, strict=True)
                ]

    # -- by words

    def _matches(self, depth: int) -> list[dict[int, WordMatch]]:
        """For each wanted text, by content, best first."""
        texts = [term.words for term in self.query.wanted if term.words is not None and self.query.by_words]
        found = [self.library.by_words(fusion.telling(text), depth, self.query.filters) for text in texts]
        if self.wanted:  # else there is nothing better
            found = [fusion.saying(matches, self.photos) for matches in found]
        return [{match.content_id: match for match in matches} for matches in found]

    def _take_words(self, found: dict[int, Candidate], matches: list[dict[int, WordMatch]]) -> None:
        for candidate in found.values():
            own = [of[candidate.content_id] for of in matches if candidate.content_id in of]
            if not own:
                continue
            if not self.wanted:
                candidate.score = sum(match.rank for match in own)
            said = fusion.verdict(own, len(matches))
            candidate.verdict = min(candidate.verdict or "weak", said, key=VERDICTS.index)
            candidate.why += [reason for match in own for reason in _reasons(match)]

    def _named(self, matches: list[dict[int, WordMatch]]) -> set[int]:
        """Contents with a file that is called just what was asked for."""
        if len(self.query.wanted) != 1 or not matches:
            return set()
        words = str(self.query.wanted[0].words)
        ranked = [(match.content_id, match.rank) for match in matches[0].values() if "name" in match.fields]
        hits = self.library.hits(ranked, self.query.filters)
        return {hit.content_id for hit in hits if fusion.is_name(hit.path, words)}

    def _veto_words(self, found: dict[int, Candidate]) -> None:
        for term in self.query.unwanted:
            if term.words is None or not self.query.by_words:
                continue
            matches = self.library.by_words(fusion.telling(term.words), VETO_WORDS, self.query.filters)
            for match in fusion.saying(matches, self.photos):
                if match.content_id in found and fusion.weight(match) >= fusion.BESIDE:
                    found[match.content_id].vetoed = True
                    found[match.content_id].why += [f"not {term.words}: {reason}" for reason in _reasons(match)]


def _reasons(match: WordMatch) -> list[str]:
    """`word "fuji" in keywords`, `place Shizuoka`."""
    reasons = []
    for place, words in match.fields.items():
        if place == "place":
            reasons.append(f"place {' '.join(words)}")
        else:
            word = "word" if len(words) == 1 else "words"
            reasons.append(f'{word} "{" ".join(words)}" in {"file name" if place == "name" else place}')
    return reasons


def _hits(library: Library, asked: Asked, candidates: Sequence[Candidate], most: int) -> list[Hit]:
    """Every path of the first candidates that are good enough, but those of the pictures that were asked with."""
    query = asked.query
    own = {path for term in query.wanted if term.picture for path in paths_of(term.picture)}
    kept = [candidate for candidate in candidates if reaches(candidate.verdict, query.minimum)]
    kept = kept[: most + len(own)]
    facts = library.facts([candidate.content_id for candidate in kept])
    by_id = {candidate.content_id: (place, candidate) for place, candidate in enumerate(kept)}
    ranked = [(candidate.content_id, candidate.score) for candidate in kept]
    hits = (hit for hit in library.hits(ranked, query.filters) if canonical(hit.path) not in own)
    named = query.wanted[0].words if query.by_words and len(query.wanted) == 1 else None

    def order(hit: Hit) -> tuple[int, bool, str]:
        """That of the pictures; of the paths of one, first what is called so."""
        return by_id[hit.content_id][0], not (named and fusion.is_name(hit.path, named)), hit.path

    return [_hit(hit, by_id[hit.content_id][1], facts) for hit in sorted(hits, key=order)]


def _hit(hit: Hit, candidate: Candidate, facts: dict[int, Facts]) -> Hit:
    return replace(
        hit,
        verdict=candidate.verdict,
        why=tuple(candidate.why),
        facts=facts.get(candidate.content_id, hit.facts),
    )
