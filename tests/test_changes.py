"""What an edit changed, marked by the word: with the marks, and with what who hears them is told."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from microshare import changes, markup
from microshare.changes import Words

WORDS = Words("added:", "removed:")


def shown(before: str, after: str) -> str:
    """The marks in short: [- what went], [+ what came]."""
    said = changes.marked(before, after, WORDS)
    for long, short in (
        ('<del><span class="unseen">(removed: </span>', "[-"),
        ('<ins><span class="unseen">(added: </span>', "[+"),
        ('<span class="unseen">)</span></del>', "]"),
        ('<span class="unseen">)</span></ins>', "]"),
    ):
        said = said.replace(long, short)
    return said


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("The pump leaks", "The pump leaks", "The pump leaks"),
        ("The pump leaks", "The new pump leaks", "The [+new] pump leaks"),
        ("The new pump leaks", "The pump leaks", "The [-new] pump leaks"),
        ("The pump leaks", "The pump leaks a lot", "The pump leaks [+a lot]"),
        ("The pump leaks a lot", "The pump leaks", "The pump leaks [-a lot]"),
        ("The seal of it", "The <em>pump</em> of it", "The <em>[-seal] [+pump]</em> of it"),
        ("it is at R&amp;D now", "it is at R&amp;B now", "it is at R&amp;[-D] [+B] now"),
        (
            'Seen at <a class="tag" href="/tags/acme">#acme</a>',
            'Seen at <a class="tag" href="/tags/atex">#atex</a>',
            'Seen at <a class="tag" href="/tags/atex">[-#acme] [+#atex]</a>',
        ),
        ("one two three four", "nothing like that at all", "[-one two three four] "
         "[+nothing like that at all]"),
        ("", "<p>A note</p>", "<p>[+A note]</p>"),
        ("<p>A note</p><p>of two</p>", "", "[-A note of two]"),
        (
            "<ul><li>one</li><li>two</li></ul>",
            "<ul><li>one</li><li>and</li><li>two</li></ul>",
            "<ul><li>one</li><li>[+and]</li><li>two</li></ul>",
        ),
        ("", "", ""),
    ],
)
def test_words_that_came_and_went_are_marked(before: str, after: str, told: str) -> None:
    assert shown(before, after) == told


@given(some.text("ab &<>*\n#`-", max_size=60), some.text("ab &<>*\n#`-", max_size=60))
def test_without_its_marks_it_is_what_it_was(before: str, after: str) -> None:
    old, new = markup.note_html(before, ()), markup.note_html(after, ())
    said = changes.marked(old, new, Words("x", "y"))
    bare = changes.regex.sub(r" ?<del>.*?</del> ?|<span.*?</span>|</?ins>", "", said)
    assert changes.regex.sub(r"\s", "", bare) == changes.regex.sub(r"\s", "", new)


def test_a_long_note_is_compared_at_once() -> None:
    before = "<p>" + "a b " * 500 + "</p>"
    assert "<ins>" in changes.marked(before, before.replace("b a", "b c a", 3), WORDS)
