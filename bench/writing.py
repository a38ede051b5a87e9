"""The words of the posts: lines within 140 characters, some notes, with the HTML of the product.

Markdown and nh3 take a third of a millisecond a line, so a million plain lines would take five
minutes. The HTML is put together here, and `loading` compares a sample of it with what the product
itself makes; whatever differs ends the benchmark.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from bench.company import END, START, Company, Row
from bench.history import History
from microshare import markup, spoken

CHUNK = 20_000  # posts
LINE = 140  # characters
DUTCH = 0.6  # of the lines; the others are English
TAGS = ((0, 1, 2, 3), (15, 35, 30, 20))  # so many tags in a line, this often
MENTION, URL, NOTE, TAGGED_ON = 0.05, 0.02, 0.08, 0.02  # shares of the posts


@dataclass
class Chunk:
    """Rows of the tables that posts bring with them, in the order of their columns in `loading`."""

    posts: list[Row] = field(default_factory=list)
    post_tags: list[Row] = field(default_factory=list)
    mentions: list[Row] = field(default_factory=list)
    thanks: list[Row] = field(default_factory=list)
    inbox_items: list[Row] = field(default_factory=list)


@dataclass
class _Line:
    """A line while it is put together: words, then tags."""

    words: list[str]
    tags: list[int]
    mentioned: int = 0
    url: str = ""


class Writer:
    """Writes down a history; the same chunk has the same words, whoever asks."""

    def __init__(self, company: Company, history: History) -> None:
        self.company, self.history = company, history
        self._tag_html = [
            f'<a class="tag" href="/tags/{tag}">#{spelling}</a>'
            for tag, spelling in zip(company.tags, company.spellings, strict=True)
        ]

    def chunks(self) -> Iterator[Chunk]:
        """All posts and what belongs to them, oldest first."""
        for start in range(0, self.history.count, CHUNK):
            dice = random.Random(f"{self.company.seed} words {start}")
            chunk = Chunk()
            for place in range(start, min(start + CHUNK, self.history.count)):
                self._write(place, dice, chunk)
            yield chunk

    def _write(self, place: int, dice: random.Random, chunk: Chunk) -> None:
        history, post_id = self.history, place + 1
        at = START + timedelta(seconds=history.at[place])
        author = history.author[place]
        language = "nl" if dice.random() < DUTCH else "en"
        line = self._line(dice, language)
        asks = bool(history.asks[place])
        shown, html = self._told(line, asks)
        note, note_html = self._note(dice, language) if dice.random() < NOTE else ("", "")
        solved = history.solved[place]
        chunk.posts.append((
            post_id, author, self.company.people[author - 1].department + 1,
            "question" if asks else "update", shown, html, note, note_html,
            spoken.of(f"{shown}\n{note}"), history.reply_to[place] or None,
            history.thread[place] or None, f"bench-{post_id}", at,
            min(END, at + timedelta(hours=1)) if history.withdrawn[place] else None,
            START + timedelta(seconds=solved) if solved else None, history.answer[place] or None,
            history.replies[place], history.thanks[place],
        ))  # fmt: skip
        for position, tag in enumerate(line.tags):
            chunk.post_tags.append((tag, post_id, position, None, at))
        if dice.random() < TAGGED_ON:
            [tag] = self.company.draw_tags(dice, 1)
            if tag not in line.tags:
                chunk.post_tags.append((tag, post_id, 0, author % len(self.company.people) + 1, at))
        if line.mentioned:
            chunk.mentions.append((post_id, line.mentioned))
            self._tell(chunk, line.mentioned, "mention", post_id, author, at)
        if parent := history.reply_to[place]:
            self._tell(chunk, history.author[parent - 1], "reply", post_id, author, at)
        self._thank(place, dice, chunk)

    def _thank(self, place: int, dice: random.Random, chunk: Chunk) -> None:
        history, people = self.history, self.company.people
        author, wanted = history.author[place], history.thanks[place]
        at = START + timedelta(seconds=history.at[place])
        givers = [one for one in dice.sample(range(1, len(people) + 1), wanted + 1)
                  if one != author][:wanted] if wanted else []  # fmt: skip
        for giver in givers:
            then = min(END, at + timedelta(hours=dice.uniform(0.1, 40)))
            chunk.thanks.append((place + 1, giver, people[giver - 1].department + 1, then))
            self._tell(chunk, author, "thanks", place + 1, giver, then)

    @staticmethod
    def _tell(chunk: Chunk, reader: int, kind: str, post_id: int, actor: int, at: object) -> None:
        if reader != actor:
            chunk.inbox_items.append((reader, kind, post_id, actor, at))

    def _line(self, dice: random.Random, language: str) -> _Line:
        vocabulary = self.company.vocabularies[language]
        words = vocabulary.draw(dice, dice.randint(8, 16))
        [count] = dice.choices(*TAGS)
        line = _Line(words, list(dict.fromkeys(self.company.draw_tags(dice, count))))
        drawn = dice.random()
        if drawn < MENTION:
            line.mentioned = dice.randint(1, len(self.company.people))
        elif drawn < MENTION + URL:
            line.url = f"https://wiki.example.com/{words[0]}/{dice.randint(1, 9999)}"
        spent = sum(len(self.company.spellings[tag - 1]) + 2 for tag in line.tags) + len(line.url)
        if line.mentioned:
            spent += len(self.company.people[line.mentioned - 1].username) + 2
        while len(words) > 3 and sum(map(len, words)) + len(words) + spent > LINE - 2:
            words.pop()
        words[0] = words[0].title()
        return line

    def _told(self, line: _Line, asks: bool) -> tuple[str, str]:
        """The line and its HTML."""
        said = " ".join(line.words)
        plain, html = [said], [said]
        if line.mentioned:
            name = self.company.people[line.mentioned - 1].username
            plain.append(f"@{name}")
            html.append(f'<a class="mention" href="/@{name}">@{name}</a>')
        if line.url:
            plain.append(line.url)
            html.append(markup.line_html(line.url, ()))
        if asks:
            plain[-1] += " ?" if line.url else "?"
            html[-1] += " ?" if line.url else "?"
        for tag in line.tags:
            plain.append(f"#{self.company.spellings[tag - 1]}")
            html.append(self._tag_html[tag - 1])
        return " ".join(plain), " ".join(html)

    def _note(self, dice: random.Random, language: str) -> tuple[str, str]:
        """One to three paragraphs of one to three sentences."""
        draw = self.company.vocabularies[language].draw
        paragraphs = [
            " ".join(
                f"{' '.join(draw(dice, dice.randint(8, 16))).capitalize()}."
                for _ in range(dice.randint(1, 3))
            )
            for _ in range(dice.randint(1, 3))
        ]
        return "\n\n".join(paragraphs), "".join(f"<p>{one}</p>" for one in paragraphs)
