"""A letter in: what stands in the database then, and what its sender is told."""

import base64
import email
import html
import io
from dataclasses import replace
from datetime import timedelta
from email import policy

import pytest
from flask import Flask
from PIL import Image

from microshare import (
    account_letters,
    mail_addresses,
    mailer,
    mutes,
    people,
    photos,
    posts,
    proposals,
    tags,
)
from microshare.config import Settings
from microshare.db import db, saving
from microshare.mail import posting, reading, receive
from microshare.mail.reading import Incoming
from microshare.mail_addresses import Private, Reply, Share
from microshare.mailer import Letter
from microshare.models import PendingLetter, Post, Proposal, User
from tests.acts import publish, raced, tag
from tests.conftest import NOON, House

SHARE = "share@acme.example"
LATER = NOON + timedelta(hours=1)
BOTH = pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
PARAGRAPH = "It was tested. " * 40  # 600 characters


@pytest.fixture
def engine() -> str:
    return "sqlite"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, mail_in=SHARE, mail_from="microshare@acme.example")


def letter(subject: str = "", body: str = "", **more: object) -> Incoming:
    """A letter of ada's to our address."""
    told: dict[str, object] = {
        "message_id": "one@laptop.example",
        "sender": "ada@example.com",
        "sender_name": "Ada",
        "to": (SHARE,),
        "cc": (),
        "subject": subject,
        "references": (),
        "sent_at": NOON,
        "text": body,
        "photos": (),
        "automatic": "",
        "unreadable": "",
        **more,
    }
    return Incoming(**told)  # type: ignore[arg-type]


def take(
    incoming: Incoming, sender: User, meaning: Share | Private | Reply | None = None
) -> posting.Outcome:
    return posting.take(incoming, sender, meaning or Share(), LATER)


def written() -> list[Letter]:
    """The letters that wait to be sent, the first one first."""
    rows = db.session.query(PendingLetter).order_by(PendingLetter.id).all()
    return [Letter(**row.letter) for row in rows]


def only_letter() -> Letter:
    found = written()
    assert len(found) == 1, [one.subject for one in found]
    return found[0]


def everything() -> list[Post]:
    return db.session.query(Post).order_by(Post.id).all()


def picture(width: int = 400, colour: str = "red") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (width, 60), colour).save(file, "PNG")
    return file.getvalue()


def test_a_letter_is_posted_and_its_sender_told_what_where_and_how_to_undo_it(house: House) -> None:
    got = take(letter("Re: Quieter seal tested #Pumps", "It holds. #seals"), house.ada)
    post = posts.get(everything()[0].id)
    assert got == posting.Outcome("posted", post.id)
    assert (post.line, post.note) == ("Quieter seal tested #Pumps", "It holds. #seals")
    assert [tie.tag.name for tie in post.tags] == ["pumps", "seals"]
    assert (post.author_id, post.created_at) == (house.ada.id, LATER)
    told = only_letter()
    assert told.to == "ada@example.com"
    assert told.subject == "Posted: Quieter seal tested #Pumps"
    for part in (told.text, told.html):
        assert f"http://localhost/posts/{post.id}" in part
        assert "http://localhost/mail/undo/" in part
        assert "#Pumps, #seals" in part
    assert told.headers == {
        "Auto-Submitted": "auto-replied",
        "In-Reply-To": "<one@laptop.example>",
        "References": "<one@laptop.example>",
        "Reply-To": mail_addresses.reply_to(house.ada, post.id),
    }


def test_the_letter_is_in_the_language_of_the_sender(house: House) -> None:
    with saving():
        house.grace.language = "nl"
    take(letter("Stillere pakking", "Hij houdt het."), house.grace)
    told = only_letter()
    assert told.subject == "Geplaatst: Stillere pakking"
    assert "Trek het bericht terug" in told.text and "Trek het bericht terug" in told.html


LONG = "The quieter seal for pump 40 was tested for six weeks on line 2 in Ghent and it holds where the water is hard and the pressure changes #pumps"


POSTED = [
    (letter(LONG + " all day", "More."),
     LONG.removesuffix(" #pumps") + "…", LONG + " all day\n\nMore.", "#pumps"),
    (letter("", "It holds. " + PARAGRAPH), "It holds.", PARAGRAPH.strip(), "no #tag"),
    (letter("Long", PARAGRAPH * 4 + "The very end."), "Long", None, "The very end."),
    (letter("Works?", ""), "Works?", "", "Posted: Works?"),
    (letter("Seal\x00 \ud800x", "a\x07b"), "Seal x", "ab", "Seal x"),
    (letter("[pumps] FW: Antw: Seal", "Yes."), "Seal", "Yes.", "Seal"),
    (letter("Seal", "Yes.", to=(SHARE, "ada@example.com")), "Seal", "Yes.", "Seal"),
    (letter("Seal", "Yes.", cc=("bob@acme.example",)), "Seal", "Yes.", "Seal"),
    (letter("Fwd: Seal", "Look.", references=("other@acme.example",)), "Seal", "Look.", "Seal"),
    (letter("Seal", "Yes.", to=(), cc=(SHARE,)), "Seal", "Yes.", "Seal"),
    (letter("Seal", "Yes.", message_id="a b\n<c>@x"), "Seal", "Yes.", "Seal"),
]  # fmt: skip


def test_what_becomes_of_a_letter(house: House) -> None:
    for number, (incoming, line, note, told) in enumerate(POSTED):
        is_odd = incoming.message_id != "one@laptop.example"
        name = incoming.message_id if is_odd else f"{number}@laptop.example"
        sent = replace(incoming, message_id=name)
        assert take(sent, house.ada).kind == "posted", incoming
        post = everything()[-1]
        assert post.line == line, incoming
        assert note is None or post.note == note, incoming
        answer = written()[-1]
        for part in (answer.text, answer.html):
            assert told in f"{answer.subject}\n{part}", incoming
        mailer.message(answer, LATER)
    assert len(everything()) == len(written()) == len(POSTED)


def test_what_does_not_fit_into_the_note_comes_back_whole(house: House) -> None:
    body = PARAGRAPH * 4 + "The very end."
    take(letter("Long", body), house.ada)
    kept, told = everything()[0].note, only_letter()
    assert "2000 characters" in told.text
    rest = told.text.split("-----")[1].strip()
    assert (kept + " " + rest).split() == body.split()


REFUSED = [
    (letter("", ""), "letter-empty"),
    (letter("Re: ", " \n"), "letter-empty"),
    (letter("", "", unreadable="charset"), "letter-unreadable"),
    (letter("Seal", " ".join(f"#t{n}x" for n in range(31))), "too-many-tags"),
    (letter("Seal", " ".join(f"@p{n}" for n in range(31))), "too-many-mentions"),
    (letter("Re: Your digest", "Nice!", references=("digest.2026-11-23.1@acme.example",)),
     "letter-answers-ours"),
    (letter("\u200b\u200b", "More."), "post-empty"),
    (letter("\u200b\x00\ud800", "\x00\ud800More.", message_id="\x00"), "post-empty"),
]  # fmt: skip


def test_a_refusal_is_a_sentence_and_nothing_that_was_written_is_lost(house: House) -> None:
    for number, (incoming, why) in enumerate(REFUSED):
        sent = replace(incoming, message_id=f"{number}@laptop.example")
        assert take(sent, house.ada) == posting.Outcome("refused", why=why)
        told = written()[-1]
        assert told.subject.startswith("Not posted: ")
        for part in (told.text, html.unescape(told.html)):
            assert sent.text.strip("\0\ud800 \n") in part
            assert sent.subject.strip("\0\ud800 ") in part
        mailer.message(told, LATER)
        assert take(sent, house.ada).kind == "repeated"
    assert everything() == [] and len(written()) == len(REFUSED)


def test_who_is_suspended_posts_nothing(house: House) -> None:
    with saving():
        people.suspend(house.grace, NOON)
    for incoming in (letter("Seal"), letter("Seal", to=(SHARE, "bob@acme.example"))):
        db.session.query(PendingLetter).delete()
        db.session.commit()
        assert take(replace(incoming, message_id=str(len(incoming.to))), house.grace) == (
            posting.Outcome("refused", why="suspended")
        )
        assert "suspended" in only_letter().text
    assert everything() == [] and db.session.query(Proposal).count() == 0


def test_a_machines_letter_does_nothing(house: House) -> None:
    assert take(letter("Out of office", automatic="vacation"), house.ada).kind == "ignored"
    assert everything() == [] and written() == []


@BOTH
def test_a_letter_that_is_brought_again_is_one_post_and_one_answer(house: House) -> None:
    seal = letter("Seal", "Yes.")
    assert take(seal, house.ada).kind == "posted"
    assert take(seal, house.ada).kind == "repeated"
    assert take(seal, house.ada, Private(house.ada)).kind == "repeated"  # share+token@ in the same
    assert take(replace(seal, message_id="two@x"), house.ada).kind == "posted"
    assert take(seal, house.grace).kind == "posted"  # her own letter, if it says so
    assert len(everything()) == len(written()) == 3


@BOTH
def test_of_two_who_bring_the_same_letter_at_once_one_posts_it(domain: Flask, house: House) -> None:
    ada_id = house.ada.id
    db.session.remove()

    def bring() -> str:
        ada = people.by_id(ada_id)
        assert ada is not None
        return take(letter("Seal", "Yes."), ada).kind

    assert sorted(raced(domain, bring, bring, bring)) == ["posted", "repeated", "repeated"]
    assert len(everything()) == len(written()) == 1


def test_a_crash_before_the_end_leaves_nothing_and_the_next_try_does_it_all(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(account_letters, "queue", die)
        with pytest.raises(KeyboardInterrupt):
            take(letter("Seal"), house.ada)
    assert everything() == [] and written() == []
    assert take(letter("Seal"), house.ada).kind == "posted"
    assert len(everything()) == len(written()) == 1


def test_photos_come_along_and_say_that_nobody_has_described_them(house: House) -> None:
    sent = (("a.png", picture()), ("small.png", picture(40)), ("b.txt", b"no photo"),
            *((f"{n}.png", picture(300 + n)) for n in range(5)))  # fmt: skip
    take(letter("New seal", "Look.", photos=sent), house.ada)
    post = everything()[0]
    shown = photos.read(post.photos_json)
    assert [one.width for one in shown] == [400, 40, 300, 301]
    assert shown[1].alt == "Photo 2 with “New seal”, not described yet"
    told = only_letter()
    assert f"http://localhost/posts/{post.id}/photos" in told.text
    assert "4 photos came along" in told.text
    assert "File 3 is no photo" in told.text and "File 3 is no photo" in told.html
    assert "3 photos more did not come along" in told.text


class TestReplies:
    """The address behind a post."""

    def reply(self, house: House, post: Post, body: str, **more: object) -> posting.Outcome:
        incoming = letter("Re: The digest", body, **more)
        return take(incoming, house.grace, Reply(house.grace, post.id))

    @pytest.mark.parametrize(("body", "line", "note"), [
        ("Yes, that is so.", "Yes, that is so.", ""),
        ("Yes, that is so. " + PARAGRAPH, "Yes, that is so.", PARAGRAPH.strip()),
        ("Is it?", "Is it?", ""),
    ])  # fmt: skip
    def test_a_reply_stands_under_its_post(
        self, house: House, body: str, line: str, note: str
    ) -> None:
        root = publish(house.ada, "Quieter seal?")
        got = self.reply(house, root, body, references=("digest.2026-11-23.2@acme.example",))
        reply = posts.get(got.post_id or 0)
        assert got.kind == "replied" and reply.reply_to_id == root.id
        assert (reply.line, reply.note, reply.kind) == (line, note, "update")
        told = only_letter()
        assert told.subject == f"Your reply is posted: {line}"
        assert told.headers["Reply-To"] == mail_addresses.reply_to(house.grace, reply.id)

    def test_the_letter_that_tells_of_a_post_can_be_answered(self, house: House) -> None:
        take(letter("Seal"), house.ada)
        address = only_letter().headers["Reply-To"]
        meaning = mail_addresses.meaning(address)
        assert isinstance(meaning, Reply) and meaning.user.id == house.ada.id
        take(letter("Re: Posted: Seal", "And it is quiet.", message_id="2@x"), house.ada, meaning)
        assert [one.reply_to_id for one in everything()] == [None, everything()[0].id]

    def test_a_withdrawn_post_takes_no_reply(self, house: House) -> None:
        root = publish(house.ada, "Seal")
        with saving():
            posts.withdraw(posts.get(root.id), house.ada, NOON)
        assert self.reply(house, root, "Yes!").why == "reply-withdrawn"
        assert "has been withdrawn" in only_letter().text and "Yes!" in only_letter().text

    def test_a_post_that_never_was_takes_no_reply(self, house: House) -> None:
        assert take(letter("", "Yes!"), house.grace, Reply(house.grace, 99)).why == "post"
        assert "no such post" in only_letter().text and "Yes!" in only_letter().text

    def test_who_muted_the_thread_is_told_so(self, house: House) -> None:
        root = publish(house.ada, "Seal")
        with saving():
            mutes.mute(house.grace, root, "good", NOON)
        assert self.reply(house, root, "Yes!").kind == "replied"
        assert "muted this thread" in only_letter().text
        assert "muted this thread" in only_letter().html


OTHERS = ("bob@acme.example", "carol@example.com", "customer@elsewhere.example")


def chain(number: int = 1, **more: object) -> Incoming:
    told: dict[str, object] = {
        "to": ("bob@acme.example", "grace@example.com"),
        "cc": (SHARE, "customer@elsewhere.example", "ada@example.com"),
        "message_id": f"{number}@laptop.example",
        "references": tuple(f"{n}@laptop.example" for n in range(number)),
        **more,
    }
    return letter("RE: Delivery of pumps", "From March they take six weeks.", **told)


class TestChains:
    """Our address among others."""

    ASIDE = (
        chain(),
        chain(references=()),
        letter("Seal", to=(SHARE, "bob@acme.example")),
        letter("Seal", to=("bob@acme.example",)),  # we were in bcc
        letter("Seal", to=()),  # with who knows whom
        letter("Re: Seal", cc=("bob@acme.example",), references=("0@acme.example",)),
        letter("Seal", to=("Share+x@ACME.example", "bob@acme.example")),
    )

    def test_a_letter_to_others_posts_nothing(self, house: House) -> None:
        for number, incoming in enumerate(self.ASIDE):
            root = (f"root{number}@x",) if incoming.references else ()
            sent = replace(incoming, message_id=f"aside{number}@x", references=root)
            assert take(sent, house.ada).kind == "proposed", incoming
            told = written()[-1]
            assert told.to == "ada@example.com"
            assert told.headers["Auto-Submitted"] == "auto-replied"
            assert told.return_path == "<>"
            assert "http://localhost/mail/proposal/" in told.text
        assert everything() == [] and len(written()) == len(self.ASIDE)

    def test_what_is_proposed(self, house: House) -> None:
        tag("Pumps")
        tag("Weeks")
        take(chain(), house.ada)
        proposal = db.session.query(Proposal).one()
        assert proposal.line == "Delivery of pumps: From March they take six weeks."
        assert proposal.tags == [["Pumps", True], ["Weeks", True]]
        assert proposal.recipients == [
            "bob@acme.example", "grace@example.com", "customer@elsewhere.example"
        ]  # fmt: skip
        told = only_letter()
        assert told.subject == "Share this with everyone? Delivery of pumps: From March they take six weeks."
        assert "#Pumps, #Weeks" in told.text and "#Pumps, #Weeks" in told.html
        readers = proposals.readers(proposal)
        assert readers.inside == ["bob@acme.example", "grace@example.com"]
        assert readers.outside == ["customer@elsewhere.example"]

    @BOTH
    def test_a_chain_that_goes_on_has_one_proposal(self, house: House) -> None:
        assert take(chain(1), house.ada).kind == "proposed"
        assert take(chain(1), house.ada).kind == "repeated"
        assert take(chain(2), house.ada).kind == "known"
        assert take(chain(3), house.grace).kind == "known"
        # a program that names the letter before alone
        assert take(chain(4, references=("3@laptop.example",)), house.ada).kind == "known"
        assert take(chain(5, references=("4@laptop.example",)), house.ada).kind == "known"
        # and one whose first letter we never saw
        strays = ("0@other.example", "2@laptop.example")
        assert take(chain(6, references=strays), house.ada).kind == "known"
        assert take(chain(9, references=("8@other.example",)), house.ada).kind == "proposed"
        assert db.session.query(Proposal).count() == len(written()) == 2

    @BOTH
    def test_of_two_letters_of_a_chain_at_once_one_is_proposed(
        self, domain: Flask, house: House
    ) -> None:
        ada_id = house.ada.id
        db.session.remove()

        def bring(number: int) -> str:
            ada = people.by_id(ada_id)
            assert ada is not None
            return take(chain(number), ada).kind

        assert sorted(raced(domain, lambda: bring(1), lambda: bring(2))) == ["known", "proposed"]
        assert len(written()) == 1

    def publish(self, proposal_id: int, told: tuple[str, ...] = OTHERS, line: str = "") -> int:
        with saving():
            proposal = proposals.get(proposal_id)
            author = people.by_id(proposal.author_id)
            assert author is not None
            return proposals.publish(
                proposal, author, line or proposal.line, proposal.note,
                tags.parse("pumps"), told, LATER,
            ).id  # fmt: skip

    @BOTH
    def test_publishing_tells_the_chain_once_and_counts_it(
        self, domain: Flask, house: House
    ) -> None:
        take(chain(), house.ada)
        proposal_id = db.session.query(Proposal).one().id
        asked = written()
        db.session.remove()
        told = ("bob@acme.example", "grace@example.com", "nobody@evil.example")
        ids = raced(domain, *[lambda: self.publish(proposal_id, told)] * 3)
        assert len(set(ids)) == 1 and len(everything()) == 1, ids
        assert self.publish(proposal_id, OTHERS, "Another line from another tab") == ids[0]
        post = posts.get(ids[0])
        assert [tie.tag.name for tie in post.tags] == ["pumps"]
        sent = written()[len(asked) :]
        assert [one.to for one in sent] == ["bob@acme.example", "grace@example.com"]
        bob = sent[0]
        assert bob.subject == "RE: Delivery of pumps"
        assert f"http://localhost/posts/{post.id}" in bob.text and post.line in bob.html
        message = email.message_from_bytes(mailer.message(bob, LATER), policy=policy.default)
        assert str(message["From"]) == "Ada <microshare@acme.example>"
        assert str(message["Reply-To"]) == "Ada <ada@example.com>"
        assert message["In-Reply-To"] == "<1@laptop.example>"
        assert message.get_all("Auto-Submitted") == ["auto-generated"]
        assert proposals.chains_moved(LATER.date()) == proposals.Moved(1, 1, 2)
        assert proposals.chains_moved(LATER.date() - timedelta(days=7)) == proposals.Moved()
        assert proposals.moved_lately(LATER + timedelta(days=7))[1] == proposals.Moved(1, 1, 2)
        # and nobody's address is kept
        proposal = proposals.get(proposal_id)
        assert (proposal.recipients, proposal.line, proposal.note) == ([], "", "")
        ada = people.get("ada")
        assert take(chain(2), ada).kind == "known"

    def test_only_who_can_be_written_to_is_written_to(self, house: House) -> None:
        with saving():
            house.ada.name = "Ädä " + "ë" * 70
        odd = ("x@y\r\nBcc: z", "\x00@acme.example", "é@acme.example", "b@acme.example", '"a b"@x.y')
        take(chain(cc=(SHARE, *odd)), house.ada)
        proposal = db.session.query(Proposal).one()
        assert proposal.recipients == ["bob@acme.example", "grace@example.com", "b@acme.example"]
        self.publish(proposal.id, told=("b@acme.example",))
        told = email.message_from_bytes(mailer.message(written()[-1], LATER), policy=policy.default)
        for header, address in (("From", "microshare@acme.example"), ("Reply-To", "ada@example.com")):
            assert str(told[header]).startswith("Ädä ëëëë")
            assert [one.addr_spec for one in told[header].addresses] == [address]

    def test_nobody_is_told_who_was_not_ticked(self, house: House) -> None:
        take(chain(), house.ada)
        self.publish(db.session.query(Proposal).one().id, told=())
        assert len(written()) == 1
        assert proposals.chains_moved(LATER.date()) == proposals.Moved(published=1)

    def test_an_old_proposal_is_emptied_and_at_last_forgotten(self, house: House) -> None:
        take(chain(), house.ada)
        for days, left in ((13, True), (15, False)):
            with saving():
                proposals.forget_old(LATER + timedelta(days=days))
            assert bool(db.session.query(Proposal).one().recipients) is left
        assert take(chain(2), house.ada).kind == "known"
        with saving():
            proposals.forget_old(LATER + timedelta(days=200))
        assert db.session.query(Proposal).count() == 0
        assert take(chain(3), house.ada).kind == "proposed"


RAW = """From: Ada <ada@example.com>
To: share@acme.example
Subject: =?utf-8?q?FW=3A_Stillere_pakking_getest_=23pompen?=
Message-ID: <raw@laptop.example>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="b"

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Hij houdt het al zes weken, co=F6peratie met #gent.

Met vriendelijke groet,
Ada

Op ma 3 nov 2026 om 10:12 schreef Bob <bob@acme.example>:
> Hoe is het met de pakking?
--b
Content-Type: image/png; name="pomp.png"
Content-Disposition: attachment; filename="pomp.png"
Content-Transfer-Encoding: base64

{photo}
--b--
"""


def test_a_letter_as_it_travels_becomes_a_post(house: House) -> None:
    raw = RAW.format(photo=base64.encodebytes(picture()).decode()).replace("\n", "\r\n").encode()
    assert take(reading.read(raw), house.ada).kind == "posted"
    post = posts.get(everything()[0].id)
    assert post.line == "Stillere pakking getest #pompen"
    assert post.note == "Hij houdt het al zes weken, coöperatie met #gent."
    assert [tie.tag.name for tie in post.tags] == ["pompen", "gent"]
    assert [one.width for one in photos.read(post.photos_json)] == [400]


def test_a_letter_goes_in_at_the_door_and_one_comes_out(domain: Flask, house: House) -> None:
    photo = base64.encodebytes(picture()).decode()
    address = mail_addresses.private(house.ada) or ""
    raw = RAW.format(photo=photo).replace("share@acme.example", address).encode()
    for _ in range(2):
        assert receive.receive(raw, address, LATER).state == "taken"
        account_letters.send_pending(LATER)
    assert [post.line for post in everything()] == ["Stillere pakking getest #pompen"]
    sent: list[Letter] = domain.extensions["microshare.letters"]
    assert [one.subject for one in sent] == ["Posted: Stillere pakking getest #pompen"]


def test_long_ids_stay_whole_in_our_answers(house: House) -> None:
    ids = tuple(f"{n:0>60}.{'x' * 90}@PR04MB1234.eurprd04.prod.outlook.com" for n in range(40))
    take(letter("Seal", references=ids[:-1], message_id=ids[-1]), house.ada)
    lines = mailer.message(only_letter(), LATER).decode().splitlines()
    assert f"In-Reply-To: <{ids[-1]}>" in lines
    assert "References: " + " ".join(f"<{one}>" for one in (ids[0], *ids[-3:])) in lines
    assert max(map(len, lines)) <= 998
