"""The synthetic company: its people, departments, tags, and who follows what.

The same seed and size make the same company. Tags, authors and followed tags are as unequal as in
life (Zipf). Some colleagues are there to be measured: readers with 20, 60 and 500 follows of all
kinds, readers who follow only what is rarely written about, and writers.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import isqrt

from bench import words

END = datetime(2026, 11, 1, tzinfo=UTC)  # a fixed present, or the same seed would not be the same
SPAN = timedelta(days=3 * 365)
START = END - SPAN
PASSWORD = "the one of the benchmark"  # noqa: S105 - of a company that is thrown away
VARIANTS = 4  # of each reader, tag, person …, so that no answer can be kept from the last request
WRITERS = 8
FOLLOWS = {"sixty": 60, "twenty": 20, "fivehundred": 500, "rare": 20}
STANDING = [f"{kind}{number}" for kind in FOLLOWS for number in range(VARIANTS)]
STANDING += [f"writer{number}" for number in range(WRITERS)]
FEWEST, MOST = 5, 200  # follows of an ordinary colleague

Row = tuple[object, ...]


@dataclass(frozen=True)
class Size:
    """How large a company of so many posts is."""

    posts: int

    @property
    def users(self) -> int:
        """1,000 at 10,000 posts, 10,000 at a million.

        >>> [Size(posts).users for posts in (300, 10_000, 1_000_000)]
        [170, 1000, 10000]
        """
        return max(60, min(10_000, 10 * isqrt(self.posts)))

    @property
    def tags(self) -> int:
        """200 at 10,000 posts, 2,000 at a million."""
        return max(40, 2 * isqrt(self.posts))

    @property
    def departments(self) -> int:
        return max(6, min(40, self.users // 100))


@dataclass(frozen=True)
class Person:
    """A colleague; `department` is a place in the company's list."""

    username: str
    name: str
    department: int
    language: str


class Company:
    """Who and what there is. Ids begin at 1, so the place of anything in its list is its id - 1."""

    def __init__(self, posts: int, seed: int = 1) -> None:
        self.size = Size(posts)
        self.seed = seed
        dice = random.Random(f"{seed} company {posts}")
        self.vocabularies = {name: words.vocabulary(name, seed) for name in words.LANGUAGES}
        names = words.made("en", dice, 2 * self.size.users, longest=9)
        dice.shuffle(names)
        self.departments = [
            name.title() for name in words.made("nl", dice, self.size.departments, 9)
        ]
        made = dict.fromkeys(
            words.made("nl", dice, self.size.tags) + words.made("en", dice, self.size.tags)
        )
        self.tags = sorted(made, key=lambda name: len(name) + dice.uniform(0, 9))[: self.size.tags]
        self.spellings = [tag.title() if dice.random() < 0.3 else tag for tag in self.tags]
        self.tag_weights = words.zipf(self.size.tags)
        self.people = [self._person(place, names, dice) for place in range(self.size.users)]

    def _person(self, place: int, names: Sequence[str], dice: random.Random) -> Person:
        first, last = names[2 * place].title(), names[2 * place + 1].title()
        username = STANDING[place] if place < len(STANDING) else f"{first.lower()}{place}"
        return Person(
            username, f"{first} {last}", place % self.size.departments, dice.choice(("nl", "en"))
        )

    def department_rows(self) -> Iterator[Row]:
        for place, name in enumerate(self.departments, 1):
            yield place, name, name.lower(), START

    def user_rows(self, password_hash: str, newest_item: int) -> Iterator[Row]:
        """The colleagues; only those who stand there to be measured can sign in."""
        dice = random.Random(f"{self.seed} reading")
        for place, person in enumerate(self.people):
            yield (
                place + 1, person.username, person.username, f"{person.username}@example.com",
                person.name, person.department + 1, person.language, "Europe/Amsterdam",
                password_hash if place < len(STANDING) else None, START,
                max(0, self.size.posts - dice.randint(5, 200)), newest_item, False, START,
            )  # fmt: skip

    def tag_rows(self) -> Iterator[Row]:
        for place, (tag, spelling) in enumerate(zip(self.tags, self.spellings, strict=True), 1):
            yield place, tag, spelling, START

    def department_tag_rows(self) -> Iterator[Row]:
        """From 5 to 12 tags that each department follows."""
        dice = random.Random(f"{self.seed} department tags")
        for department in range(1, self.size.departments + 1):
            for tag in self._some_tags(dice, dice.randint(5, 12)):
                yield department, tag, 1, START

    def follow_rows(self) -> Iterator[Row]:
        dice = random.Random(f"{self.seed} follows")
        for place, person in enumerate(self.people):
            kind = person.username.rstrip("0123456789") if place < len(STANDING) else ""
            wanted = FOLLOWS.get(kind) or int(FEWEST * (MOST / FEWEST) ** dice.random())
            for target, target_id in self._followed(dice, wanted, place + 1, kind == "rare"):
                yield place + 1, target, target_id, START

    def _followed(
        self, dice: random.Random, wanted: int, reader: int, rare: bool
    ) -> list[tuple[str, int]]:
        """Exactly so many, of all kinds, as far as the company has them: tags, departments, people.

        `rare`: only of the tags and people that are least written about and write least.
        """
        tags, users = self.size.tags, self.size.users
        tag_count = min(wanted * 6 // 10, tags // 2)
        department_count = 0 if rare else max(1, min(wanted // 20, self.size.departments - 1))
        if rare:
            found = [("tag", tag) for tag in dice.sample(range(tags // 2, tags + 1), tag_count)]
            others = range(users - users // 4, users + 1)
        else:
            found = [("tag", tag) for tag in self._some_tags(dice, tag_count)]
            others = range(1, users + 1)
        departments = dice.sample(range(1, self.size.departments + 1), department_count)
        found += [("department", one) for one in departments]
        people = [one for one in dice.sample(others, min(wanted, len(others))) if one != reader]
        return found + [("person", one) for one in people[: wanted - len(found)]]

    def _some_tags(self, dice: random.Random, count: int) -> list[int]:
        """Different tags, the common ones more likely."""
        found: dict[int, None] = {}
        while len(found) < count:
            found.update(dict.fromkeys(self.draw_tags(dice, count)))
        return list(found)[:count]

    def draw_tags(self, dice: random.Random, count: int) -> list[int]:
        """Ids of so many tags, each as often as it is used; one may come twice."""
        return dice.choices(range(1, len(self.tags) + 1), cum_weights=self.tag_weights, k=count)

    def mute_rows(self) -> Iterator[Row]:
        """Each colleague who is measured mutes a tag and a person; of the others one in eight."""
        dice = random.Random(f"{self.seed} mutes")
        for reader in range(1, self.size.users + 1):
            if reader <= len(STANDING) or reader % 8 == 0:
                yield reader, "tag", dice.randint(self.size.tags // 2, self.size.tags), None
                yield reader, "person", reader % self.size.users + 1, None
