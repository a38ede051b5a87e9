"""`microshare login`, `logout`, `post`, `feed` and `search`: what people do on a terminal."""

import hashlib
import secrets
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import click

from microshare_client import entering, kept, server, shown
from microshare_client.kept import Login
from microshare_client.trouble import TRY_AGAIN, Trouble, not_signed_in
from microshare_client.words import _

OFTEN, RARELY = 15.0, 120.0  # seconds between two looks while posts come, and while none do
MOST = 40  # posts in one answer of the API


def _login() -> Login:
    found = kept.login()
    if found is None:
        raise not_signed_in()
    return found


def _called(call: Callable[..., Any], *args: Any, **how: Any) -> Any:
    try:
        return call(*args, **how)
    except server.Moved as moved:
        told = _("The server has moved: microshare login %(address)s", address=moved.address)
        raise Trouble(told) from None


@click.command(help=_("Sign in to a server, to post, read and search from here."))
@click.argument("url")
@click.option("--token", "with_token", is_flag=True,
              help=_("Paste a token (or pipe it in) instead of a code."))  # fmt: skip
def login(url: str, with_token: bool) -> None:
    entered, where = entering.enter(url, with_token=with_token)
    told = _("Signed in to %(server)s as @%(name)s; kept in %(where)s.",
             server=entered.server, name=entered.username, where=where)  # fmt: skip
    click.echo(told, err=True)


@click.command(help=_("Sign out, and make the token useless."))
def logout() -> None:
    click.echo(entering.leave(_login()), err=True)


@click.command(
    help=_(
        "Post a line with its #tags; without one, read it from standard input: its first line is "
        "the post, and what follows is the note. Safe to repeat: what had no answer before is "
        "posted once."
    )
)
@click.argument("line", required=False)
@click.option("--note", default="", help=_("What is folded behind the line."))
@click.option("--reply-to", type=int, help=_("The number of the post that this answers."))
@click.option("--key", default="", help=_("The same key posts the same once."))
def post(line: str | None, note: str, reply_to: int | None, key: str) -> None:
    login = _login()  # before anybody types what could not be sent
    if line is None or line == "-":
        first, rest = _typed()
        line, note = first, note or rest
    told: dict[str, Any] = {"status": line} if not note else {"spoiler_text": line, "status": note}
    if reply_to is not None:
        told["in_reply_to_id"] = str(reply_to)
    message = hashlib.sha256(repr((login.server, login.token, sorted(told.items()))).encode())
    key = key or kept.pending(message.hexdigest()) or secrets.token_urlsafe(18)
    kept.set_pending(message.hexdigest(), key)
    headers = {"Idempotency-Key": key}
    try:
        status = _called(server.patiently, login, "/api/v1/statuses", told=told, headers=headers)
    except Trouble as trouble:
        if trouble.exit_code == TRY_AGAIN:
            click.echo(_("It may not be posted. The same command again posts it once."), err=True)
        else:
            kept.set_pending(message.hexdigest(), "")
        raise
    kept.set_pending(message.hexdigest(), "")
    click.echo(shown.plain(str(status["url"])))


def _typed() -> tuple[str, str]:
    """The first line of what is typed or piped in that has words, and the rest."""
    if sys.stdin.isatty():
        click.echo(_("Type your post; the first line is the line. Ctrl-D ends it."), err=True)
    try:
        words = sys.stdin.buffer.read().decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise Trouble(_("This text is not valid UTF-8.")) from None
    line, _newline, rest = words.partition("\n")
    return line.strip(), rest.strip()


@click.command(help=_("Read your feed, the newest post last."))
@click.option("--tag", default="", help=_("The posts under a tag."))
@click.option("--everyone", is_flag=True, help=_("The posts of everyone."))
@click.option("--limit", type=click.IntRange(1, 400), default=20, show_default=True)
@click.option("--follow", is_flag=True, help=_("Go on with new posts, until Ctrl-C."))
@click.option("--every", type=float, default=OFTEN, hidden=True)
def feed(tag: str, everyone: bool, limit: int, follow: bool, every: float) -> None:
    login = _login()
    path = "/api/v1/timelines/" + ("public" if everyone else "home")
    if tag:
        path = f"/api/v1/timelines/tag/{quote(tag.strip().lstrip('#'), safe='')}"
    found = _pages(login, path, limit)
    newest = _show(found)
    if not follow:
        _tell_of_none(found)
        return
    try:
        _follow(login, path, newest, every)
    except KeyboardInterrupt:
        return


def _pages(login: Login, path: str, limit: int) -> list[Any]:
    """The newest posts of a list, newest first."""
    found: list[Any] = []
    while len(found) < limit:
        count, oldest = min(MOST, limit - len(found)), found[-1]["id"] if found else None
        page = _called(server.call, login, path, {"limit": count, "max_id": oldest})
        found += page
        if len(page) < count:
            break
    return found


def _show(statuses: Sequence[Any]) -> str:
    """Print them, the newest last; returns its id."""
    is_terminal, now = sys.stdout.isatty(), datetime.now(UTC)
    for status in reversed(statuses):
        shown.show(status, now=now, is_terminal=is_terminal)
    sys.stdout.flush()
    return str(statuses[0]["id"]) if statuses else "0"


def _follow(login: Login, path: str, newest: str, every: float) -> None:
    """Print what is new, asking less and less often while nothing is."""
    pause, is_away = every, False
    while True:
        time.sleep(pause)
        try:
            page = _called(server.call, login, path, {"min_id": newest, "limit": MOST})
        except Trouble as trouble:
            if trouble.exit_code != TRY_AGAIN:
                raise
            if not is_away:
                click.echo(trouble.message, err=True)
            is_away, pause = True, max(getattr(trouble, "wait", 0), min(pause * 2, RARELY))
            continue
        is_away = False
        newest = _show(page) if page else newest
        pause = every if page else min(pause * 1.5, RARELY)


@click.command(help=_("Search the posts, as on the page; the newest is the last."))
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 40), default=20, show_default=True)
def search(query: str, limit: int) -> None:
    asked = {"q": query, "type": "statuses", "limit": limit}
    found = _called(server.call, _login(), "/api/v2/search", asked)["statuses"]
    _tell_of_none(found)
    _show(found)


def _tell_of_none(found: Sequence[Any]) -> None:
    if not found:
        click.echo(_("Nothing was found."), err=True)


COMMANDS = (login, logout, post, feed)
