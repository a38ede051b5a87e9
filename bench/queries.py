"""The fixed list of 200 searches of all kinds that a company of one seed and size is asked."""

import random
from collections.abc import Callable, Iterator, Sequence

from bench.company import Company

COUNTS = {
    "common word": 24,
    "middling word": 24,
    "rare word": 24,
    "prefix": 24,
    "phrase": 24,
    "three words that rarely meet": 20,
    "filters": 24,
    "negation": 16,
    "sentence": 20,
}
RARE = 3000  # the rank from which on a word is rare


def listed(company: Company, lines: Sequence[str]) -> list[tuple[str, str]]:
    """Pairs of a kind and a search; `lines` are some that were written, in any order."""
    dice = random.Random(f"{company.seed} searches")
    maker = _Maker(company, [_words_of(line) for line in lines], dice)
    makers: dict[str, Callable[[], str]] = {
        "common word": lambda: maker.ranked(0, 20),
        "middling word": lambda: maker.ranked(200, 1000),
        "rare word": maker.rare,
        "prefix": maker.prefix,
        "phrase": lambda: f'"{" ".join(maker.following(dice.randint(2, 3)))}"',
        "three words that rarely meet": maker.three,
        "filters": maker.filtered,
        "negation": maker.negated,
        "sentence": lambda: " ".join(maker.following(dice.randint(7, 10))) + "?",
    }
    return [(kind, query) for kind, count in COUNTS.items() for query in _some(makers[kind], count)]


def _some(make: Callable[[], str], count: int) -> Iterator[str]:
    """Different searches, as long as there are any."""
    found: dict[str, None] = {}
    for _ in range(50 * count):
        found[make()] = None
        if len(found) == count:
            break
    yield from found


def _words_of(line: str) -> list[str]:
    """The words of a line, up to its first tag, name or address."""
    words = []
    for word in line.lower().split():
        if not word.strip("?").isalpha():
            break
        words.append(word.strip("?"))
    return words


class _Maker:
    """Makes one search after the other."""

    def __init__(self, company: Company, lines: Sequence[list[str]], dice: random.Random) -> None:
        self.company, self.dice = company, dice
        self._lines = lines
        self._filter = 0
        common = [word for each in company.vocabularies.values() for word in each.words[:RARE]]
        known = set(common)
        self._rare = [word for line in lines for word in line if word not in known]

    def ranked(self, first: int, last: int) -> str:
        """A word of a rank in between, of one of the languages."""
        language = self.dice.choice(list(self.company.vocabularies))
        return self.company.vocabularies[language].content(self.dice.randrange(first, last))

    def rare(self) -> str:
        return self.dice.choice(self._rare)

    def prefix(self) -> str:
        """Three letters of a common word, or four of another."""
        if self.dice.random() < 0.5:
            return f"{self.ranked(0, 40)[:3]}*"
        return f"{self.ranked(100, 1500)[:4]}*"

    def following(self, count: int) -> list[str]:
        """So many words that follow each other in a line."""
        line = self.dice.choice([line for line in self._lines if len(line) >= count])
        start = self.dice.randint(0, len(line) - count)
        return line[start : start + count]

    def three(self) -> str:
        return " ".join(self.ranked(20, 150) for _ in range(3))

    def filtered(self) -> str:
        """Filters of each kind in turn, alone and beside words."""
        company, dice = self.company, self.dice
        tag = company.tags[dice.randrange(min(20, len(company.tags)))]
        person = dice.choice(company.people).username
        word = self.ranked(0, 60)
        choices = (
            f"{word} #{tag}",
            f"#{tag}",
            f"from:{person}",
            f"{word} dept:{dice.choice(company.departments).lower()}",
            f"{word} after:2025-06-01",
            f"{word} before:2024-06-01",
            f"is:open {word}",
            f"is:question #{tag} has:note",
        )
        self._filter += 1
        return choices[self._filter % len(choices)]

    def negated(self) -> str:
        excluded = self.ranked(0, 60)
        if self.dice.random() < 0.3:
            excluded = f"#{self.company.tags[self.dice.randrange(10)]}"
        return f"{self.ranked(0, 200)} -{excluded}"
