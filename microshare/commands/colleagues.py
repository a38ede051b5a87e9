"""`microshare user`, `invite` and `token`: who may come in, and with what."""

import sys

import click

from microshare import (
    account_letters,
    clock,
    config,
    departments,
    grants,
    links,
    people,
    unreachable,
)
from microshare.commands.frame import found, ready
from microshare.db import saving
from microshare.models.people import ROLES


@click.group()
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
            people.restore(found(username))
        else:
            people.suspend(found(username), clock.now())


@user.command("role")
@click.argument("username")
@click.argument("role")
@ready
def give_role(username: str, role: str) -> None:
    """Give a role: member, community_manager, administrator."""
    with saving():
        people.set_role(found(username), role)


@user.command("email")
@click.argument("username")
@click.argument("email")
@ready
def set_email(username: str, email: str) -> None:
    """Give a colleague another e-mail address; what was said of the old one counts no more."""
    with saving():
        chosen = found(username)
        unreachable.change(chosen, email)
        click.echo(f"Letters to {chosen.username} go to {chosen.email}.")


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
        people.set_password(found(username), password)


@click.command()
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


@click.group()
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
        click.echo(grants.create(found(username), kind, name, clock.now()))
