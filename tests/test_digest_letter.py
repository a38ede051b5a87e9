import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import html5lib
import pytest
from flask import Flask

from microshare import (
    create_app,
    digest,
    digest_letter,
    follows,
    goals,
    mailer,
    markup,
    people,
    periods,
    tags,
    words,
)
from microshare.config import Settings
from microshare.db import db, saving
from microshare.digest import Contents, Entry
from microshare.interests import Reason
from microshare.mailer import Letter
from microshare.models import User
from microshare.readers import Addressee
from tests.acts import publish, thank
from tests.conftest import NOON, ROOT, furnish

TUESDAY = NOON - timedelta(days=6)
LONGEST = "A line of a hundred and forty characters, as long as they come: & < > \" 'quoted' "
LARGEST = 60_000  # bytes of a letter as it travels; Gmail cuts off what is above 102 KB


@pytest.fixture(scope="module")
def site(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A house with a post in each part of grace's letter."""
    instance = tmp_path_factory.mktemp("letter") / "instance"
    shutil.copytree(installed, instance)
    app = create_app(Settings(
        instance=instance, password_memory=8, mail_from="share@example.com", company="Acmé, Inc.",
        url="https://share.example.com", mail_in="share@example.com",
    ))
    with app.app_context():
        house = furnish()
        publish(house.linus, "Tweede regel, over *pompen* #pumps", TUESDAY)
        best = publish(house.ada, "Quieter seal tested, 12 dB less #pumps", TUESDAY)
        publish(house.ada, "Who has seen this bearing fail? #pumps", TUESDAY)
        other = publish(house.ada, "The carrier comes at six #logistics", TUESDAY)
        mine = publish(house.grace, "What grace wrote", TUESDAY)
        thank(best, house.linus, now=TUESDAY)
        thank(other, house.grace, now=TUESDAY)
        thank(mine, house.ada, house.linus, now=TUESDAY)
        with saving():
            follows.follow(people.get("grace"), tags.get("pumps"), NOON)
            goals.set_goal(
                tags.get("pumps"), "Fewer leaks", date(2027, 1, 4), people.get("ada"), NOON)
            words.write(date(2026, 11, 23), "Lunch & pumps on Tuesday", people.get("ada"), NOON)
        yield app
        db.session.remove()
        db.engine.dispose()


def contents_for(reader: User) -> Contents:
    found = digest.compose(reader, periods.up_to(NOON, people.zone_of(reader)), NOON)
    # Nobody but grace's department thanked for it, so it stands elsewhere for linus alone.
    other = found.yours[0]._replace(reasons=(), tag=found.yours[0].post.tags[0].tag, follow="f:1")
    return replace(found, elsewhere=found.elsewhere or [other])


def letter(site: Flask, language: str = "en", **changed: object) -> Letter:
    reader = people.get("grace")
    reader.language = language
    return digest_letter.render(reader, replace(contents_for(reader), **changed))  # type: ignore[arg-type]


def heavy(reader: User, start: str = LONGEST) -> Contents:
    """As much as a letter can hold: every part full, every line and name as long as they come."""
    found = contents_for(reader)
    line = (start * 140)[:140]

    def entries(count: int, reason: Reason, *, offers: bool = False) -> list[Entry]:
        model = found.elsewhere[0] if offers else found.yours[0]
        return [
            model._replace(
                post=model.post._replace(
                    id=1_000_000 + number, line=line, author_name="N" * 80,
                    author_username="u" * 30, department_name="D" * 80,
                    tags_json=json.dumps(json.loads(model.post.tags_json or "") * 4),
                ),
                reasons=() if offers else (reason,),
                thank=model.thank or "https://share.example.com/digest/thank/" + "t" * 60,
                reply="mailto:share+" + "r" * 40 + "@example.com",
                follow="https://share.example.com/digest/follow/" + "f" * 60 if offers else "",
            )
            for number in range(count)
        ]

    reason = Reason("search", "a search of some words that is followed " * 2, "7")
    thanked = found.thanked[0]
    return replace(
        found,
        yours=entries(digest.YOURS, reason), yours_total=1234,
        elsewhere=entries(digest.ELSEWHERE, reason, offers=True),
        questions=entries(digest.QUESTIONS, reason),
        thanked=[replace(thanked, post=thanked.post._replace(line=line))] * digest.THANKED,
        goals=list(found.goals) * digest.GOALS,
        site="https://share.example.com/digest/read/" + "s" * 60,
    )


@pytest.mark.parametrize("start", [LONGEST, "Één cliënt — ", "Насос стал тише "])
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_heaviest_letter_is_under_60_kb(site: Flask, language: str, start: str) -> None:
    reader = people.get("grace")
    reader.language = language
    told = digest_letter.render(reader, heavy(reader, start))
    raw = mailer.message(told, NOON)
    assert len(raw) < LARGEST
    read = message_from_bytes(raw, policy=policy.default)
    assert isinstance(read, EmailMessage)
    parts = [read.get_body((kind,)) for kind in ("plain", "html")]
    for part, wrote in zip(parts, (told.text, told.html), strict=True):
        assert part is not None
        assert part.get_content().replace("\r\n", "\n").strip() == wrote.strip()


@pytest.mark.parametrize(("line", "tag", "more", "english", "dutch"), [
    ("Quieter seal tested #pumps", "pumps", 11,
     "#pumps: Quieter seal tested, and 11 more", "#pumps: Quieter seal tested, en nog 11"),
    ("#pumps: quieter seal tested", "pumps", 1,
     "#pumps: quieter seal tested, and 1 more", "#pumps: quieter seal tested, en nog 1"),
    ("Quieter seal tested", "", 0, "Quieter seal tested", "Quieter seal tested"),
    ("#pumps #acme", "pumps", 0, "#pumps", "#pumps"),
    ("The seal that #pumps need is quieter", "pumps", 0,
     "#pumps: The seal that #pumps need is quieter", "#pumps: The seal that #pumps need is quieter"),
    ("Bij Heineken Zoeterwoude draait de nieuwe pomp nu drie weken zonder lekkage", "pumps", 2,
     "#pumps: Bij Heineken Zoeterwoude draait de nieuwe pomp nu…, and 2 more",
     "#pumps: Bij Heineken Zoeterwoude draait de nieuwe pomp nu…, en nog 2"),
    ("**Bold** & [linked](http://a.b) #pumps", "pumps", 0,
     "#pumps: Bold & linked", "#pumps: Bold & linked"),
    ("W" * 140, "", 0, "W" * 59 + "…", "W" * 59 + "…"),
])
def test_the_subject_is_the_best_line_under_its_tag(
    site: Flask, line: str, tag: str, more: int, english: str, dutch: str
) -> None:
    first = contents_for(people.get("grace")).yours[0]
    ties = first.post.tags_json if tag else None
    reasons = (Reason("tag", tag, tag),) if tag else ()
    entry = first._replace(post=first.post._replace(line=line, tags_json=ties), reasons=reasons)
    for language, expected in (("en", english), ("nl", dutch)):
        told = letter(site, language, yours=[entry] * (more + 1), elsewhere=(), questions=())
        assert told.subject == expected


def test_thanks_alone_have_a_subject_of_their_own(site: Flask) -> None:
    told = letter(site, "nl", yours=(), elsewhere=(), questions=())
    assert told.subject == "Bedankjes voor jou, deze week"


def test_everything_in_it_leads_somewhere(site: Flask) -> None:
    found = contents_for(people.get("grace"))
    told = letter(site)
    links = re.findall(r'href="([^"]+)"', told.html)
    url = "https://share.example.com"
    first = found.yours[0]
    assert set(links) >= {
        f"{url}/posts/{first.post.id}", f"{url}/@ada", f"{url}/tags/pumps",
        first.thank, first.reply, "f:1", f"{url}/questions", f"{url}/settings",
        f"{url}/digest/{NOON.date()}", f"{url}/posts/{found.thanked[0].post.id}", f"{url}/@linus",
    }
    assert first.reply.startswith("mailto:share+r")
    assert any(link.startswith(f"{url}/digest/unsubscribe/") for link in links)
    assert all(link.startswith((url, "mailto:share+", "f:1")) for link in links)
    rest = letter(site, yours_total=140)
    assert "138 more posts in your feed" in rest.html
    assert f'href="{url}/"' in rest.html


def test_two_readers_of_one_line_have_their_own_links(site: Flask) -> None:
    """What is made once for many holds nothing of the first who had it."""
    grace = letter(site)
    ada = people.get("ada")
    shared = contents_for(people.get("grace"))
    own = [entry._replace(thank="https://y/t", reply="mailto:r@y", follow="https://y/f")
           for entry in shared.yours]
    other = digest_letter.render(ada, replace(
        shared, yours=own, elsewhere=(), questions=(), thanked=(), goals=(), site="https://x"))
    assert "https://share.example.com" not in other.html.replace(
        "https://share.example.com/digest/unsubscribe/", "")
    assert other.html.count("https://y/t") == other.html.count("mailto:r@y") == len(own)
    assert not re.search("https://[xy]", letter(site).html)
    assert grace.html == letter(site).html
    assert "\x01" not in other.html + other.text


def test_what_a_letter_puts_into_its_frame_is_text_there(site: Flask) -> None:
    """Names and addresses, where the frame and the lines are HTML already."""
    name, address = "A & <b>B</b> \"C\" 'D'\u00a0E &lt; %(day)s", 'https://x/?a=1&b="<i>"'
    grace = people.get("grace")
    reader = Addressee(grace.id, name, grace.email, "en", 0, None, True, None)
    found = contents_for(grace)
    thanked = replace(found.thanked[0], givers=[found.thanked[0].givers[0]._replace(name=name)])
    told = digest_letter.render(reader, replace(
        found, yours=[found.yours[0]._replace(thank=address)], thanked=[thanked], site=address))
    tree = html5lib.parse(told.html, namespaceHTMLElements=False)
    assert f"Hello {name}, this is" in "".join(tree.itertext())
    assert not [*tree.iter("b"), *tree.iter("i")]
    leads = {link.get("href"): "".join(link.itertext()) for link in tree.iter("a")}
    assert leads[address] == "Thank"
    assert leads[f"{address}/@ada"] == name
    assert leads[f"{address}/questions"] == "All open questions"
    assert told.text.startswith(f"Hello {name},\n")
    assert f"{address}/questions" not in told.text
    assert not re.search(r"[\x00-\x08]", told.html + told.text)


@pytest.mark.parametrize("text", [
    "", "a" * 99_999, "=" * 50_000, "é" * 9_000, "Насос " * 4_000, ("." * 40 + " \n") * 900,
    "\n" * 30_000, "\u20ac" * 500 + "a" * 39_000, "ab=\n" * 9_000,
])
def test_a_letter_told_to_be_below_a_size_is(site: Flask, text: str) -> None:
    told = replace(letter(site), text=text, html=text[:1000])
    size = mailer.size(told)
    assert not mailer.is_below(told, size)
    assert mailer.is_below(told, size * 2 + 1000)


def test_the_html_is_what_outlook_gmail_and_apple_mail_can_read(site: Flask) -> None:
    told = letter(site)
    html5lib.HTMLParser(strict=True).parse(told.html)
    (sheet,) = re.findall(r"<style data-css-inline[^>]*>(.*?)</style>", told.html, re.S)
    assert len(sheet) < 8192  # Gmail leaves out the whole of a longer one
    assert sheet.count("{") == sheet.count("}")
    inline = " ".join(re.findall(r'style="([^"]*)"', told.html))
    for unreliable in ("flex", "grid", "position", "var(", "calc(", "url(", "float", "@import"):
        assert unreliable not in inline + sheet
    assert not re.search(r"<(img|script|link|form|svg|iframe|video)\b", told.html)
    tables = re.findall(r"<table[^>]*>", told.html)
    assert all('role="presentation"' in table for table in tables)
    assert "<!--[if mso]><table" in told.html  # Outlook knows no max-width
    assert 'width="600"' in told.html
    assert "max-width:600px" in told.html
    assert '<html lang="en" dir="ltr"' in told.html
    for tag in ("p", "a", "h1", "h2"):
        assert not re.search(rf"<{tag}(?![^>]*style=)[\s>]", told.html), tag


def test_it_speaks_the_readers_language_and_posts_their_own(site: Flask) -> None:
    told = letter(site, "nl")
    assert '<html lang="nl" dir="ltr"' in told.html
    for word in ("Jouw tags deze week", "Bedanken", "Reageren", "Antwoorden", "Tot volgende week."):
        assert word in told.html + told.text
    for english in ("Thank", "Reply", "Answer", "follow", "more", "Until", "reason", "pause"):
        assert english not in re.sub(r'="[^"]*"', "", told.html).split("</style>")[-1]
    assert 'lang="en"' in told.html


def test_the_list_of_letters_shows_what_the_subject_does_not(site: Flask) -> None:
    told = letter(site)
    (shown,) = re.findall(r'<div class="preheader"[^>]*>(.*?)</div>', told.html, re.S)
    assert "display:none" in told.html
    first, second = (entry.post.line for entry in contents_for(people.get("grace")).yours[:2])
    assert shown.startswith(markup.plain_line(second))
    assert not shown.startswith(markup.plain_line(first))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def _colours(css: str) -> dict[str, dict[str, str]]:
    """Of each selector, the colours of text and ground."""
    found: dict[str, dict[str, str]] = {}
    for selectors, rules in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        for selector in selectors.split(","):
            for name, value in re.findall(r"(?<![-\w])(color|background): (#[0-9a-f]{6})", rules):
                found.setdefault(selector.strip(), {})[name] = value
    return found


def test_everything_can_be_read_by_day_and_by_night(site: Flask) -> None:
    mail = ROOT / "microshare" / "templates" / "mail"
    frame = (mail / "frame.html").read_text()
    night = _colours(frame[frame.index("(prefers-color-scheme: dark)") :])
    for colours in (_colours((mail / "inlined.css").read_text()), night):
        grounds = [colours[".cell"]["background"], colours[".word"]["background"]]
        text = {name: rule["color"] for name, rule in colours.items()
                if "color" in rule and name not in ("body", ".button a", ".preheader")}
        assert {".cell", "a", ".line a", ".told", ".told a", ".foot"} <= set(text)
        for name, colour in text.items():
            for ground in grounds:
                assert _contrast(colour, ground) >= 4.5, (name, ground)
        button = colours[".button td"]["background"]
        assert _contrast(colours[".button a"]["color"], button) >= 4.5
    html = letter(site).html
    assert '<meta name="color-scheme" content="light dark">' in html
    assert ".line a { color: #e7e5df !important; }" in html


def test_the_text_reads_like_a_letter(site: Flask) -> None:
    told = letter(site)
    assert told.text.startswith("Hello Grace,\n\nthis is what your colleagues shared up to ")
    assert "* Quieter seal tested, 12 dB less #pumps\n  Ada, Sales (#pumps)\n  https://" in told.text
    assert "Your tags this week\n-------------------\n" in told.text
    assert "  Lunch & pumps on Tuesday\n  (Ada)\n" in told.text
    assert "\n-- \nAcmé, Inc.\n" in told.text
    assert not re.search(r"\n\n\n|<\w|&\w+;|[ \t]\n(?<!-- \n)", told.text)
    reader = people.get("grace")
    reader.language = "en"
    long = digest_letter.render(reader, heavy(reader)).text
    over = [line for line in long.split("\n") if len(line) > 78 and " " in line.strip()]
    assert [line for line in over if "://" not in line and "NNN" not in line] == []


def test_programs_are_told_that_it_is_a_list(site: Flask) -> None:
    raw = mailer.message(letter(site), NOON)
    told = message_from_bytes(raw, policy=policy.default)
    assert told["Auto-Submitted"] == "auto-generated"
    assert told["Precedence"] == "bulk"
    assert told["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert told["Feedback-ID"] == f"{NOON.date()}:digest:example.com:microshare"
    assert str(told["List-Id"]).endswith("<digest.example.com>")
    assert told["Message-ID"] == f"<digest.{NOON.date()}.2@example.com>"
    assert "All" not in told["X-Auto-Response-Suppress"]  # which would suppress bounces too
    assert told["Date"].datetime == NOON
    assert letter(site).return_path.startswith("share+b")
    assert raw == mailer.message(letter(site), NOON)  # the same letter has the same bytes
