"""The subject of a letter as a line: without what programs put before it."""

import re

# What programs put before the subject of an answer or of a letter that is handed on, by language:
# English, Dutch, German, French, Italian, Spanish, Portuguese, Polish, the Nordic, Hungarian,
# Turkish, Czech, Greek, Hebrew, Chinese, Vietnamese, Indonesian, Welsh, Estonian, Russian.
_ANSWERS = (
    r"re|antw|antwoord|betr\.?|aw|antwort|rép|rép\.|rep|réf|ref|r|rif|ris|res|resp|rv|odp|sv|"
    r"vs|svar|vá|vb|"
    r"ynt|ilt|yan|απ|σχετ|πρθ|תשובה|השב|回复|回覆|答复|返信|답장|tl|bls|atb|ang|vast|отв|ответ|re-"
)
_FORWARDS = (
    r"fwd?|fw|doorst|doorgestuurd|dw|wg|weitergeleitet|tr|i|inoltra|enc|rv|pd|vl|vs|vid|"
    r"videresendt|"
    r"továbbítás|ilt|προώθηση|הועבר|转发|轉寄|転送|전달|ch|trs|wtr|přeposláno|пересл|fwrd|forward"
)
_COUNT = r"(?:\s?[\[(^*]\d{1,4}[\])]?|\d{1,3})?"
_PREFIX = re.compile(rf"(?i)\s*+(?:{_ANSWERS}|{_FORWARDS})\s?{_COUNT}\s{{0,3}}+[:：]\s*+")
_ANSWER = re.compile(rf"(?i)\s*+(?:{_ANSWERS})\s?{_COUNT}\s{{0,3}}+[:：]")
_FORWARD = re.compile(rf"(?i)\s*+(?:{_FORWARDS})\s?{_COUNT}\s{{0,3}}+[:：]")
# A list's name in brackets, a ticket's number in any, what a gateway says of where it came from.
_TAG = re.compile(
    r"(?i)\s*+(?:\[(?!\s*+\])[^\[\]]{1,60}+\]"
    r"|[\[({]\s?(?:ticket|case|zaak|melding|issue|incident|request|ref|id|nr|no|call|task|taak|"
    r"bug|order)?\s?[#:№.-]{0,2}\s?[a-z]{0,10}[-_#]?\d[\w.-]{0,30}+\s?[\])}]"
    r"|\#\d{1,10}\b(?=\s*+[:–—-]\s)"
    r"|(?-i:(?!ISO|NEN|DIN|IEC|EN-|UTF|CVE|RFC|COVID|VCA)[A-Z][A-Z0-9]{1,9}-\d{1,8}\b)(?="
    r"\s*+[:–—-]\s)"
    r"|(?:ticket|case|zaak|melding|issue|incident|inc|req|ritm|chg)\s?[#:№]?\s?\d{2,12}\b(?="
    r"\s*+[:–—-])"
    r")\s*+[:–—-]?\s*+"
)
# Of the same kind at the end of a line, where a tracker puts it.
_TAIL = re.compile(
    r"(?i)\s[\[({]\s?(?:ticket|case|zaak|ref|id|#)\s?[#:]{0,2}\s?\d{3,12}\s?[\])}]\s*+$"
)
_WARNING = re.compile(
    r"(?i)\s*+[\[({*<!]{1,3}\s?(?:extern(?:al|e)?(?: (?:e-?mail|sender|mail|afzender))?|ext|"
    r"spam\??|"
    r"suspected spam|caution|let op|waarschuwing|possible spam|\*+spam\*+|e-?mail van buiten)"
    r"\s?[\])}*>!]{1,3}\s*+[:–—-]?\s*+"
)
_MOST = 40  # of such pieces, one after another


def subject_line(subject: str) -> str:
    """What the writer meant by the subject. Empty where nothing of it is left.

    >>> subject_line("RE: Fwd[2]: [pumps-l] (ticket 123) Quieter seal tested")
    'Quieter seal tested'
    >>> subject_line("Antw: JIRA-123: Doorst: [#1234] Lekkage bij Heineken")
    'Lekkage bij Heineken'
    """
    said = " ".join(subject.split())
    for _ in range(_MOST):
        shorter = bare(said)
        for pattern in (_WARNING, _TAG):
            shorter = pattern.sub("", shorter, count=1) if pattern.match(shorter) else shorter
        if shorter == said:
            break
        said = shorter
    return _TAIL.sub("", said).strip(" \t:–—-")


def is_answer(subject: str) -> bool:
    """Whether a program says that it answers a letter, and does not pass one on.

    >>> is_answer("Re: Fwd: pomp"), is_answer("Fwd: Re: pomp"), is_answer("VS: pomp")
    (True, False, False)
    """
    return bool(_ANSWER.match(subject)) and not _FORWARD.match(subject)


def bare(subject: str) -> str:
    """A subject without `Re:`, `Fwd:` and their like at its beginning."""
    for _ in range(_MOST):
        match = _PREFIX.match(subject)
        if match is None:
            break
        subject = subject[match.end() :]
    return subject
