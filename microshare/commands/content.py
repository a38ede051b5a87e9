"""`microshare search`, `index`, `import`, `export` and `demo`: the posts and their index."""

import json
import os
import sys
from array import array
from itertools import chain, repeat
from pathlib import Path

import click

from microshare import (
    clock,
    config,
    demo,
    feeds,
    garbage,
    indexing,
    people,
    remaking,
    rows,
    sentences,
    transfer,
)
from microshare.commands.frame import ready
from microshare.errors import Refused, Unavailable


@click.command()
@click.argument("query")
@click.option("--sort", type=click.Choice(["newest", "best"]), default="newest")
@click.option("--limit", default=feeds.PAGE, show_default=True)
def search(query: str, sort: str, limit: int) -> None:
    """Search the posts: of the server after `microshare login`, else of the instance here."""
    _search(query, sort, limit)


@ready
def _search(query: str, sort: str, limit: int) -> None:
    page, _ = feeds.found(None, query, sort=sort, limit=limit, zone=config.current().zone)
    for item in page.items:
        post = item.post
        click.echo(f"{post.id}\t{post.created_at:%Y-%m-%d}\t@{post.author.username}\t{post.line}")


@click.group()
def index() -> None:
    """Look after the search index."""


@index.command("search")
@click.argument("query")
@click.option("--sort", type=click.Choice(["newest", "best"]), default="newest")
@click.option("--limit", default=feeds.PAGE, show_default=True)
def search_here(query: str, sort: str, limit: int) -> None:
    """Search the posts of the instance on this machine."""
    _search(query, sort, limit)


@index.command("check")
@ready
def check_index() -> None:
    """Compare the index with the database; exit code 1 when they differ."""
    found = indexing.check()
    if found.why:
        raise Refused("index-broken", why=found.why, waiting=found.stale)
    if found.missing or found.surplus:
        raise Refused("index-differs", missing=len(found.missing), surplus=len(found.surplus))
    click.echo(f"The index is right; {found.stale} posts wait for the next round.")


@index.command("rebuild")
@ready
def rebuild_index() -> None:
    """Make the index anew from the database."""
    with click.progressbar(length=indexing.total(), label="Indexing") as bar:
        count = remaking.rebuild(bar.update)
    click.echo(f"{count} posts are in the index.")


@index.command("shard", hidden=True)
@click.argument("number", type=int)
@click.option("--parent", type=int, required=True)
@ready
def make_shard(number: int, parent: int) -> None:
    """Make one shard anew, telling each batch in a line; end when the parent is gone."""

    def told(count: int) -> None:
        if os.getppid() != parent:
            raise Unavailable("index", why="locked")
        click.echo(count)

    remaking.make(number, told)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Report on every row, keep nothing.")
@ready
def import_posts(file: Path, dry_run: bool) -> None:
    """Bring in posts from JSON Lines or CSV: author, department, line, note, tags, time.

    Safe to repeat: a row that is there already is not added again.
    """
    garbage.settle()
    read = rows.read(file)
    report = {state: array("Q") for state in ("added", "there", "refused")}  # numbers of rows
    why: dict[str, str] = {}  # each sentence once: a file may be refused from end to end
    refused: list[str] = []
    with click.progressbar(length=len(read), label="Importing", file=sys.stderr) as bar:
        for outcome in transfer.bring_in(read, clock.now(), dry_run=dry_run):
            report[outcome.state].append(outcome.number)
            if outcome.refusal:
                told = sentences.reason(outcome.refusal)
                refused.append(why.setdefault(told, told))
            bar.update(1)
    lines = [zip(report["refused"], refused, strict=True)]
    if dry_run:
        lines += [zip(report[state], repeat(state)) for state in ("added", "there")]
    for number, told in sorted(chain(*lines)):
        click.echo(f"row {number}: {told}")
    would = "would be " if dry_run else ""
    click.echo(
        f"{len(report['added'])} {would}added, {len(report['there'])} there already, "
        f"{len(refused)} refused."
    )


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@ready
def export_posts(file: Path | None) -> None:
    """Write all posts as JSON Lines, without their photos, to a file or to standard output."""
    with (
        file.open("w", encoding="utf-8") if file else sys.stdout as out,
        click.progressbar(length=indexing.total(), label="Exporting", file=sys.stderr) as bar,
    ):
        for row in transfer.take_out():
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            bar.update(1)


@click.command("demo")
@click.option("--people", "people_count", type=click.IntRange(3), help="40; in a large one more.")
@click.option("--posts", "post_count", default=1500, show_default=True)
@click.option("--tags", "tag_count", type=click.IntRange(1), help="60, or 300 in a large one.")
@click.option("--seed", default=1, show_default=True)
@click.option("--if-empty", is_flag=True, help="Do nothing where there are people already.")
@ready
def build_demo(
    people_count: int | None, post_count: int, tag_count: int | None, seed: int, if_empty: bool
) -> None:
    """Fill an empty instance with a small lively company, or with --posts 1000000 a large one."""
    if not people.find(suspended=True):
        garbage.settle()
        with click.progressbar(length=post_count, label="Writing posts") as bar:
            demo.build(
                people=people_count,
                posts=post_count,
                tags=tag_count,
                seed=seed,
                now=clock.now(),
                told=bar.update,
            )
        with click.progressbar(length=indexing.waiting(), label="Indexing") as bar:
            remaking.catch_up(bar.update)
    elif not if_empty:
        raise Refused("demo-not-empty")
    click.echo(f"\nSign in at {config.current().url} with the password {demo.PASSWORD}")
    click.echo(f"(the company is in {config.current().instance}):")
    for sign_in in demo.SIGN_IN:
        click.echo(f"    {sign_in}")
