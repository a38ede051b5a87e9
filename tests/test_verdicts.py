import pytest

from microshare import verdicts
from microshare.verdicts import LATER, LETTER, MAILBOX, SOFT, US


@pytest.mark.parametrize(("at", "code", "said", "meant"), [
    ("rcpt", 550, "5.1.1 <ada@example.com>: Recipient address rejected: User unknown", MAILBOX),
    ("rcpt", 550, "5.2.1 The email account that you tried to reach is disabled", MAILBOX),
    ("rcpt", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound", MAILBOX),
    ("rcpt", 550, "5.4.1 Recipient address rejected: Access denied. AS(201806281)", MAILBOX),
    ("rcpt", 550, "No such user here", MAILBOX),
    ("rcpt", 553, "sorry, no mailbox here by that name (#5.7.1)", US),
    ("rcpt", 550, "mailbox unavailable", MAILBOX),
    ("data", 550, "5.1.1 User unknown", MAILBOX),
    ("data", 550, "no mailbox here by that name", MAILBOX),
    ("rcpt", 552, "5.2.2 The recipient's mailbox is full", SOFT),
    ("rcpt", 550, "5.1.0 - Unknown address error 550-'5.2.2 Mailbox Full'", SOFT),
    ("rcpt", 452, "4.2.2 The email account that you tried to reach is over quota", LATER),
    ("rcpt", 550, "5.7.1 Service unavailable, client host blocked using Spamhaus", US),
    ("rcpt", 554, "5.7.1 <ada@example.com>: Relay access denied", US),
    ("rcpt", 550, "Sender verify failed", US),
    ("mail", 550, "5.1.8 sender address does not exist", US),
    ("mail", 550, "5.1.1 whatever", US),
    ("rcpt", 550, "5.1.8 bad sender", US),
    ("mail", 530, "5.7.0 Must issue a STARTTLS command first", US),
    ("rcpt", 535, "authentication required", US),
    ("rcpt", 503, "bad sequence of commands", US),
    ("data", 554, "5.7.1 Message rejected as spam", LETTER),
    ("data", 554, "transaction failed", LETTER),
    ("data", 552, "5.3.4 message size exceeds fixed limit", LETTER),
    ("data", 552, "message too large", LETTER),
    ("rcpt", 451, "4.7.1 greylisted", LATER),
    ("data", 421, "closing", LATER),
    ("report", 550, "5.4.4 unable to route: host example.invalid not found", MAILBOX),
    ("report", 554, "5.4.6 too many hops", SOFT),
    ("report", 500, "(err.nosuchuser)", MAILBOX),
])
def test_a_refusal_is_of_the_mailbox_of_the_letter_or_of_us(
    at: str, code: int, said: str, meant: str
) -> None:
    assert verdicts.of(code, said, at) == meant
