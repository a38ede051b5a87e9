"""What a browser asks: parameters read carefully, and the way back after a form."""

import functools
from collections.abc import Callable
from datetime import date
from typing import Any, NoReturn, cast
from urllib.parse import parse_qsl, unquote_to_bytes, urlsplit

from flask import current_app, g, redirect, request
from flask_login import current_user
from werkzeug.routing import IntegerConverter, Map
from werkzeug.wrappers import Response as AnyResponse

from microshare import people
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import User
from microshare.readers import AnyReader

LARGEST_ID = 2**31 - 1
URL_ENCODED = "application/x-www-form-urlencoded"
View = Callable[..., Any]


def public(view: View) -> View:
    """Mark a page that opens without signing in; every other one asks for it."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def by_token(view: View) -> View:
    """Mark a page that a feed reader may open with a personal token."""
    view.takes_token = True  # type: ignore[attr-defined]
    return view


def by_letter(view: View) -> View:
    """Mark a page that the link of a letter opens, to read it."""
    view.opens_by_letter = True  # type: ignore[attr-defined]
    return view


def whole(view: View) -> View:
    """Mark a page that needs more of the colleague than a reader: one query asks for both."""
    view.needs_user = True  # type: ignore[attr-defined]
    return view


def quiet(view: View) -> View:
    """Mark a page that is asked every few seconds: in the log it would drown the others."""
    view.is_quiet = True  # type: ignore[attr-defined]
    return view


def reader() -> AnyReader:
    """Who looks at this page; pages that are not public have somebody."""
    return cast(AnyReader, g.get("token_reader") or current_user._get_current_object())


def user() -> User:
    """The same colleague as verbs need one, loaded when it is asked for."""
    if "user" not in g:
        known = reader()
        g.user = known if isinstance(known, User) else people.by_id(known.id)
    return cast(User, g.user)


def only_managers() -> None:
    """Asked before every page of a blueprint that is for who keeps the community."""
    if not reader().manages:
        raise Forbidden("not-a-manager")


def before() -> int | None:
    """Where the asked part of a list begins; nonsense means from the top."""
    return number(request.args.get("before", ""))


def number(written: str) -> int | None:
    """A positive whole number that an id can be, or None."""
    if written.isascii() and written.isdigit() and 0 < len(written) <= 10:
        return int(written) if int(written) <= LARGEST_ID else None
    return None


def numbers(written: str) -> list[int]:
    """The ids in a list with commas, each once; what is none of them is left out."""
    found = (number(one) for one in written.split(","))
    return list(dict.fromkeys(one for one in found if one is not None))


def day(written: str) -> date | None:
    """A day as a date field sends it; None: it was left empty."""
    try:
        return date.fromisoformat(written.strip()) if written.strip() else None
    except ValueError:
        raise Refused("date-malformed", value=written[:20]) from None


def needed_number(name: str) -> int:
    """The id in this form field, or `Missing` when it is none."""
    found = number(request.form.get(name, ""))
    if found is None:
        raise Missing("post", id=request.form.get(name, "")[:20])
    return found


def as_json() -> bool:
    """Whether a program asks, which reads JSON; a browser by itself asks for a page."""
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "is_json", False):
        return True
    kinds = ("text/html", "application/json")
    return request.accept_mimetypes.best_match(kinds) == kinds[1]


def in_json(view: View) -> View:
    """Mark an address that only programs use: it says no in JSON, whatever they accept."""
    view.is_json = True  # type: ignore[attr-defined]
    return view


def undo() -> bool:
    """Whether the form takes back what it otherwise does."""
    return request.form.get("undo", "") not in ("", "0")


def is_local(address: str) -> bool:
    """Whether an address stays on this site: no redirect of ours leads elsewhere.

    >>> [is_local(a) for a in ("/tags/x?a=1", "//evil", "/\\\\evil", "https://evil", "")]
    [True, False, False, False, False]
    """
    if not address.startswith("/") or address[1:2] in ("/", "\\"):
        return False
    return all(c.isprintable() for c in address) and not urlsplit(address).netloc


def back(default: str) -> AnyResponse:
    """Where the form wants to go on, if that is on this site; else the default."""
    wanted = request.form.get("next", "") or request.args.get("next", "")
    return redirect(wanted if is_local(wanted) else default, 303)


def again(render: Callable[[], str]) -> None:
    """How the page of this form is shown again, typed text and all, if it is refused."""
    g.again = render


PROGRAMS = ("/api/", "/oauth/", "/.well-known/", "/nodeinfo/", "/openapi.json/", "/media/")


def by_program() -> bool:
    """Whether a client asks at its own door, which reads, lets in and refuses by itself.

    Told by the address, for it may be nobody's.
    """
    is_page = request.path.startswith("/oauth/authorize")
    return f"{request.path}/".startswith(PROGRAMS) and not is_page


class Id(IntegerConverter):
    """A number in an address that can be an id; a larger one is no address of ours.

    Told by the pattern, and not only when it is read: an address that is none is not asked wrongly.
    """

    regex = (
        r"(?:[1-9]\d{0,8}|1\d{9}|20\d{8}|21[0-3]\d{7}|214[0-6]\d{6}|2147[0-3]\d{5}|21474[0-7]\d{4}"
        r"|214748[0-2]\d{3}|2147483[0-5]\d{2}|21474836[0-3]\d|214748364[0-7])"
    )

    def __init__(self, map: Map) -> None:
        super().__init__(map, min=1, max=LARGEST_ID)


def refuse_broken_text() -> None:
    """Bytes that are no UTF-8 are refused with a sentence, not quietly replaced.

    So is a NUL, which no database stores; in a line or a note the domain has its own sentence.
    """
    if by_program():
        return
    if any("\x00" in value for value in request.args.values()) or "\x00" in request.path:
        _broken()
    if request.method != "POST":
        return
    if request.mimetype == URL_ENCODED:
        raw = request.get_data(cache=True, as_text=False)
        try:
            unquote_to_bytes(raw.replace(b"+", b" ")).decode("utf-8")
        except UnicodeDecodeError:
            g.typed = dict(parse_qsl(raw.decode("utf-8", "replace"), errors="replace"))
            _broken()
    if getattr(request.form, "is_broken", False):  # told by who read its bytes
        _broken()
    for name, values in request.form.lists():
        if name not in ("line", "note") and any("\x00" in value for value in values):
            _broken()


def _broken() -> NoReturn:
    raise Refused("text-encoding")


def atom(view: Callable[..., AnyResponse]) -> View:
    """A page that answers with an Atom feed, and with nothing where the reader has this one."""

    @by_token
    @functools.wraps(view)
    def answered(*args: Any, **kwargs: Any) -> AnyResponse:
        response = view(*args, **kwargs)
        response.vary.add("Authorization")
        response.add_etag()
        return response.make_conditional(request)

    return answered
