"""The `microshare` command: what people do is here and starts at once; the rest is the server's.

`search` asks the server where somebody is signed in to one, and else the instance on this machine,
as the server's own command does.
"""

import importlib
import os
import sys

import click

from microshare_client import kept, verbs


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def people() -> None:
    """Post, read and search on a microshare server."""


for _command in (*verbs.COMMANDS, verbs.search):
    people.add_command(_command)


def main() -> None:
    """Run the command that was asked for."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    is_search_here = name == "search" and kept.login() is None
    if name not in people.commands or is_search_here:
        importlib.import_module("microshare.cli").main(prog_name="microshare")
        return
    try:
        people(prog_name="microshare")
    except BrokenPipeError:  # whoever read our output has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
