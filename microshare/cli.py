"""The `microshare` command: install, serve, and everything an administrator does by hand."""

import os
from time import sleep

import click

from microshare import clock, config, create_app, installing, links, remaking, server, worker
from microshare.commands import colleagues, content, database, letters, mail, mail_door
from microshare.commands.frame import Microshare
from microshare.db import OUTAGES, db, let_go, saving
from microshare.errors import Unavailable
from microshare.version import VERSION
from microshare_client import verbs


@click.group(cls=Microshare, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def main() -> None:
    """microshare: an internal microblog that replaces cc-e-mail.

    The settings come from the environment (MICROSHARE_INSTANCE names the folder with the
    database); README lists them. Begin with `microshare init`, then `microshare serve`.
    """


PAUSE = 2  # seconds between two looks at a database that does not answer


@main.command()
@click.option("--wait", is_flag=True, help="Wait for a database that does not answer yet.")
@click.option("--parent", type=int, hidden=True)
def init(wait: bool, parent: int | None) -> None:
    """Make the instance ready, and print the link that makes the first administrator."""
    while parent is None or os.getppid() == parent:
        try:
            click.echo("The tables are ready." if _prepare() else "Nothing to do.")
        except (*OUTAGES, Unavailable):
            if not wait:
                raise
            sleep(PAUSE)
        else:
            return


def _prepare() -> bool:
    """Make the instance ready; true if the tables were not."""
    app = create_app(patient=True)
    with app.app_context():
        try:
            changed = installing.install()
            remaking.prepare()
            _print_first_link()
        finally:
            let_go()
            db.engine.dispose()
    return changed


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
    """Serve the pages, with the background worker.

    On PostgreSQL it starts whether the database answers or not: the pages say so until it does.
    """
    app = create_app()
    is_ready = True
    try:
        _prepare()
    except (*OUTAGES, Unavailable):
        if config.read().database.startswith("sqlite"):
            raise
        click.echo("The database does not answer yet; the pages say so until it does.", err=True)
        is_ready = False
    server.serve(app, with_worker=with_worker, is_ready=is_ready)


@main.command("worker")
@click.option("--parent", type=int, hidden=True)
def run_worker(parent: int | None) -> None:
    """Run the background worker alone, or one of several: index, letters, digests."""
    worker.run(create_app(patient=True), parent)


for command in (
    colleagues.user,
    colleagues.invite,
    colleagues.token,
    content.search,
    content.index,
    content.import_posts,
    content.export_posts,
    content.build_demo,
    database.database,
    letters.digest_commands,
    letters.hand_over,
    *verbs.COMMANDS,
    mail.mail,
):
    main.add_command(command)
for command in mail_door.COMMANDS:
    mail.mail.add_command(command)


if __name__ == "__main__":
    main()
