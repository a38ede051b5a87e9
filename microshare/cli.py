"""The `microshare` command: install, serve, and everything an administrator does by hand."""

import click

from microshare import clock, config, create_app, installing, links, remaking, server, worker
from microshare.commands import colleagues, content, letters
from microshare.commands.frame import Microshare
from microshare.db import db, saving
from microshare.version import VERSION


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
        remaking.prepare()
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
        remaking.prepare()
        _print_first_link()
        db.session.remove()
        db.engine.dispose()
    server.serve(app, with_worker=with_worker)


@main.command("worker")
@click.option("--parent", type=int, hidden=True)
def run_worker(parent: int | None) -> None:
    """Run the background worker alone: index, letters, digests."""
    worker.run(create_app(), parent)


for command in (
    colleagues.user,
    colleagues.invite,
    colleagues.token,
    content.search,
    content.index,
    content.import_posts,
    content.export_posts,
    content.build_demo,
    letters.digest_commands,
    letters.hand_over,
):
    main.add_command(command)


if __name__ == "__main__":
    main()
