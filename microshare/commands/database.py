"""`microshare database`: moving from one database to another."""

import sys
from dataclasses import replace
from pathlib import Path

import click
from flask import Flask

from microshare import config, connections, copy_reading, copying, create_app, installing, signing
from microshare.db import db, let_go
from microshare.errors import Refused, Unavailable
from microshare.turns import exclusive


@click.group()
def database() -> None:
    """Move to another database."""


@database.command("copy")
@click.option("--from", "source_url", required=True, help="As in MICROSHARE_DATABASE_URL.")
@click.option("--to", "target_url", required=True, help="The same; an empty database.")
def copy_database(source_url: str, target_url: str) -> None:
    """Copy everything to an empty database, and compare both.

    Stop the server and its workers first. Safe to interrupt and run again: it goes on where it
    was. The key that signs sessions goes along, so nobody has to sign in anew.
    """
    source, target = _app(source_url, is_source=True), _app(target_url, is_source=False)
    with source.app_context():
        if not installing.is_current():
            raise Refused("not-installed")
        key = signing.key()
    try:
        with target.app_context():
            installing.install()
            with exclusive("copy") as mine:
                if not mine:
                    raise Unavailable("database", why="locked")
                _copy(source, target)
                signing.take_over(key)
            click.echo("The copy is whole. Set MICROSHARE_DATABASE_URL to it, and start.")
    finally:
        for app in (source, target):
            with app.app_context():
                let_go()
                db.engine.dispose()


def _app(url: str, *, is_source: bool) -> Flask:
    """The application on this database; SQLite's key and locks stand beside its file.

    A source whose key is not there has it in the instance folder.
    """
    settings = config.read()
    read = config.read({"MICROSHARE_DATABASE_URL": url}).database_url
    app = create_app(replace(settings, database_url=read), patient=True)
    with app.app_context():
        file = connections.sqlite_file(db.engine)
    if file is not None and not (is_source and _has_key(settings.instance, file.parent)):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        app.config["MICROSHARE"] = replace(app.config["MICROSHARE"], instance=file.parent)
    return app


def _has_key(instance: Path, beside: Path) -> bool:
    return (instance / "secret.key").exists() and not (beside / "secret.key").exists()


def _copy(source: Flask, target: Flask) -> None:
    with source.app_context():
        here = db.engine
    with target.app_context():
        there = db.engine
    copying.begin(here, there)
    rows = copy_reading.total(here)
    with click.progressbar(length=rows, label="Copying", file=sys.stderr) as bar:
        copying.copy(here, there, bar.update)
    with click.progressbar(length=2 * rows, label="Comparing", file=sys.stderr) as bar:
        compared = copying.compare(here, there, bar.update)
    for table in compared:
        click.echo(f"{table.table}\t{table.rows}\t{table.checksum}")
