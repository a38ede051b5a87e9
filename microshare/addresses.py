"""Where a URL in a line begins and ends: as people write one, in any script.

Every pattern here is possessive or bounded and so takes linear time.
"""

from collections.abc import Iterator

import regex

Place = tuple[int, int]

# A host as people write it: words, numbers, emoji. Scripts without spaces need a rule for where
# the host ends: `http://example.comです` ends at a common ending, `http://日本.jp` has none.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
_ENDING = rf"(?:com|org|net|edu|gov|info|biz|dev|app|[a-z]{{2}})(?=[{_UNSPACED}\p{{So}}])"
_HOSTED = r"\p{L}\p{M}\p{N}\p{So}\p{EMod}\u00b7\u200c\u200d"
_LABEL = rf"(?>[{_HOSTED}](?:[{_HOSTED}_\-]{{0,61}}[{_HOSTED}])?)"
_HEAD = regex.compile(rf"""(?ix)
    (?<![A-Za-z0-9@＠$\#＃]) https?://
    (?P<host> {_LABEL} (?:\.(?!{_ENDING}){_LABEL}){{0,30}}+ (?: \.{_ENDING} | (?![{_HOSTED}_\-]) ) )
    (?::\d{{1,5}}+)?+ (?! [@＠+] | \.[{_HOSTED}_\-] | :[A-Za-z/] )
    """)
# Of a path, some characters are in it only when more of it follows: a full stop ends a sentence.
# Brackets count in pairs, one pair in another at most; `](` is Markdown's, not the URL's.
_ENDS = r"a-z0-9=_\#/+\-\p{Latin}\p{Cyrillic}\p{Greek}\p{M}"
_GOES_ON = r"(?:[!*';:,.$%\[~–@|&]|\](?!\())"
_PLAIN = rf"(?:[{_ENDS}]|{_GOES_ON})"
_PAIR = rf"\((?:{_PLAIN}++|{_PLAIN}*+\({_PLAIN}++\){_PLAIN}*+)\)"
_QUERY = rf"(?:(?:{_GOES_ON}|\?)*+(?:[{_ENDS}]|{_PAIR}))++"
_TAIL = regex.compile(rf"(?i)(?:/(?:{_GOES_ON}*+(?:[{_ENDS}]|{_PAIR}))*+)?+(?:[?\#]{_QUERY})?+")
# Twitter's own shortener: at most 40 letters and digits, whatever is written against them.
_SHORTENED = regex.compile(rf"(?i)(?:/[a-z0-9]{{0,40}}+)?+(?![a-z0-9])(?:\?{_QUERY})?+")


def places(line: str) -> Iterator[Place]:
    """Where the URLs of a raw line begin and end, in order.

    >>> list(places("See http://wiki/pumps."))
    [(4, 21)]
    """
    if "://" not in line:
        return
    at = 0
    while head := _HEAD.search(line, at):
        at = head.end()
        host = head["host"].casefold()
        tail = (_SHORTENED if host == "t.co" else _TAIL).match(line, at)
        if tail and _is_host(host.split(".")):
            at = tail.end()
            yield head.start(), at


def _is_host(labels: list[str]) -> bool:
    """A name in the intranet, an IPv4 address, or a domain that could be registered."""
    last = labels[-1]
    if any(label.startswith("xn--") and not label.isascii() for label in labels):
        return False
    if len(labels) == 1:
        return True
    if last.isdecimal():
        return len(labels) == 4 and all(part.isdecimal() and int(part) < 256 for part in labels)
    hyphen = "-" in last and not last.startswith("xn--")
    return len(last) > 1 and not hyphen and "_" not in labels[-2] + last
