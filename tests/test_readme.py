"""README, the settings and the commands say the same."""

import re
from dataclasses import fields

import click

from microshare.cli import main
from microshare.config import PREFIX, Settings
from tests.conftest import ROOT

README = (ROOT / "README.md").read_text()


def test_the_table_of_settings_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `(MICROSHARE_\w+)` \| (?:`(.*?)`)? ?\| (.*) \|$", README, re.M)
    expected = [
        (PREFIX + f.name.upper(), str(f.default), f.metadata["doc"]) for f in fields(Settings)
    ]
    assert rows == expected


def test_the_table_of_commands_names_every_command() -> None:
    table = README[README.index("## Commands") : README.index("## Where to go on")]
    named = set()
    for cell in re.findall(r"^\| (`microshare .*?) \|", table, re.M):
        first, *more = re.findall(r"`(?:microshare )?(.+?)`", cell)
        named |= {first, *(" ".join([*first.split()[:-1], word]) for word in more)}
    assert named == set(_paths(main))


def _paths(group: click.Group, above: str = "") -> list[str]:
    found = []
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            found += _paths(command, f"{above}{name} ")
        elif not command.hidden:
            found.append(above + name)
    return found


def test_every_page_that_readme_leads_to_is_there() -> None:
    for path in re.findall(r"\]\(([^)h][^)]*)\)", README):
        assert (ROOT / path).exists(), path


def test_every_command_explains_itself() -> None:
    for path in _paths(main):
        command: click.Command = main
        for word in path.split():
            assert isinstance(command, click.Group)
            command = command.commands[word]
        assert command.help, path
