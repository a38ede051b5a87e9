"""What programs write for Slack, in the Markdown of our lines and notes.

Slack's own marks: `<url|label>`, `<@user>`, `*bold*`, `_italic_`, `~struck~`, and `&lt;`.
https://api.slack.com/reference/surfaces/formatting tells of them.
"""

import html
import re

_CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)
_ANGLE = re.compile(r"<([^<>\n]*)>")
# A mark opens behind a blank or a sign and before a word, and closes the other way round.
_MARKED = {
    sign: re.compile(rf"(?<![\w{re.escape(sign)}])\{sign}(?=[^\s{re.escape(sign)}])"
                     rf"([^\n{re.escape(sign)}]*?[^\s{re.escape(sign)}])\{sign}"
                     rf"(?![\w{re.escape(sign)}])")
    for sign in "*_~"
}  # fmt: skip
_OURS = {"*": r"**\1**", "_": r"*\1*", "~": r"\1"}
_TARGET = re.compile(r"https?://[^\s()<>`]+(?:\([^\s()<>`]*\)[^\s()<>`]*)*")


def markdown(written: str) -> str:
    """The text with our marks for Slack's.

    >>> markdown("*Build 7* of <https://ci.acme/7|the pump> &lt;failed&gt; `*as is*`")
    '**Build 7** of [the pump](https://ci.acme/7) <failed> `*as is*`'
    >>> markdown("<!here> <@U1|ann> fixed <https://a.b> in <#C1|general>")
    'ann fixed https://a.b in general'
    """
    parts, at = [], 0
    for code in _CODE.finditer(written):
        parts += [_marked(written[at : code.start()]), code[0]]
        at = code.end()
    return html.unescape("".join((*parts, _marked(written[at:])))).strip(" ")


def _marked(words: str) -> str:
    """Marks between the angles are changed; what stands in them, an address above all, is not."""
    parts = _ANGLE.split(words)  # every other one stood in angles
    for sign, pattern in _MARKED.items():
        # Of each mark first: `*_both_*` is two.
        parts[::2] = [pattern.sub(_OURS[sign], part) for part in parts[::2]]
    parts[1::2] = [_pointed(part) for part in parts[1::2]]
    return "".join(parts)


def _pointed(inner: str) -> str:
    """What stood between angles: an address, a person, a channel, a call to all."""
    target, _, label = inner.partition("|")
    if target[:1] in ("@", "#", "!"):
        return label.lstrip("@#")
    if target.startswith("mailto:"):
        return label or target.removeprefix("mailto:")
    if not target.startswith(("http://", "https://")):
        return f"<{inner}>"
    label = " ".join(label.translate(_NO_BRACKETS).split())
    if not label or label == target:
        return target
    return f"[{label}]({target})" if _TARGET.fullmatch(target) else f"{label} {target}"


_NO_BRACKETS = str.maketrans("[]", "()")
