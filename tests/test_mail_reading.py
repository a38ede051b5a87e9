"""A letter read: who, to whom, what, and its photos; whatever its charset, its parts, its age."""

import base64
from datetime import UTC, datetime

import pytest

from microshare.mail import addresses, encodings, parts, reading, rtf, tnef
from microshare.mail.reading import Incoming, subject_line

WHO = "From: Anna <anna@acme.nl>\nTo: share@acme.nl\nSubject: Pomp 7\n"


def read(head: str, body: str | bytes = "Stil.", who: str = WHO) -> Incoming:
    body = body if isinstance(body, bytes) else body.encode()
    return reading.read(f"{who}{head.strip()}\n\n".lstrip("\n").encode() + body)


def mixed(*given: str, kind: str = "mixed", boundary: str = "b") -> str:
    """A multipart as a part: its header, an empty line, its parts."""
    inner = "".join(f"--{boundary}\n{part}\n" for part in given)
    return f"Content-Type: multipart/{kind}; boundary={boundary}\n\n{inner}--{boundary}--\n"


def letter(part: str, who: str = WHO) -> Incoming:
    return reading.read(f"{who}{part}".encode())


def png(width: int = 800, height: int = 600, more: bytes = b"") -> bytes:
    size = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + size + b"\x08\x02\0\0\0" + more


def file(content: bytes, kind: str = "image/png", head: str = "") -> str:
    coded = base64.encodebytes(content).decode()
    return f"Content-Type: {kind}\nContent-Transfer-Encoding: base64\n{head}\n{coded}"


PLAIN = "Content-Type: text/plain; charset=utf-8\n\nStil."
HTML = "Content-Type: text/html; charset=utf-8\n\n"


def test_the_header_is_read() -> None:
    found = reading.read(
        b"From anna@acme.nl Mon Nov  2 10:12:00 2026\r\n"
        b"Message-ID: <7@acme.nl>\r\nDate: Mon, 2 Nov 2026 10:12:00 +0100\r\n"
        b'From: =?utf-8?q?Zo=C3=AB?= "de Vries" <Zoe@Acme.NL>\r\n'
        b"To: share@acme.nl, Sales: bob@acme.nl, els@acme.nl;\r\nCc: \"Jansen, Jan\" <jan@acme.nl>\r\n"
        b"Subject: =?iso-8859-1?q?Caf=E9?=\r\n =?iso-8859-1?q?_open?=  #pomp\r\n"
        b"References: <1@acme.nl>\r\n <2@acme.nl>\r\nIn-Reply-To: <2@acme.nl>\r\n\r\nHoi\r\n")  # fmt: skip
    assert found == Incoming(
        message_id="7@acme.nl", sender="zoe@acme.nl", sender_name="Zoë de Vries",
        to=("share@acme.nl", "bob@acme.nl", "els@acme.nl"), cc=("jan@acme.nl",),
        subject="Café open #pomp", references=("1@acme.nl", "2@acme.nl"),
        sent_at=datetime(2026, 11, 2, 9, 12, tzinfo=UTC), text="Hoi", photos=(), automatic="",
        unreadable="",
    )  # fmt: skip


@pytest.mark.parametrize(("written", "sender"), [
    ("anna@acme.nl", "anna@acme.nl"),
    ("<anna@acme.nl>", "anna@acme.nl"),
    ("anna@acme.nl (Anna)", "anna@acme.nl"),
    ('"boss@acme.nl" <evil@x.example>', "evil@x.example"),
    ("boss@acme.nl <evil@x.example>", "evil@x.example"),
    ("=?utf-8?q?boss=40acme=2Enl?= <evil@x.example>", "evil@x.example"),
    ("=?utf-8?q?boss=40acme=2Enl?=", ""),
    ('"boss@acme.nl" <>', ""),
    ("boss@acme.nl, evil@x.example", ""),
    ("boss@acme.nl\nFrom: evil@x.example", ""),
    ("Boss:boss@acme.nl;", "boss@acme.nl"),
    ("(((((((((((((" * 500, ""),
    ("MAILER-DAEMON", ""),
    ("", ""),
])  # fmt: skip
def test_one_sender_is_the_sender_and_no_other_is(written: str, sender: str) -> None:
    assert read("", who=f"From: {written}\nTo: share@acme.nl\n").sender == sender


def test_a_letter_without_an_id_has_one_that_stays() -> None:
    assert read("").message_id == read("").message_id != read("", "Anders.").message_id


@pytest.mark.parametrize(("charset", "content"), [
    ("utf-8", "Café".encode()), ("us-ascii", "Café".encode()), ("", "Café".encode()),
    ("utf-8", "Café".encode("latin-1")), ("iso-8859-1", "Café".encode()), ("", "Café".encode("latin-1")),
    ("x-nobody-knows", "Café".encode()), ("utf-16", "Café".encode("utf-16")), ('"utf-8"', "Café".encode()),
    ("utf-8", b"\xef\xbb\xbf" + "Café".encode()), ("windows-1252", "Café".encode("cp1252")),
    ("base64", "Café".encode()), ("idna", "Café".encode()), ("unicode_escape", "Café".encode()),
])  # fmt: skip
def test_a_charset_may_lie_or_be_missing(charset: str, content: bytes) -> None:
    told = f"Content-Type: text/plain; charset={charset}" if charset else ""
    assert read(told, content).text == "Café"


@pytest.mark.parametrize(("encoding", "body"), [
    ("quoted-printable", "Caf=C3=A9 is=\n open"), ("base64", "Q2Fmw6kgaXMgb3Blbg=="), ("8bit", "Café is open"),
    ("base64", "Q2Fm\n w6kg*aXMgb3Blbg"), ('"QUOTED-PRINTABLE"', "Caf=C3=A9 is open"), ("x", "Café is open"),
    ("x-uuencode", "begin 644 a\n-0V%FPZD@:7,@;W!E;@``\n`\nend"),
])  # fmt: skip
def test_what_was_encoded_for_the_way_is_decoded(encoding: str, body: str) -> None:
    assert read(f"Content-Transfer-Encoding: {encoding}", body).text == "Café is open"


def test_what_is_no_character_is_no_text() -> None:
    assert read("", b"a\0b\x08c\xef\xb7\x90d\xe2\x80\xaee").text == "abcde"


PICKED = {
    "plain before HTML": mixed(PLAIN, HTML + "<p>Anders", kind="alternative"),
    "HTML where plain says nothing": mixed("Content-Type: text/plain\n\n ", HTML + "<p>Stil.", kind="alternative"),
    "HTML alone": HTML + "<html><head><style>p{}</style></head><body><p>Stil.</p><!-- x --></body>",
    "nested": mixed(mixed(mixed(PLAIN, HTML + "x", kind="alternative", boundary="d"), kind="related", boundary="c")),
    "without an end": mixed(PLAIN).replace("--b--", ""),
    "a wrong boundary": mixed(PLAIN).replace("boundary=b", "boundary=c"),
    "no boundary": mixed(PLAIN).replace("; boundary=b", ""),
    "a quoted one": mixed(PLAIN, boundary="a:b c").replace("=a:b c", '="a:b c"'),
    "a preamble": mixed(PLAIN).replace("\n\n--b", "\n\nThis is a message in MIME.\n--b", 1),
    "an attachment before": mixed(file(b"%PDF", "application/pdf", "Content-Disposition: attachment\n"), PLAIN),
    "an attached text": mixed(PLAIN, "Content-Type: text/plain\nContent-Disposition: attachment\n\nlog"),
    "signed": mixed(PLAIN, file(b"0\x80", "application/pkcs7-signature"), kind="signed"),
    "signed with PGP": "\n-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nStil.\n-----BEGIN PGP "
                       "SIGNATURE-----\n\niQ\n-----END PGP SIGNATURE-----\n",
    "an invitation": mixed(PLAIN, "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VCALENDAR", kind="alternative"),
    "an invitation alone": "Content-Type: text/calendar; method=REQUEST\n\nBEGIN:VEVENT\nDESCRIPTION:St\n il.\nEND:VEVENT",
    "broken header": "no field at all\nX-A: b\n\nStil.",
    "flowed": "Content-Type: text/plain; format=flowed\n\nStil.\n-- \nAnna",
    "a picture named in it": "\n[cid:image001.png@01DC]\nStil.\n[image: logo.png]",
    "no type": "Content-Type: nonsense\n\nStil.",
    "enriched": "Content-Type: text/enriched\n\n<bold>Stil.</bold>",
}  # fmt: skip


@pytest.mark.parametrize("kind", PICKED)
def test_the_text_is_found(kind: str) -> None:
    assert letter(PICKED[kind]).text == "Stil."


def test_texts_between_photos_are_all_read() -> None:
    found = letter(mixed(PLAIN, file(png()), PLAIN.replace("Stil.", "En zuinig."),
                         file(png(more=b"2"), head='Content-Disposition: inline; filename="a.png"\n')))  # fmt: skip
    assert found.text == "Stil.\n\nEn zuinig."
    assert [name for name, _ in found.photos] == ["photo-1.png", "a.png"]


def test_a_letter_passed_on_as_a_file_is_the_text() -> None:
    inner = f"Content-Type: message/rfc822\n\n{WHO}{PLAIN}"
    found = letter(mixed(inner))
    assert (found.text, found.is_handed_on) == ("Stil.", True)
    assert not letter(mixed(PLAIN, inner.replace("Stil", "Oud"))).is_handed_on


def test_html_becomes_text_with_its_links_and_lists() -> None:
    html = ("<div>Zie <a href='https://acme.nl/7'>het verslag</a>,<br>of <a href='https://acme.nl/8'>"
            "https://acme.nl/8</a>.</div><ul><li>stil</li><li>zuinig</li></ul><pre>a\n  b</pre>"
            "<p style='display:none'>spook</p><script>x</script>&lt;tag&gt;")  # fmt: skip
    assert letter(HTML + html).text == (
        "Zie het verslag <https://acme.nl/7>,\nof https://acme.nl/8.\n\n- stil\n- zuinig\n\na\n  b\n\n<tag>")  # fmt: skip


@pytest.mark.parametrize(("part", "why"), [
    (mixed("Content-Type: application/pgp-encrypted\n\nVersion: 1", kind="encrypted"), "encrypted"),
    ("\n-----BEGIN PGP MESSAGE-----\n\nhQ\n-----END PGP MESSAGE-----", "encrypted"),
    (file(b"0\x80", "application/pkcs7-mime; smime-type=enveloped-data"), "encrypted"),
    (file(b"0\x80", "application/pkcs7-mime; smime-type=signed-data"), "signed"),
    (file(b"\x78\x9f\x3e\x22\0\0", "application/ms-tnef"), "winmail"),
    (PLAIN, ""),
])  # fmt: skip
def test_what_cannot_be_read_is_said(part: str, why: str) -> None:
    found = letter(part)
    assert (found.unreadable, found.text) == (why, "" if why else "Stil.")


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_letter_within_its_signature_is_read(in_pieces: bool) -> None:
    inner = mixed(PLAIN, file(png())).encode().replace(b"\n", b"\r\n")

    def octets(content: bytes) -> bytes:
        return b"\x04\x82" + len(content).to_bytes(2, "big") + content

    told = octets(inner)
    if in_pieces:
        told = b"\x24\x80" + b"".join(octets(inner[at : at + 40]) for at in range(0, len(inner), 40))
    der = b"\x30\x80" + bytes.fromhex("06092a864886f70d010701") + b"\xa0\x80" + told + b"\0\0"
    found = letter(file(der, "application/pkcs7-mime; smime-type=signed-data"))
    assert (found.text, len(found.photos), found.unreadable) == ("Stil.", 1, "")
    assert (found.sender, found.subject) == ("anna@acme.nl", "Pomp 7")


def test_an_answer_that_says_nothing_does_not_say_what_it_answers() -> None:
    old = "Van: Bob <bob@acme.nl>\nVerzonden: maandag 2 november 2026\nOnderwerp: Pomp\n\nOud."
    assert read("", old, WHO.replace("Pomp 7", "Re: Pomp")).text == ""
    assert read("", old, WHO.replace("Pomp 7", "FW: Pomp")).text.endswith("Oud.")


PHOTOS = {"jpg": b"\xff\xd8\xff\xe0", "png": png(), "gif": b"GIF89a" + b"\x20\x03\x20\x03",
          "webp": b"RIFF\0\0\0\0WEBPVP8 ", "heic": b"\0\0\0\x18ftypheic"}  # fmt: skip


@pytest.mark.parametrize("end", PHOTOS)
def test_a_photo_is_known_by_what_it_is(end: str) -> None:
    head = 'Content-Disposition: attachment; filename="IMG 1.dat"\n'
    found = letter(mixed(PLAIN, file(PHOTOS[end], "application/octet-stream", head)))
    assert found.photos == ((f"IMG 1.{end}", PHOTOS[end]),)
    assert letter(mixed(PLAIN, file(b"%PDF", "image/jpeg", head))).photos == ()


def drawn(html: str, *pictures: tuple[str, bytes]) -> list[str]:
    files = [file(content, head=f"Content-ID: <{cid}>\nContent-Disposition: inline; filename={cid}.png\n")
             for cid, content in pictures]  # fmt: skip
    return [name for name, _ in letter(mixed(HTML + html, *files, kind="related")).photos]


def test_the_photos_that_the_sender_drew_are_kept_and_logos_are_not() -> None:
    tag = "<img src='cid:{}'>".format
    big, other = ("big", png(more=b"1")), ("other", png(more=b"2"))
    assert drawn(f"<p>Zie {tag('big')}</p>", big) == ["big.png"]
    assert drawn(f"<p>Zie</p><div class='gmail_signature'>{tag('big')}</div>", big) == []
    assert drawn(f"<p>Zie {tag('big')}</p><p>-- </p><p>{tag('other')}</p>", big, other) == ["big.png"]
    quote = f"<div class='gmail_quote'>Op 3-11-2026 schreef A &lt;a@b.nl&gt;:<blockquote>{tag('other')}</blockquote>"
    assert drawn(f"<p>{tag('big')}</p>{quote}", big, other) == ["big.png"]
    assert drawn(f"<p>{tag('small')}</p>", ("small", png(120, 120))) == []
    assert drawn(f"<p>{tag('banner')}</p>", ("banner", png(600, 80))) == []
    assert drawn(f"<p>{tag('big')}{tag('twin')}</p>", big, ("twin", big[1])) == []
    assert drawn("<p>los erbij</p>", big) == ["big.png"]
    assert drawn("<p>punt</p>", ("dot", png(1, 1))) == []


def test_a_winmail_dat_gives_its_text_and_its_photos() -> None:
    def attribute(tag: int, value: bytes) -> bytes:
        return b"\x02" + tag.to_bytes(4, "little") + len(value).to_bytes(4, "little") + value + b"\0\0"

    def named(name: int, kind: int, value: bytes) -> bytes:
        head = kind.to_bytes(2, "little") + name.to_bytes(2, "little") + b"\1\0\0\0"
        return head + len(value).to_bytes(4, "little") + value + b"\0" * (-len(value) % 4)

    html = (1).to_bytes(4, "little") + named(0x1013, 0x102, b"<p>Stil.</p>")
    long_name = (1).to_bytes(4, "little") + named(0x3707, 0x1F, "fotó.png\0".encode("utf-16-le"))
    raw = (b"\x78\x9f\x3e\x22\1\0" + attribute(0x9003, html) + attribute(0x9002, b"\0" * 14)
           + attribute(0x8010, b"FOTO~1.PNG\0") + attribute(0x800F, png()) + attribute(0x9005, long_name))  # fmt: skip
    found = letter(file(raw, "application/ms-tnef"))
    assert (found.text, found.photos, found.unreadable) == ("Stil.", (("fotó.png", png()),), "")
    with_text = letter(mixed(PLAIN.replace("Stil", "Boven"), file(raw, "application/ms-tnef")))
    assert (with_text.text, len(with_text.photos)) == ("Boven.", 1)
    assert tnef.opened(b"PK\x03\x04") is None


def test_packed_rtf_is_unpacked() -> None:
    # the example of MS-OXRTFCP, 3.1.1
    packed = bytes.fromhex(
        "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0")
    assert rtf.unpacked(packed) == r"{\rtf1\ansi\ansicpg1252\pard hello world}" + "\r\n"
    assert rtf.text_of(rtf.unpacked(packed)).strip() == "hello world"


def test_a_thousand_recipients_are_all_there() -> None:
    cc = ",\r\n ".join(f'"Pump, {n}" <p{n}@acme.nl>' for n in range(1000))
    assert len(read(f"Cc: {cc}").cc) == 1000


@pytest.mark.parametrize(("subject", "line"), [
    ("Pomp 7 is stil", "Pomp 7 is stil"),
    ("Re: Pomp", "Pomp"), ("RE: FW: Fwd: Pomp", "Pomp"), ("Antw: Doorst: Betr.: Pomp", "Pomp"),
    ("AW: WG: Pumpe", "Pumpe"), ("TR: RV: Vá: SV: VS: pompe", "pompe"), ("Re[2]: Re(3): Re^4: Pomp", "Pomp"),
    ("re:re:re:Pomp", "Pomp"), ("Réf. : Pomp", "Réf. : Pomp"), ("回复：泵", "泵"),
    ("[pompen] Re: [EXTERN] Pomp", "Pomp"), ("[#1234] Pomp", "Pomp"), ("(ticket 123) Pomp", "Pomp"),
    ("JIRA-123: Pomp", "Pomp"), ("Zaak 20261 - Pomp", "Pomp"), ("#1234: Pomp", "Pomp"),
    ("Pomp lekt [#1234]", "Pomp lekt"), ("*** SPAM *** Pomp", "Pomp"),
    ("#pompen stiller", "#pompen stiller"), ("#42 pomp", "#42 pomp"), ("ISO-9001: audit", "ISO-9001: audit"),
    ("Let op: pomp 7", "Let op: pomp 7"), ("Reactie: ja", "Reactie: ja"), ("Pomp [2 stuks]", "Pomp [2 stuks]"),
    ("Re:", ""), ("[pompen]", ""), ("Re: Fwd: [x] (ticket 1)", ""), ("", ""),
])  # fmt: skip
def test_a_subject_is_a_line_without_what_programs_put_before_it(subject: str, line: str) -> None:
    assert subject_line(subject) == line


@pytest.mark.parametrize(("written", "value", "parameters"), [
    ("text/plain", "text/plain", {}),
    ('TEXT/Plain ; Charset="utf-8" ;', "text/plain", {"charset": "utf-8"}),
    ("a/b; name*=utf-8'nl'caf%C3%A9", "a/b", {"name": "café"}),
    ("a/b; name*1=b; name*0=a", "a/b", {"name": "ab"}),
    ('a/b; name="a;\\"b"', "a/b", {"name": 'a;"b'}),
    ("a/b; name", "a/b", {}),
])  # fmt: skip
def test_parameters_are_read(written: str, value: str, parameters: dict[str, str]) -> None:
    assert parts.valued(written) == (value, parameters)


def test_fields_beyond_the_limits_are_left() -> None:
    raw = b"From: a@b.nl\n" + b"X-A: b\n" * 100_000 + b"\nStil."
    letter_whole, *_ = parts.taken_apart(raw)
    assert len(letter_whole.fields) == parts.MOST_FIELDS
    assert letter_whole.sent == b"Stil."
    assert len(addresses.listed("a@b.nl," * 10_000)) == addresses.MOST_ADDRESSES
    assert encodings.words("=?utf-8?q?=41?=" * 5_000).count("A") == encodings.MOST_WORDS
