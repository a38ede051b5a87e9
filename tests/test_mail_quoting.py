"""What is new in a letter: the public replies as a whole, and the programs of our own readers.

The public suites (MIT and Apache-2.0, named in each row) are read where they lie. The cases here
are ours, as the mail programs of a Dutch company write them.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from microshare.mail import hypertext, quoting

SAID = "De afdichting is stil.\n\nMorgen test ik nummer twee."
OLD = "Hoe gaat het met de pomp?\n\nGroet, Anna"


def quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


# By program: what stands between what is new and what was there before.
PROGRAMS = {
    "Gmail": f"\n\nOp ma 3 nov 2026 om 10:12 schreef Anna de Vries <anna@acme.nl>:\n\n{quoted(OLD)}",
    "Gmail, wrapped":
        f"\n\nOp ma 3 nov 2026 om 10:12 schreef Anna de Vries van der Meer <\nanna@acme.nl>:\n\n{quoted(OLD)}",
    "Gmail, English":
        f"\n\nOn Mon, Nov 3, 2026 at 10:12 AM Anna de Vries <anna@acme.nl>\nwrote:\n\n{quoted(OLD)}",
    "Apple":
        f"\n\n> Op 3 nov. 2026, om 10:12 heeft Anna de Vries <anna@acme.nl> het volgende "
        f"geschreven:\n> \n{quoted(OLD)}",
    "Apple, the line outside":
        f"\n\nOp 3 nov. 2026 om 10:12 heeft Anna de Vries <anna@acme.nl> het volgende\n"
        f"geschreven:\n\n{quoted(OLD)}",
    "Apple, unquoted": f"\n\nOp 3 nov 2026 om 10:12 heeft Anna <anna@acme.nl> het volgende geschreven:\n\n{OLD}",
    "Thunderbird": f"\n\nOp 3-11-2026 om 10:12 schreef Anna de Vries:\n{quoted(OLD)}",
    "Thunderbird, English": f"\n\nOn 11/3/26 10:12, Anna de Vries wrote:\n{quoted(OLD)}",
    "Outlook":
        f"\n\nVan: Anna de Vries <anna@acme.nl>\nVerzonden: maandag 3 november 2026 10:12\n"
        f"Aan: Bob <bob@acme.nl>\nCC: Els <els@acme.nl>\nOnderwerp: RE: Pomp\n\n{OLD}",
    "Outlook, its line":
        f"\n\n________________________________\nVan: Anna de Vries\nVerzonden: maandag 3 november "
        f"2026 10:12\nAan: Bob\nOnderwerp: RE: Pomp\n\n{OLD}",
    "Outlook, bold":
        f"\n\n*Van:* Anna de Vries <anna@acme.nl>\n*Verzonden:* maandag 3 november 2026 10:12\n"
        f"*Aan:* Bob <bob@acme.nl>\n*Onderwerp:* RE: Pomp\n\n{OLD}",
    "Outlook, many recipients":
        f"\n\nFrom: Anna de Vries <anna@acme.nl>\nSent: Monday, November 3, 2026 10:12 AM\n"
        f"To: Bob <bob@acme.nl>; Els\n <els@acme.nl>; Jan <jan@acme.nl>\nSubject: RE: Pomp\n\n{OLD}",
    "Outlook of old":
        f"\n\n-----Oorspronkelijk bericht-----\nVan: Anna de Vries\nVerzonden: maandag 3 november\n\n{OLD}",
    "Outlook of old, English": f"\n\n-----Original Message-----\nFrom: Anna\nSent: Monday\n\n{OLD}",
    "Yahoo": f"\n\n    Op maandag 3 november 2026 10:12:33 CET schreef Anna de Vries "
             f"<anna@acme.nl>:\n\n{OLD}",
    "Proton": f"\n\n------- Oorspronkelijk bericht -------\nOp maandag 3 november 2026 om 10:12 "
              f"schreef Anna <anna@acme.nl>:\n\n{quoted(OLD)}",
    "Proton, English": f"\n\nOn Monday, November 3rd, 2026 at 10:12 AM, Anna <anna@acme.nl> wrote:\n\n{quoted(OLD)}",
    "Samsung": f"\n\n-------- Oorspronkelijk bericht --------\nVan: Anna <anna@acme.nl> \nDatum: "
               f"03-11-2026 10:12 (GMT+01:00) \nAan: Bob <bob@acme.nl> \nOnderwerp: Pomp \n\n{OLD}",
    "Gmail on a telephone": f"\n\nOp ma 3 nov. 2026 10:12 schreef Anna <anna@acme.nl>:\n\n{quoted(OLD)}",
    "Roundcube": f"\n\nAnna de Vries schreef op 2026-11-03 10:12:\n{quoted(OLD)}",
    "a name": f"\n\nAnna schreef:\n{quoted(OLD)}",
    "Zimbra": f"\n\n----- Oorspronkelijk bericht -----\nVan: \"Anna\" <anna@acme.nl>\nAan: \"Bob\" "
              f"<bob@acme.nl>\nVerzonden: Maandag 3 november 2026 10:12:33\nOnderwerp: Pomp\n\n{OLD}",
    "Notes": f"\n\n-----Anna de Vries <anna@acme.nl> wrote: -----\nTo: Bob <bob@acme.nl>\nFrom: Anna\n"
             f"Date: 03-11-2026 10:12\nSubject: Pomp\n\n{OLD}",
    "German": f"\n\nAm 03.11.26 um 10:12 schrieb Anna de Vries:\n{quoted(OLD)}",
    "French": f"\n\nLe lun. 3 nov. 2026 à 10:12, Anna de Vries <anna@acme.nl> a écrit :\n\n{quoted(OLD)}",
    "a helpdesk's": f"\n\n##- Typ je antwoord boven deze regel -##\n\n{OLD}",
    "flattened": f"\n\nVan: Anna <anna@acme.nl> Verzonden: maandag 3 november 2026 10:12 Aan: Bob "
                 f"Onderwerp: Pomp\n\n{OLD}",
    "Danish": f"\n\nDen man. 3. nov. 2026 kl. 10.12 skrev Anna <anna@acme.nl>:\n\n{quoted(OLD)}",
    "Finnish": f"\n\nma 3. marrask. 2026 klo 10.12 Anna (anna@acme.nl) kirjoitti:\n\n{quoted(OLD)}",
    "Hebrew": f"\n\n\u202bבתאריך יום ב׳, 3 בנוב׳ 2026 ב-10:12 מאת \u202aAnna\u202c\u200f <anna@acme.nl>:\u202c"
              f"\n\n{quoted(OLD)}",
    "Korean": f"\n\n2026년 11월 3일 (화) 오전 10:12, Anna <anna@acme.nl>님이 작성:\n\n{quoted(OLD)}",
    "Chinese": f"\n\nAnna <anna@acme.nl> 于2026年11月3日周二 10:12写道：\n\n{quoted(OLD)}",
    "none": "",
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_a_program_repeats_is_cut(program: str) -> None:
    assert quoting.newest(SAID + PROGRAMS[program]) == SAID


ENDINGS = {
    "iPhone": "\n\nVerzonden vanaf mijn iPhone",
    "Verstuurd": "\n\nVerstuurd vanaf mijn iPad",
    "Outlook voor iOS": "\n\nOutlook voor iOS downloaden<https://aka.ms/o0ukef>",
    "Get Outlook": "\n\nGet Outlook for Android<https://aka.ms/AAb9ysg>",
    "Windows": "\n\nVerzonden vanuit Mail voor Windows",
    "Samsung": "\n\nVerzonden vanaf mijn Samsung Galaxy-smartphone.",
    "English": "\n\nSent from my iPhone",
    "Czech": "\n\nOdesláno z iPhonu",
    "German": "\n\nVon meinem iPhone gesendet",
    "dashes": "\n\n-- \nBob Jansen\nVerkoop\n06 12345678",
    "a greeting": "\n\nMet vriendelijke groet,\n\nBob Jansen\nAccountmanager\nAcme B.V.\n"
                  "T 010 - 123 45 67\nwww.acme.nl",
    "a short one": "\n\nGroet,\n\nBob Jansen\nAcme B.V.\nT 010 - 123 45 67",
    "letters": "\n\nMvg,\nBob",
    "a full English one": "\n\nKind regards,\n\nBob Jansen\nAccount Manager\n+31 6 1234 5678\nwww.acme.nl",
    "a disclaimer": "\n\nMet vriendelijke groet,\nBob\n\nDisclaimer\nDe informatie in dit e-mailbericht "
                    "is vertrouwelijk en uitsluitend bestemd voor de geadresseerde.",
    "an untitled one": "\n\nDe informatie verzonden met dit e-mailbericht is uitsluitend bestemd voor de "
                       "geadresseerde en is vertrouwelijk. Gebruik door anderen is niet toegestaan.",
    "an English one": "\n\nThis e-mail and any attachments are confidential and intended solely for the "
                      "addressee. If you received this message in error, please delete it.",
    "the environment": "\n\nDenk aan het milieu voordat u deze e-mail print.",
    "all of them": "\n\nMet vriendelijke groet,\n\nBob Jansen\n06 12345678\n\nVerzonden vanaf mijn iPhone",
}  # fmt: skip


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("program", ["none", "Gmail", "Outlook"])
def test_a_signature_and_a_disclaimer_are_cut(ending: str, program: str) -> None:
    assert quoting.newest(SAID + ENDINGS[ending] + PROGRAMS[program]) == SAID


@pytest.mark.parametrize("text", [
    "Sent from my desk, is much easier than my mobile phone.",
    "Op 3 november schreef ik al: de pomp lekt.",
    "Op 3 november om 10:12 schreef ik de klant:\n\nDe pomp is stil.",
    "Op 3 november test ik.\nDat is een dinsdag om 10:12.\nAnna schreef dat ook:\n\nen dat klopt.",
    "Van: Rotterdam\nNaar: Utrecht\n\nRijdt dat door?",
    "Drie punten:\n\n- lekt niet\n- is stil\n--verbruik omlaag",
    "Het bericht was vertrouwelijk.",
    "Met groeten uit Brussel: de klant wil tien pompen, levering in mei, en een tweede offerte.",
    "We bellen om 10:12 en daarna:\nAnna komt ook.",
    "> Hoe stil is stil?\n\n38 dB op een meter.",
    "Resultaat:\n\n| pomp | dB |\n| 7 | 38 |",
    "Mail voor de klant is weg.",
    "Thanks,\nAnna",
    "Warning: the external pump leaks.\n\nA message was sent to the supplier.",
])  # fmt: skip
def test_what_only_looks_like_it_stays(text: str) -> None:
    assert quoting.newest(text) == text


@pytest.mark.parametrize("banner", [
    "CAUTION: This email originated from outside of the organization. Do not click links.",
    "Let op: deze e-mail komt van buiten de organisatie.\nKlik niet op links die je niet vertrouwt.",
])  # fmt: skip
def test_a_warning_of_letters_from_outside_is_cut(banner: str) -> None:
    assert quoting.newest(f"{banner}\n\n{SAID}") == SAID


def test_answers_between_quotes_are_kept_and_the_quotes_are_not() -> None:
    body = ("Zie hieronder.\n\nOp ma 3 nov 2026 om 10:12 schreef Anna <anna@acme.nl>:\n> Hoe stil?\n\n"
            "38 dB.\n\n> En het verbruik,\n> is dat lager?\n\nTien procent.\n\nGroet,\nBob\n06 12345678\nAcme")  # fmt: skip
    assert quoting.newest(body) == "Zie hieronder.\n\n38 dB.\n\nTien procent."


def test_an_answer_under_the_quote_is_kept() -> None:
    body = f"Op 3-11-2026 om 10:12 schreef Anna:\n{quoted(OLD)}\n\n{SAID}\n\n-- \nBob"
    assert quoting.newest(body) == SAID


@pytest.mark.parametrize("head", [
    "---------- Forwarded message ---------\nVan: Anna <anna@acme.nl>\nDate: ma 3 nov 2026 om 10:12",
    "Begin doorgestuurd bericht:\n\nVan: Anna <anna@acme.nl>\nOnderwerp: Pomp\nDatum: 3 november 2026",
    "Van: Anna <anna@acme.nl>\nVerzonden: maandag 3 november 2026 10:12\nOnderwerp: Pomp",
])  # fmt: skip
def test_a_forwarded_letter_is_the_text_where_nothing_stands_above_it(head: str) -> None:
    own = quoting.read(f"\n\n{head}\n\n{SAID}\n\nVerzonden vanaf mijn iPhone{PROGRAMS['Gmail']}")
    assert own.is_handed_on
    assert own.text.startswith(head.split("\n", 1)[0])
    assert own.text.endswith(SAID)
    above = quoting.read(f"Ter info\n\n{head}\n\n{SAID}")
    assert (above.text, above.is_handed_on) == ("Ter info", False)


def test_a_quote_alone_is_nothing_new() -> None:
    assert quoting.newest(PROGRAMS["Gmail"]) == ""


HTML = {
    "Gmail": '<div dir="ltr">{said}</div><br><div class="gmail_quote"><div dir="ltr" '
             'class="gmail_attr">Zapisao je Anna:<br></div><blockquote class="gmail_quote">{old}'
             "</blockquote></div>",
    "Outlook": '<div>{said}</div><div id="appendonsend"></div><hr tabindex="-1"><div '
               'id="divRplyFwdMsg"><b>Ven:</b> Anna<br><b>Senda:</b> nu</div><div>{old}</div>',
    "Outlook, from a desk": '<p class="MsoNormal">{said}</p><div style="border:none;border-top:solid '
               '#E1E1E1 1.0pt"><p class="MsoNormal"><b>Van:</b> Anna &lt;anna@acme.nl&gt;<br><b>'
               "Verzonden:</b> maandag 3 november 2026 10:12<br><b>Aan:</b> Bob<br><b>Onderwerp:</b>"
               " Pomp</p></div><p>{old}</p>",
    "Thunderbird": '<p>{said}</p><div class="moz-cite-prefix">Ik wi it net:<br></div>'
                   '<blockquote type="cite" cite="mid:a">{old}</blockquote><pre class="moz-signature">'
                   "-- \nBob</pre>",
    "Apple": '<div>{said}</div><div><br><blockquote type="cite"><div>Op 3 nov 2026 om 10:12 heeft Anna '
             "&lt;anna@acme.nl&gt; het volgende geschreven:</div><br><div>{old}</div></blockquote></div>",
    "Yahoo": '<div>{said}</div><div id="ydp12yahoo_quoted_1" class="yahoo_quoted"><div>Anna, 3/11:'
             "</div>{old}</div>",
    "Proton": '<div>{said}</div><div class="protonmail_signature_block">Verzonden met Proton</div>'
              '<div class="protonmail_quote">Anna skriuwt:<blockquote class="protonmail_quote">{old}'
              "</blockquote></div>",
    "Hotmail": '<div>{said}</div><hr id="stopSpelling">Iets: x<br>{old}',
    "a signature": '<div>{said}</div><div class="gmail_signature">Bob<br>Acme</div>',
}  # fmt: skip


@pytest.mark.parametrize("program", HTML)
def test_what_html_tells_of_quotes_is_heeded(program: str) -> None:
    html = HTML[program].format(said=SAID.replace("\n\n", "<br><br>"), old="Hoe gaat het?<br>Anna")
    assert quoting.newest(hypertext.text_of(f"<html><body>{html}</body></html>")) == SAID


def test_an_answer_within_gmail_s_quote_is_kept() -> None:
    html = ('<div class="gmail_quote"><div class="gmail_attr">Anna schreef:</div><blockquote>Hoe stil?'
            "</blockquote><div>38 dB.</div><blockquote>En verder?</blockquote><div>Niets.</div></div>")  # fmt: skip
    assert quoting.newest(hypertext.text_of(html)) == "38 dB.\n\nNiets."


class Score(NamedTuple):
    kept: float  # of the lines that should be left
    left: float  # of those that should be gone
    exact: float  # of the replies


def lines(text: str) -> list[str]:
    return [" ".join(line.split()) for line in text.split("\n") if line.strip()]


def body_of(reply: dict[str, Any]) -> str:
    body = str(reply["input"]).replace("\r\n", "\n")
    return hypertext.text_of(body) if reply["content_type"] == "text/html" else body


def score(replies: list[dict[str, Any]]) -> Score:
    expected = kept = quoted_lines = left = exact = 0
    for reply in replies:
        wanted, body = lines(reply["expected"]), body_of(reply)
        got = lines(quoting.newest(body))
        unwanted = [line for line in lines(body) if line not in wanted]
        expected, kept = expected + len(wanted), kept + sum(line in got for line in wanted)
        quoted_lines, left = quoted_lines + len(unwanted), left + sum(line in got for line in unwanted)
        exact += wanted == got
    return Score(kept / expected, left / quoted_lines, exact / len(replies))


def test_of_the_public_replies_what_is_new_is_left(data: Path) -> None:
    written = (data / "letters" / "replies.jsonl").read_text("utf-8").splitlines()
    replies = [json.loads(line) for line in written]
    whole = [reply for reply in replies if reply["expected"] is not None]
    found = score(whole)
    assert found.kept >= 0.97, found
    assert found.left <= 0.03, found
    assert found.exact >= 0.95, found
    dutch = score([reply for reply in whole if reply["lang"] == "nl"])
    assert dutch.exact == 1, dutch


def test_of_the_replies_known_in_part_that_part_is_left(data: Path) -> None:
    written = (data / "letters" / "replies.jsonl").read_text("utf-8").splitlines()
    for reply in map(json.loads, written):
        if reply["expected"] is None:
            got = quoting.newest(body_of(reply))
            assert all(word.replace("\\", "") in got for word in reply["must_match"]), reply["id"]
            assert not any(word in got for word in reply["must_not_match"]), reply["id"]
