"""The `microshare` command: install, serve, and everything an administrator does by hand.

A refusal is one sentence on the error stream and exit code 1; what may succeed later is 75.
"""

import functools
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from flask import Flask
from flask_babel import Babel

from microshare import (
    account_letters,
    clock,
    config,
    create_app,
    demo,
    departments,
    digest,
    digest_letter,
    digest_run,
    feeds,
    grants,
    handover,
    indexing,
    installing,
    links,
    people,
    periods,
    sentences,
    server,
    transfer,
    worker,
)
from microshare.db import db, saving
from microshare.errors import Refusal, Refused, Unavailable
from microshare.models import User
from microshare.models.people import ROLES
from microshare.version import VERSION

Command = TypeVar("Command", bound=Callable[..., Any])
REFUSED, TRY_AGAIN = 1, 75  # exit codes; 75 is EX_TEMPFAIL of sysexits.h


class Microshare(click.Group):
    """The command, with one place that turns a refusal into a sentence."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Refusal as refusal:
            with _words():
                click.echo(sentences.reason(refusal), err=True)
            context.exit(TRY_AGAIN if isinstance(refusal, Unavailable) else REFUSED)
        except BrokenPipeError:
            sys.stderr.close()  # whoever read our output has had enough
            context.exit(0)


def _words() -> Any:
    """A context in which sentences can be told, even where the settings could not be read."""
    bare = Flask("microshare")
    bare.config["MICROSHARE"] = config.Settings()
    Babel(bare)
    return bare.app_context()


def ready(command: Command) -> Command:
    """Run a command in the application's context, with tables of this version."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        app = create_app()
        with app.app_context():
            try:
                if not installing.is_current():
                    raise Refused("not-installed")
                return command(*args, **kwargs)
            finally:
                db.session.remove()
                db.engine.dispose()

    return cast(Command, run)


@click.group(cls=Microshare, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def main() -> None:
    """microshare: an internal microblog that replaces cc-e-mail.

    The settings come from the environment (MICROSHARE_INSTANCE names the folder with the
    database); README lists them. Begin with `microshare init`, then `microshare serve`.
    """


@main.command()
def init() -> None:
    """Make the instance ready, and print the link that makes the first administrator."""
    app = create_app()
    with app.app_context():
        click.echo("The tables are ready." if installing.install() else "Nothing to do.")
        indexing.prepare()
        _print_first_link()
        db.engine.dispose()


def _print_first_link() -> None:
    with saving():
        token = links.first_administrator(clock.now())
    if token is not None:
        click.echo(
            "\nThis link makes you the first administrator; it works once:\n\n"
            f"    {config.current().url}/join/{token}\n"
        )


@main.command()
@click.option("--with-worker/--without-worker", default=True, help="The worker beside the pages.")
def serve(with_worker: bool) -> None:
    """Serve the pages, with the background worker."""
    app = create_app()
    with app.app_context():
        installing.install()
        indexing.prepare()
        _print_first_link()
        db.session.remove()
        db.engine.dispose()
    server.serve(app, with_worker=with_worker)


@main.command("worker")
@click.option("--parent", type=int, hidden=True)
def run_worker(parent: int | None) -> None:
    """Run the background worker alone: index, letters, digests."""
    worker.run(create_app(), parent)


@main.command("hand-over", hidden=True)
@ready
def hand_over() -> None:
    """Bring letters from standard input to the mail server; see handover.py."""
    handover.run(sys.stdin, sys.stdout)


@main.command("demo")
@click.option("--people", "people_count", default=40, show_default=True)
@click.option("--posts", "post_count", default=1500, show_default=True)
@click.option("--tags", "tag_count", default=60, show_default=True)
@click.option("--seed", default=1, show_default=True)
@click.option("--if-empty", is_flag=True, help="Do nothing where there are people already.")
@ready
def build_demo(
    people_count: int, post_count: int, tag_count: int, seed: int, if_empty: bool
) -> None:
    """Fill an empty instance with a small lively company."""
    if not people.find(suspended=True):
        with saving(), click.progressbar(length=post_count, label="Writing posts") as bar:
            demo.build(
                people=people_count,
                posts=post_count,
                tags=tag_count,
                seed=seed,
                now=clock.now(),
                told=bar.update,
            )
        with click.progressbar(length=indexing.waiting(), label="Indexing") as bar:
            indexing.catch_up(bar.update)
    elif not if_empty:
        raise Refused("demo-not-empty")
    click.echo(f"\nSign in at {config.current().url} with the password {demo.PASSWORD}")
    click.echo(f"(the company is in {config.current().instance}):")
    for sign_in in demo.SIGN_IN:
        click.echo(f"    {sign_in}")


@main.group()
def user() -> None:
    """Add colleagues, list them, give roles, suspend, set passwords."""


@user.command("add")
@click.argument("email")
@click.option("--username", required=True)
@click.option("--name", required=True)
@click.option("--department", required=True, help="Made where it is new.")
@click.option("--role", default="member", show_default=True, help=", ".join(ROLES))
@click.option("--language", default="", help="nl or en")
@click.option("--time-zone", default="", help="such as Europe/Amsterdam")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@ready
def add_user(
    email: str,
    username: str,
    name: str,
    department: str,
    role: str,
    language: str,
    time_zone: str,
    password_stdin: bool,
) -> None:
    """Add a colleague."""
    password = _password() if password_stdin else None
    with saving():
        now = clock.now()
        added = people.join(
            email=email,
            username=username,
            name=name,
            password=password,
            role=role,
            now=now,
            department=departments.named(department, now),
            language=language,
            time_zone=time_zone,
        )
        click.echo(f"Added {added.username} ({added.email}).")


def _password() -> str:
    return sys.stdin.readline().rstrip("\r\n")


@user.command("list")
@ready
def list_users() -> None:
    """List all colleagues: username, e-mail, role, department, name."""
    for one in people.find(suspended=True):
        state = "suspended" if one.suspended_at else one.role
        click.echo(
            "\t".join((one.username, one.email or "-", state, one.department.name, one.name))
        )


@user.command("suspend")
@click.argument("username")
@click.option("--undo", is_flag=True, help="Let the colleague in again.")
@ready
def suspend_user(username: str, undo: bool) -> None:
    """Suspend a colleague: sessions and tokens die at once, posts stay."""
    with saving():
        if undo:
            people.restore(_found(username))
        else:
            people.suspend(_found(username), clock.now())


@user.command("role")
@click.argument("username")
@click.argument("role")
@ready
def give_role(username: str, role: str) -> None:
    """Give a role: member, community_manager, administrator."""
    with saving():
        people.set_role(_found(username), role)


@user.command("password")
@click.argument("username")
@click.option("--password-stdin", is_flag=True, help="Read it from standard input.")
@ready
def set_password(username: str, password_stdin: bool) -> None:
    """Set a password; every session of the colleague ends."""
    password = (
        _password()
        if password_stdin
        else click.prompt("New password", hide_input=True, confirmation_prompt=True)
    )
    with saving():
        people.set_password(_found(username), password)


def _found(login: str) -> User:
    """The colleague of this username or e-mail address."""
    return people.by_login(login) or people.get(login)


@main.command()
@click.argument("email", required=False)
@click.option("--role", default="member", show_default=True, help=", ".join(ROLES))
@ready
def invite(email: str | None, role: str) -> None:
    """Print an invitation link; with an address, send it there too."""
    settings = config.current()
    with saving():
        path = f"/join/{links.invite(email, role, None, clock.now())}"
        if email:
            account_letters.write(
                "invite",
                people.checked_email(email),
                settings.language,
                clock.now(),
                path=path,
                by=settings.company,
            )
    click.echo(settings.url + path)


@main.group()
def token() -> None:
    """Keys for programs."""


@token.command("create")
@click.argument("username")
@click.option("--name", default="command line", show_default=True)
@click.option("--kind", default="api", show_default=True, help=", ".join(grants.KINDS))
@ready
def create_token(username: str, name: str, kind: str) -> None:
    """Make a token for a colleague and print it, alone; it is shown this once."""
    with saving():
        click.echo(grants.create(_found(username), kind, name, clock.now()))


@main.command()
@click.argument("query")
@click.option("--sort", type=click.Choice(["newest", "best"]), default="newest")
@click.option("--limit", default=feeds.PAGE, show_default=True)
@ready
def search(query: str, sort: str, limit: int) -> None:
    """Search the posts, as on the page."""
    page, _ = feeds.found(None, query, sort=sort, limit=limit, zone=config.current().zone)
    for item in page.items:
        post = item.post
        click.echo(f"{post.id}\t{post.created_at:%Y-%m-%d}\t@{post.author.username}\t{post.line}")


@main.group()
def index() -> None:
    """Look after the search index."""


@index.command("check")
@ready
def check_index() -> None:
    """Compare the index with the database; exit code 1 when they differ."""
    found = indexing.check()
    if found.why:
        raise Refused("index-broken", why=found.why)
    if found.missing or found.surplus:
        raise Refused("index-differs", missing=len(found.missing), surplus=len(found.surplus))
    click.echo(f"The index is right; {found.stale} posts wait for the next round.")


@index.command("rebuild")
@ready
def rebuild_index() -> None:
    """Make the index anew from the database."""
    with click.progressbar(length=indexing.total(), label="Indexing") as bar:
        count = indexing.rebuild(bar.update)
    click.echo(f"{count} posts are in the index.")


@main.group("digest")
def digest_commands() -> None:
    """Look at the weekly letter, or send it."""


@digest_commands.command("preview")
@click.argument("username")
@click.option("--at", "when", default="", help="A time such as 2026-11-23T08:00; else now.")
@click.option("--html", is_flag=True, help="The HTML part instead of the text.")
@ready
def preview_digest(username: str, when: str, html: bool) -> None:
    """Print the letter that a colleague would get of the seven days up to now."""
    reader = _found(username)
    now = _moment(when)
    contents = digest.compose(reader, periods.up_to(now, people.zone_of(reader)), now)
    if contents.is_empty:
        click.echo("There is nothing to say: no letter.", err=True)
        return
    letter = digest_letter.render(reader, contents)
    click.echo(letter.html if html else f"Subject: {letter.subject}\n\n{letter.text}")


@digest_commands.command("send")
@click.option("--at", "when", default="", help="As if it were this time, 2026-11-23T08:00.")
@click.option("--to", "username", default="", help="One colleague, now; else all who are due.")
@ready
def send_digests(when: str, username: str) -> None:
    """Send the letters that are due, each once a period; or one colleague's now."""
    now = _moment(when)
    run = digest_run.send_to(_found(username), now) if username else digest_run.send_due(now)
    if run is None:
        click.echo("No letter is due.")
        return
    click.echo(f"{run.sent} sent, {run.empty} had nothing to say, {run.failed} failed.")
    if run.failed:
        raise Refused("digests-failed", count=run.failed)


def _moment(written: str) -> Any:
    return transfer.parse_time(written) if written else clock.now()


@main.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Report on every row, keep nothing.")
@ready
def import_posts(file: Path, dry_run: bool) -> None:
    """Bring in posts from JSON Lines or CSV: author, department, line, note, tags, time.

    Safe to repeat: a row that is there already is not added again.
    """
    rows = transfer.rows_of(file)
    counts = {"added": 0, "there": 0, "refused": 0}
    with click.progressbar(length=len(rows), label="Importing", file=sys.stderr) as bar:
        report = []
        for outcome in transfer.bring_in(rows, clock.now(), dry_run=dry_run):
            counts[outcome.state] += 1
            if dry_run or outcome.refusal is not None:
                report.append(outcome)
            bar.update(1)
    for outcome in sorted(report, key=lambda o: o.row.number):
        told = sentences.reason(outcome.refusal) if outcome.refusal else outcome.state
        click.echo(f"row {outcome.row.number}: {told}")
    would = "would be " if dry_run else ""
    click.echo(
        f"{counts['added']} {would}added, {counts['there']} there already, "
        f"{counts['refused']} refused."
    )


@main.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@ready
def export_posts(file: Path | None) -> None:
    """Write all posts as JSON Lines, to a file or to standard output."""
    with (
        file.open("w", encoding="utf-8") if file else sys.stdout as out,
        click.progressbar(length=indexing.total(), label="Exporting", file=sys.stderr) as bar,
    ):
        for row in transfer.take_out():
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            bar.update(1)


if __name__ == "__main__":
    main()
