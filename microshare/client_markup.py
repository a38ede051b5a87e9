"""Our own safe HTML as clients of the Mastodon API know it: rewritten, never made anew."""

import html

import regex

from microshare import markup

_LINK = regex.compile(
    r'<a class="(?P<kind>tag|mention)" href="(?P<own>[^"]*+)">(?P<sign>.)(?P<name>[^<]*+)</a>'
    r'|<a href="(?P<to>[^"]*+)" rel="[^"]*+">(?P<shown>[^<]*+)(?P<plain></a>)?'
)


def for_clients(safe: str, base_url: str) -> str:
    """Our own safe HTML as clients of the Mastodon API know it: their classes, absolute links.

    A long address is all there, in parts of which some are not to be seen.

    >>> for_clients('<a class="tag" href="/tags/x">#x</a>', "https://share.example")
    '<a href="https://share.example/tags/x" class="mention hashtag" rel="tag">#<span>x</span></a>'
    """
    base = html.escape(base_url)

    def link(found: "regex.Match[str]") -> str:
        if not found["kind"]:
            shown = found["shown"]
            whole = html.unescape(found["to"])
            if found["plain"] and shown == _text(markup.short_url(whole)):
                shown = _in_parts(whole)
            start = f'<a href="{found["to"]}" rel="nofollow noopener" target="_blank">'
            return f"{start}{shown}{found['plain'] or ''}"
        address = f"{base}{found['own']}"
        name = f"{found['sign']}<span>{found['name']}</span></a>"
        if found["kind"] == "tag":
            return f'<a href="{address}" class="mention hashtag" rel="tag">{name}'
        return f'<span class="h-card"><a href="{address}" class="u-url mention">{name}</span>'

    return str(_LINK.sub(link, safe))


def _in_parts(url: str) -> str:
    start, mark, bare = url.partition("://")
    if not mark:
        return _text(url)
    shown = markup.short_url(url)
    rest = bare[len(shown) - 1 :] if shown != bare else ""
    begin = f'<span class="invisible">{_text(start + mark)}</span>'
    if not rest:
        return f"{begin}<span>{_text(bare)}</span>"
    seen = f'<span class="ellipsis">{_text(shown[:-1])}</span>'
    return f'{begin}{seen}<span class="invisible">{_text(rest)}</span>'


def mentioned(safe: str) -> list[str]:
    """The folded names of the colleagues that our own safe HTML mentions, each once, in order.

    >>> mentioned('<a class="mention" href="/@ada">@Ada</a>')
    ['ada']
    """
    return list(dict.fromkeys(_MENTION.findall(safe)))


_MENTION = regex.compile(r'<a class="mention" href="/@(\w++)">')


def _text(words: str) -> str:
    return html.escape(words, quote=False)
