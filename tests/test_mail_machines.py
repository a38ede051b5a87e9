"""Which letters machines wrote: the public letters, and those that a company's mail brings."""

import json
from collections import Counter
from pathlib import Path

import pytest

from microshare.mail import reading

MACHINES = {"bounce", "auto_reply", "list_or_bulk", "feedback_report", "not_bounce"}


def letter(head: str, body: str = "Pomp 7 is stil.", sender: str = "anna@acme.nl") -> bytes:
    told = "" if "from:" in f"\n{head}".lower() else f"From: Anna <{sender}>\n"
    return f"{told}To: share@acme.nl\n{head.strip()}\n\n{body}\n".encode()


def test_no_public_letter_of_a_machine_passes_and_none_of_a_colleague_is_stopped(data: Path) -> None:
    folder = data / "letters"
    table: Counter[tuple[bool, bool]] = Counter()
    wrong = []
    for line in (folder / "letters.jsonl").read_text("utf-8").splitlines():
        told = json.loads(line)
        found = reading.read((folder / told["file"]).read_bytes()).automatic
        is_machine = told["kind"] in MACHINES
        table[is_machine, bool(found)] += 1
        if is_machine != bool(found):
            wrong.append(f"{told['file']}: {told['kind']}, found {found!r}")
    assert wrong == []
    assert table == {(True, True): 27, (False, False): 88}


BOUNCES = {
    "RFC 3464": letter(
        "From: Mail Delivery Subsystem <MAILER-DAEMON@mx.example>\nSubject: Undelivered Mail\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "--b\n\nNot delivered.\n--b\nContent-Type: message/delivery-status\n\nStatus: 5.1.1\n--b--"),
    "qmail": letter(
        "From: MAILER-DAEMON@mx.example\nSubject: failure notice",
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your "
        "message to the following addresses.\n\n<bob@acme.nl>:\nno such user\n\n--- Below this line is "
        "a copy of the message.\n\nReturn-Path: <share@acme.nl>\nSubject: digest"),
    "qmail, renamed": letter(
        "From: mailsysteem@mx.example\nSubject: failure notice",
        "Hi. This is the qmail-send program at mx.example.\nI'm afraid I wasn't able to deliver your "
        "message.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: <share@acme.nl>"),
    "Exchange": letter(
        "From: Microsoft Outlook <postmaster@acme.nl>\nSubject: Undeliverable: digest",
        "Your message to bob@acme.nl couldn't be delivered.\n550 5.1.10 RESOLVER.ADR.RecipientNotFound"),
    "Exchange, Dutch": letter(
        "From: Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@acme.nl>\n"
        "Subject: Onbestelbaar: digest\nReturn-Path: <>",
        "De bezorging bij de volgende geadresseerden is mislukt."),
    "Exchange of old": letter(
        "From: Systeembeheerder <postmaster@acme.nl>\nSubject: Niet bezorgd: digest",
        "Het bericht kon niet worden bezorgd bij de volgende geadresseerden: bob@acme.nl"),
    "Exim": letter(
        "From: Mail Delivery System <Mailer-Daemon@mx.example>\nX-Failed-Recipients: bob@acme.nl\n"
        "Subject: Mail delivery failed: returning message to sender",
        "This message was created automatically by mail delivery software."),
    "Postfix, no report": letter(
        "From: MAILER-DAEMON@mx.example (Mail Delivery System)\nSubject: Delayed Mail",
        "This is the mail system at host mx.example."),
    "sendmail's warning": letter(
        "From: Mail Delivery Subsystem <postmaster@mx.example>\n"
        "Subject: Warning: could not send message for past 4 hours", "The original message was received."),
    "Domino": letter(
        "From: Postmaster@mx.example\nSubject: DELIVERY FAILURE: User bob not listed in Directory",
        "Your message was not delivered to: bob@acme.nl because: User bob not listed"),
    "no sender": letter("From: <>\nReturn-Path: <>\nSubject: Mail delivery failed", "No such user."),
    "German": letter("From: Postmaster <postmaster@mx.example>\nSubject: Unzustellbar: digest",
                     "Die Nachricht konnte nicht zugestellt werden. 550 5.1.1"),
    "by its text": letter("From: sys@mx.example\nSubject: Returned mail",
                          "bob@acme.nl: user unknown\n550 5.1.1 <bob@acme.nl>"),
}  # fmt: skip

VACATIONS = {
    "Exchange": letter("Subject: Automatic reply: digest\nX-Auto-Response-Suppress: All\n"
                       "Auto-Submitted: auto-generated\nIn-Reply-To: <a@b>", "I am away."),
    "Exchange, Dutch": letter("Subject: Automatisch antwoord: digest", "Ik ben er weer op maandag."),
    "Gmail": letter("Subject: Re: digest\nPrecedence: bulk\nX-Autoreply: yes\nIn-Reply-To: <a@b>", "Weg."),
    "sieve": letter("Subject: Auto: digest\nAuto-Submitted: auto-replied (vacation)", "Weg."),
    "of old": letter("Subject: Out of Office: digest\nIn-Reply-To: <a@b>", "Back on Monday."),
    "of old, Dutch": letter("Subject: Afwezigheidsbericht: digest",
                            "Ik ben tot en met 5 november afwezig en lees mijn mail niet."),
    "by its text": letter(
        "Subject: Re: digest\nIn-Reply-To: <a@b>",
        "Bedankt voor je bericht. Ik ben momenteel met vakantie en op maandag 9 november terug.\nVoor "
        "dringende gevallen kun je contact opnemen met Els (els@acme.nl)."),
    "by its text, English": letter(
        "Subject: Re: digest\nIn-Reply-To: <a@b>",
        "Thank you for your message. I am out of the office until November 9 with limited access to "
        "e-mail.\nFor urgent matters please contact Els. I will respond upon my return."),
    "German": letter("Subject: Abwesenheitsnotiz: digest\nIn-Reply-To: <a@b>", "Ich bin im Urlaub."),
    "French": letter("Subject: Réponse automatique : digest", "Je suis absent."),
    "precedence": letter("Subject: x\nPrecedence: auto_reply"),
}  # fmt: skip

LISTS = {
    "List-Id": letter("Subject: [pumps] quiet\nList-Id: <pumps.lists.example>"),
    "newsletter": letter("Subject: News\nList-Unsubscribe: <mailto:out@x.example>"),
    "precedence": letter("Subject: x\nPrecedence: List"),
    "ezmlm": letter("Subject: x\nMailing-List: contact pumps-help@x.example; run by ezmlm"),
    "majordomo": letter("Subject: x\nSender: owner-pumps@lists.example"),
    "Mailman's sender": letter("Subject: x\nSender: \"Pumps\" <pumps-bounces@lists.example>"),
    "return path": letter("Subject: x\nReturn-Path: <bounce-1234-567@news.example>"),
}  # fmt: skip

OTHERS = {
    "own": letter("Subject: digest\nFeedback-ID: 2026-11-23:digest:acme.nl:microshare\nList-Id: <a.b>"),
    "own ": letter("Subject: Shared\nX-Microshare: proposal"),
    "automatic": letter("Subject: x\nAuto-Submitted: auto-generated"),
    "automatic ": letter("Subject: x", sender="no-reply@portal.example"),
    "automatic  ": letter("Subject: Build 7\nFrom: CI <donotreply@build.example>"),
    "automatic   ": letter("Subject: x\nX-Auto-Response-Suppress: OOF, AutoReply"),
    "automatic    ": letter("Subject: x\nReturn-Path: <>"),
    "automatic     ": letter("Subject: Uw bestelling", "Dit is een automatisch gegenereerd bericht. "
                             "U kunt niet reageren op dit bericht."),
    "calendar": letter("Subject: Geaccepteerd: overleg\nContent-Type: text/calendar; method=REPLY",
                       "BEGIN:VCALENDAR"),
    "receipt": letter("Subject: Gelezen: x\nContent-Type: multipart/report; boundary=b; "
                      "report-type=disposition-notification", "--b\n\nGelezen\n--b--"),
    "report": letter("Subject: x\nContent-Type: multipart/report; boundary=b; "
                     "report-type=feedback-report", "--b\n\nabuse\n--b--"),
}  # fmt: skip

KINDS = (
    [("bounce", name, raw) for name, raw in BOUNCES.items()]
    + [("vacation", name, raw) for name, raw in VACATIONS.items()]
    + [("list", name, raw) for name, raw in LISTS.items()]
    + [(name.strip(), name, raw) for name, raw in OTHERS.items()]
)


@pytest.mark.parametrize(("kind", "name", "raw"), KINDS, ids=[f"{k}-{n}" for k, n, _ in KINDS])
def test_a_machine_is_known(kind: str, name: str, raw: bytes) -> None:
    assert reading.read(raw).automatic == kind


PEOPLE = {
    "plain": letter("Subject: Pomp 7"),
    "says that it is none": letter("Subject: Pomp 7\nAuto-Submitted: no\nX-Auto-Response-Suppress: None"),
    "the postmaster": letter("Subject: Nieuwe mailserver", sender="postmaster@acme.nl"),
    "an answer to a bounce": letter("Subject: Re: Undeliverable: digest\nIn-Reply-To: <a@b>",
                                    "Dit adres bestaat niet meer."),
    "a bounce forwarded": letter(
        "Subject: Fwd: Mail delivery failed", "Wie kent dit?\n\n---------- Forwarded message ---------\n"
        "From: MAILER-DAEMON@mx.example\nSubject: Mail delivery failed\n\n550 5.1.1 user unknown"),
    "about a failure": letter("Subject: Failure notice for pump 3", "The seal could not be sent today."),
    "about an error": letter("Subject: Mail aan Heineken", "My mail could not be delivered, it says 550 "
                             "5.1.1. Who has another address?"),
    "an answer with a header": letter(
        "Subject: mailproblemen\nIn-Reply-To: <a@b>", "This is what I get: your message could not be "
        "delivered.\n\nReceived: from mx.example\n550 5.1.1 user unknown"),
    "about delivery": letter("Subject: Delivery report pumps, week 45", "Ten pumps left the dock."),
    "about holidays": letter("Subject: Vakantierooster", "Ik ben tot en met 5 november met vakantie."),
    "away in an answer": letter("Subject: Re: wie test mee?\nIn-Reply-To: <a@b>",
                                "Ik ben er maandag weer, dan test ik mee."),
    "an answer to a machine": letter(
        "Subject: Re: Uw bestelling\nIn-Reply-To: <a@b>", "De zending is binnen.\n\nOp 3 nov 2026 om 10:12 "
        "schreef Portal <noreply@portal.example>:\n> Dit is een automatisch gegenereerd bericht."),
    "an invitation": letter("Subject: Overleg pompen\nContent-Type: text/calendar; method=REQUEST",
                            "BEGIN:VCALENDAR\nDESCRIPTION:Wie komt kijken?"),
    "a letter with one's own": letter("Subject: x\nReply-To: anna@prive.example\nSender: els@acme.nl\n"
                                      "Return-Path: <anna@acme.nl>"),
    "out of office, the tool": letter("Subject: Out of office tool is broken", "Who repairs it?"),
}  # fmt: skip


@pytest.mark.parametrize("name", PEOPLE)
def test_a_colleague_is_no_machine(name: str) -> None:
    assert reading.read(PEOPLE[name]).automatic == ""
