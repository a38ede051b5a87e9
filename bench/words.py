"""The words of the synthetic company: Dutch and English, some very common and most of them rare.

Ahead stand the real function words of both languages, as a search engine treats them apart; behind
them come words made of syllables, with the endings that the languages have, so that stems matter.
A word's frequency falls with its rank (Zipf).
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

_FUNCTION = {
    "nl": "de het een van en in op is dat te met voor niet aan er ook bij maar naar om dan uit nog "
    "wel door over of als wij zij heeft wordt geen meer moet kan werd hun deze",
    "en": "the a of and to in is that it for on with not at this but from are was by have be or an "
    "as we they has will no more must can were their which there",
}
_STARTS = {
    "nl": "b bl br d dr f g gl gr h j k kl kn kr l m n p pl pr r s sch sl sn sp st str t tr v vl w "
    "z zw",
    "en": "b bl br c ch cl cr d dr f fl fr g gl gr h j k l m n p pl pr qu r s sh sl sp st str t th "
    "tr v w wh",
}
_MIDDLES = {
    "nl": "a aa e ee i ie o oo oe u ui ei ij ou eu",
    "en": "a ai e ea ee i o oa oo ou u y",
}
_ENDS = {
    "nl": "b d f g k l m n p r s t cht ft kt ld lk lm lt mp nd ng nk nt rd rk rm rn rp rt st",
    "en": "b ck d ff ft g l ld lk ll lp m mp n nd ng nk nt p r rd rk rm rn rp rt s sh ss st t ck x",
}
_ENDINGS = {
    "nl": ("", "", "", "en", "en", "je", "er", "t", "s", "ing", "heid", "lijk"),
    "en": ("", "", "", "s", "s", "ed", "ing", "er", "ly", "ness", "ment"),
}
LANGUAGES = ("nl", "en")
STEMS = 12_000  # of each language; with their endings some 25,000 words
_FLATTENING = 2.7  # Mandelbrot's: the first few words are not as common as Zipf alone would say


@dataclass(frozen=True)
class Vocabulary:
    """The words of one language, the commonest first, with what to draw them by."""

    words: Sequence[str]
    weights: Sequence[float]  # cumulative
    content_from: int  # the rank where the function words end

    def draw(self, dice: random.Random, count: int) -> list[str]:
        """So many words, each as often as it is common."""
        return dice.choices(self.words, cum_weights=self.weights, k=count)

    def content(self, rank: int) -> str:
        """The word of this rank, from 0, among those that mean something."""
        return self.words[self.content_from + rank]


def zipf(count: int, exponent: float = 1.0) -> list[float]:
    """Cumulative weights of so many ranks.

    >>> [round(weight, 2) for weight in zipf(3)]
    [0.27, 0.48, 0.66]
    """
    return list(accumulate(1 / (rank + _FLATTENING) ** exponent for rank in range(1, count + 1)))


def syllable(language: str, dice: random.Random) -> str:
    """One syllable as the language may have it."""
    return "".join(dice.choice(parts[language].split()) for parts in (_STARTS, _MIDDLES, _ENDS))


def made(language: str, dice: random.Random, count: int, longest: int = 14) -> list[str]:
    """So many different words of one to three syllables, by and large the shortest first."""
    found: dict[str, None] = {}
    while len(found) < count:
        length = dice.choices((1, 2, 3), (2, 5, 2))[0]
        word = "".join(syllable(language, dice) for _ in range(length))
        if len(word) <= longest:
            found[word] = None
    # What is said often is short, by and large.
    return sorted(found, key=lambda word: len(word) + dice.uniform(0, 9))


def vocabulary(language: str, seed: int) -> Vocabulary:
    """The same words for the same seed.

    >>> vocabulary("nl", 1).words[:3]
    ['de', 'het', 'een']
    """
    dice = random.Random(f"{seed} {language}")
    function = _FUNCTION[language].split()
    known = set(function)
    words = function
    for stem in made(language, dice, STEMS):
        for ending in sorted(set(dice.choices(_ENDINGS[language], k=2))):
            if (word := stem + ending) not in known:
                known.add(word)
                words.append(word)
    return Vocabulary(words, zipf(len(words)), len(_FUNCTION[language].split()))
