"""The `microshare` command: what people do is here and starts at once; the rest is the server's.

`search` asks the server where somebody is signed in to one, and else the instance on this machine,
where there is one, as the server's own command does.
"""

import importlib
import os
import sys
from pathlib import Path

import click

from microshare_client import kept, verbs
from microshare_client.trouble import REFUSED
from microshare_client.words import _


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def people() -> None:
    """Post, read and search on a microshare server."""


for _verb in (*verbs.COMMANDS, verbs.search):
    people.add_command(_verb)


def main() -> None:
    """Run the command that was asked for."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    is_search_here = name == "search" and kept.login() is None and _is_server()
    if name not in people.commands or is_search_here:
        importlib.import_module("microshare.cli").main(prog_name="microshare")
        return
    try:
        people(prog_name="microshare")
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        why = " · ".join(filter(None, (error.strerror or str(error), error.filename)))
        click.echo(_("That cannot be read or written: %(why)s", why=why), err=True)
        sys.exit(REFUSED)


def _is_server() -> bool:
    """Whether there is an instance on this machine, as far as the settings tell."""
    folder = os.environ.get("MICROSHARE_INSTANCE") or "instance"
    return bool(os.environ.get("MICROSHARE_DATABASE_URL")) or Path(folder).is_dir()


if __name__ == "__main__":
    main()
