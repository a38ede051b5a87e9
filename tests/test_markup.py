"""The HTML of lines and notes: only what is allowed, soon, and with the tags that `text` finds."""

import json
import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as some

from microshare import dialect, markup, text

# What a writer may type, with the signs that mean something far more often than by chance.
SIGNS = some.sampled_from([
    *"*_`[]()<>!#@＃＠\\/:.?&'\"\n -~1a\u00e9\u0301\u200d\ufe0f\ud800",
    "http://a.bb/", "javascript:", "](", "```", "    ", "> ", "- ", "1. ", "<b>", "@ada", "#tag",
])  # fmt: skip
WRITTEN = some.one_of(some.text(), some.lists(SIGNS, max_size=40).map("".join))

ALLOWED = re.compile(
    r'</?(?:p|em|strong|code|pre|blockquote|ul|ol|li|br|hr)>|</a>|<ol start="\d+">'
    r'|<a class="tag" href="/tags/[^"/]+">|<a class="mention" href="/@\w+">'
    r'|<a href="(?i:https?:|mailto:)[^"]+" rel="nofollow noopener noreferrer">'
)


@given(WRITTEN)
def test_html_holds_only_what_is_allowed(written: str) -> None:
    for safe in (markup.line_html(written, {"ada"}), markup.note_html(written, {"ada"})):
        assert not re.search("[<>]", ALLOWED.sub("", safe))
    assert not re.search("<(?:p|pre|blockquote|[uo]l|li|br|hr)", markup.line_html(written, ()))


def named(kind: str, safe: str) -> list[str]:
    found = re.findall(rf'<a class="{kind}" [^>]*>([^<]*)</a>', safe)
    return list(dict.fromkeys(text.fold(name[1:]) for name in found))


@given(WRITTEN)
def test_a_tag_in_the_database_is_a_tag_on_the_page_and_nothing_else_is(written: str) -> None:
    line = text.tidy(written.replace("\ud800", ""))
    note = text.tidy_note(written.replace("\ud800", ""))
    for safe, raw in [
        (markup.line_html(line, text.mentions(line)), line),
        (markup.note_html(note, text.mentions(note)), note),
    ]:
        assert named("tag", safe) == text.tags(raw)
        assert named("mention", safe) == text.mentions(raw)


@given(some.lists(some.sampled_from([*"ab1*_ (.", "**", "__", "\\*", "`x`"])).map("".join))
def test_no_tangle_of_marks_loses_a_word(written: str) -> None:
    line = text.tidy(written)
    shown = markup.plain_line(line)
    assert re.sub(r"[^ab1x(.]", "", shown) == re.sub(r"[^ab1x(.]", "", line)


def slowly(line: str) -> tuple[str, str]:
    """What Markdown and nh3 make of a line, and the line without its marks."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(markup, "_is_plain", lambda line, drawn: False)
        return markup.line_html(line, {"ada"}), markup.plain_line(line)


PLAIN = some.lists(some.one_of(
    some.sampled_from([
        *"azAZ09 .,;:?!()+-=/|~^'\"@#&<>€éß🇳_", "#tag", "@ada", "@nobody", " #R&D ", "#été ",
        "http://wiki/a", "https://a.bb/c_d?e=f&g=1 ", "http://a.bb/é ", "<http://a.bb>", "&amp;",
        "<b>", "](x)", "_a_ ", "*b* ", "`c`", "\\#", "1. ", "- ", "> ", "# ", "R\\_D", " ", "\u200d", "\u00a0", "&#8203;",
    ]),
    some.characters(exclude_categories=["Cs"]),
), max_size=12).map("".join).map(text.tidy)  # fmt: skip


@given(some.one_of(PLAIN, WRITTEN))
@example("an _old_ seal")
@example("a *new* seal")
@example("one\\*star")
@example("a `code`")
def test_a_plain_line_is_made_without_markdown_into_the_same(line: str) -> None:
    assert (markup.line_html(line, {"ada"}), markup.plain_line(line)) == slowly(line)


def test_the_real_messages_look_the_same_and_most_are_plain(data: Path) -> None:
    with (data / "posts/messages.jsonl").open(encoding="utf-8") as messages:
        lines = [text.tidy(json.loads(message)["line"]) for message in messages]
    for line in lines[::7]:
        assert (markup.line_html(line, {"ada"}), markup.plain_line(line)) == slowly(line)
    plain = sum(markup._is_plain(line, sorted(markup._drawn(line, ()))) for line in lines)
    assert plain > 0.95 * len(lines)


def note_slowly(note: str) -> str:
    """What Markdown and nh3 make of a note."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(markup, "_is_plain", lambda line, drawn: False)
        return markup.note_html(note, {"ada"})


LINES = some.lists(
    some.one_of(PLAIN, PLAIN.map("Seen ".__add__), some.sampled_from(["", " ", "a", "a  ", " a"])),
    max_size=8,
)


@given(some.one_of(LINES.map("\n".join), LINES.map("\n".join).map(text.tidy_note), WRITTEN))
@example("one\ntwo\n\nthree #tag\nhttp://wiki/a_b_c @ada")
@example("one\n\n\ntwo")
@example("one \ntwo")
@example("one\n")
@example("one\n- two")
@example("- one\ntwo")
@example("one\n2. two")
@example("one\n<http://wiki/a>")
@example("a\u2028b")
def test_a_plain_note_is_made_without_markdown_into_the_same(note: str) -> None:
    assert markup.note_html(note, {"ada"}) == note_slowly(note)


def test_paragraphs_and_their_lines_need_no_markdown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(dialect, "convert")
    assert markup.note_html("Seen & done\nat #a_b\n\nNext", ()) == (
        f"<p>Seen &amp; done<br>at {TAG}</p><p>Next</p>"
    )


@given(some.lists(WRITTEN, min_size=2, max_size=4), some.booleans())
def test_what_a_markdown_read_before_is_forgotten(texts: list[str], blocks: bool) -> None:
    once = [dialect.Dialect(blocks=blocks).convert(written) for written in texts]
    assert [dialect.convert(written, blocks=blocks) for written in texts] == once
    kept = dialect._ours.kept[blocks]
    kept.references["seen"] = ("http://before", "")
    kept.htmlStash.store("<b>before</b>")
    assert dialect.convert(texts[0], blocks=blocks) == once[0]
    assert dialect._ours.kept[blocks] is kept
    assert (kept.references, kept.htmlStash.rawHtmlBlocks) == ({}, [])


def test_a_markdown_that_failed_is_not_used_again(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = []

    def fail(self: dialect.Dialect, written: str) -> str:
        failed.append(self)
        raise RecursionError

    with monkeypatch.context() as patched:
        patched.setattr(dialect.Dialect, "convert", fail)
        with pytest.raises(RecursionError):
            dialect.convert("x", blocks=True)
        with pytest.raises(RecursionError):
            dialect.convert("x", blocks=True)
    assert failed[0] is not failed[1]


TAG, ADA = '<a class="tag" href="/tags/a_b">#a_b</a>', '<a class="mention" href="/@ada">@Ada</a>'
OUT = 'rel="nofollow noopener noreferrer"'


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("*a* **b**", "<em>a</em> <strong>b</strong>"),
        ("_c_ __d__ ***e***", "<em>c</em> <strong>d</strong> <strong><em>e</em></strong>"),
        ("_x *a* b* *c* y", "_x <em>a</em> b* <em>c</em> y"),
        ("**a *b**c* _*d", "**a <em>b**c</em> _*d"),
        ("\\# \\< \\& \\a #", "# &lt; &amp; \\a #"),
        ("3*4*5 a_b_c \\*x\\* * y *", "3*4*5 a_b_c *x* * y *"),
        ("#a_b @Ada @nobody", f"{TAG} {ADA} @nobody"),
        ("*#a_b*", f"<em>{TAG}</em>"),
        ("`#a_b *x* @ada`", "<code>#a_b *x* @ada</code>"),
        ("# x", "# x"),
        ("- x", "- x"),
        ("1. x", "1. x"),
        ("> x", "&gt; x"),
        ("|a|b| [^1]: ~~x~~", "|a|b| [^1]: ~~x~~"),
        ("<b>x</b> &amp; <script>", "&lt;b&gt;x&lt;/b&gt; &amp;amp; &lt;script&gt;"),
        ("[x](javascript:a) [y](data:b) [z](/c)", "[x](javascript:a) [y](data:b) [z](/c)"),
        ("[*x*](http://wiki/_a_)", f'<a href="http://wiki/_a_" {OUT}><em>x</em></a>'),
        ("![x](http://wiki/a)", f'<a href="http://wiki/a" {OUT}>x</a>'),
        ("[_x_ #a_b](http://wiki)", f'<a href="http://wiki" {OUT}><em>x</em> </a>{TAG}'),
        (
            "[x #a_b y](http://wiki)",
            f'<a href="http://wiki" {OUT}>x </a>{TAG}<a href="http://wiki" {OUT}> y</a>',
        ),
        ("[](http://wiki/a)", f'<a href="http://wiki/a" {OUT}>wiki/a</a>'),
        ("<http://wiki/_a_>", f'<a href="http://wiki/_a_" {OUT}>wiki/_a_</a>'),
        ("http://wiki/" + "a" * 60, f'<a href="http://wiki/{"a" * 60}" {OUT}>wiki/{"a" * 34}…</a>'),
        ("[x](mailto:a@b.cc)", f'<a href="mailto:a@b.cc" {OUT}>x</a>'),
        ("\ud800", "?"),
        ("a\x00\u00a0b", "a&nbsp;b"),  # as nh3 writes it, through which everything goes
    ],
)  # fmt: skip
def test_a_line_is_shown_so(line: str, safe: str) -> None:
    assert markup.line_html(line, {"ada"}) == safe


@pytest.mark.parametrize(
    ("note", "safe"),
    [
        ("a\nb\n\nc", "<p>a<br>b</p><p>c</p>"),
        ("seen:\n- a\n  - b\n- c", "<p>seen:</p><ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>"),
        ("2. a\n3. b", '<ol start="2"><li>a</li><li>b</li></ol>'),
        ("- a\n\n- b", "<ul><li><p>a</p></li><li><p>b</p></li></ul>"),
        ("made in\n1999. Good", "<p>made in<br>1999. Good</p>"),
        ("> a\n> > b", "<blockquote><p>a</p><blockquote><p>b</p></blockquote></blockquote>"),
        ("```py\n#x *y* <b>\n\n```", "<pre><code>#x *y* &lt;b&gt;\n</code></pre>"),
        ("a\n```\n  x\n```\n*z*", "<p>a</p><pre><code>  x\n</code></pre><p><em>z</em></p>"),
        (
            "> ```\n> > x\n> ```\n\n- ```\n    x\n  ```",
            "<blockquote><pre><code>&gt; x\n</code></pre></blockquote>"
            "<ul><li><pre><code>  x\n</code></pre></li></ul>",
        ),
        ("`a\n#b`", "<p><code>a\n#b</code></p>"),
        ("```\n*x*", "<p>```<br><em>x</em></p>"),
        ("    #a_b", f"<p>{TAG}</p>"),
        ("1. a\n    - b\n        - c", "<ol><li>a<ul><li>b<ul><li>c</li></ul></li></ul></li></ol>"),
        ("# Head\n#a_b", f"<p><strong>Head</strong></p><p>{TAG}</p>"),
        ("x\n## Head\n\n***", "<p>x</p><p><strong>Head</strong></p><hr>"),
        ("<b>x</b>", "<p>&lt;b&gt;x&lt;/b&gt;</p>"),
        ("[y]: http://wiki", f'<p>[y]: <a href="http://wiki" {OUT}>wiki</a></p>'),
        ("- @Ada\n- #a_b", f"<ul><li>{ADA}</li><li>{TAG}</li></ul>"),
        ("![i](http://wiki/i)", f'<p><a href="http://wiki/i" {OUT}>i</a></p>'),
    ],
)  # fmt: skip
def test_a_note_is_shown_so(note: str, safe: str) -> None:
    assert markup.note_html(note, {"ada"}) == safe


def test_a_plain_line_keeps_its_words_and_loses_its_marks() -> None:
    line = "**Hi** [x #y](http://wiki/a) `c` & <b> http://wiki/" + "d" * 60
    assert markup.plain_line(line) == "Hi x #y c & <b> http://wiki/" + "d" * 60


def test_only_words_are_highlighted_never_tags_or_entities() -> None:
    safe = '<a class="tag" href="/tags/amp">#amp</a> R&amp;D amp'
    wanted = '<a class="tag" href="/tags/amp">#<mark>amp</mark></a> R&amp;D <mark>amp</mark>'
    assert markup.highlight(safe, lambda word: word in ("amp", "tags", "href")) == wanted


def test_only_links_into_this_site_become_absolute() -> None:
    safe = markup.line_html(' href="/x" #a_b [x](http://wiki//y)', ())
    wanted = safe.replace('="/tags', '="https://share.example/tags')
    assert markup.absolute(safe, "https://share.example/") == wanted != safe


NONSENSE = [
    ">", "> ", "- ", "[", "*a ", "a* ", "*a_", "`", "1. ", "```\n", "[a](", "![", "- a\n\n", "> - ",
    "<", "#", "\n", "    x\n", "[#a](http://b.cc)", "~~~\n> ", "    - x\n", "*a _b* ", "*a_b* ", "](x",
    "http://", "http://a.bb/(a", "#a ", "*@a", "[http://a.bb/](", "# ", "x\n", "x\n---\n", "-\n",
    "*", "**", "_a_", "_a *b* ", "***a ", "\\", "&", "x\n- y\n", "x\n> y\n", "1. x\n- ", "# x\n",
]  # fmt: skip


@pytest.mark.parametrize("nonsense", NONSENSE)
def test_any_note_of_two_thousand_characters_is_shown_at_once(nonsense: str) -> None:
    written = (nonsense * 2000)[:1999] + "x"
    started = time.process_time()
    markup.note_html(written, ())
    markup.line_html(written, ())
    # Measured: 0.04 s at most.
    assert time.process_time() - started < 0.6


@pytest.mark.parametrize("between", ["\n", "\n\n"])
@pytest.mark.parametrize("indent", [2, 4])
def test_lists_nest_no_deeper_than_stack_and_screen_allow(indent: int, between: str) -> None:
    deep = between.join(" " * indent * level + f"- {level}." for level in range(100))
    safe = markup.note_html(deep, ())
    assert safe.count("<ul>") == 9
    assert all(f" {level}." in re.sub("<[^>]*>", " ", safe) for level in range(100))


def test_quotes_nest_no_deeper_than_stack_and_screen_allow() -> None:
    assert markup.note_html("> " * 500 + "x", ()).count("<blockquote>") == 9
    assert markup.note_html("> - " * 500 + "x", ()).count("<blockquote>") == 5
