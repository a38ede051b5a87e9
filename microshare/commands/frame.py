"""What every command has: the application around it, and one place that says no."""

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar, cast

import click
from flask import Flask
from flask_babel import Babel

from microshare import config, create_app, installing, people, sentences
from microshare.db import OUTAGES, db, let_go, outage
from microshare.errors import Refusal, Refused, Unavailable
from microshare.models import User

Command = TypeVar("Command", bound=Callable[..., Any])
REFUSED, TRY_AGAIN = 1, 75  # exit codes; 75 is EX_TEMPFAIL of sysexits.h


class Microshare(click.Group):
    """The command, with one place that turns a refusal into a sentence."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except Refusal as refusal:
            _say(refusal)
            context.exit(TRY_AGAIN if isinstance(refusal, Unavailable) else REFUSED)
        except OUTAGES as error:
            _say(outage(error))
            context.exit(TRY_AGAIN)
        except UnicodeDecodeError:
            _say(Refused("text-encoding"))
            context.exit(REFUSED)
        except BrokenPipeError:
            sys.stderr.close()  # whoever read our output has had enough
            context.exit(0)
        except OSError as error:
            _say(Refused("file-failed", why=str(error)))
            context.exit(REFUSED)


def _say(refusal: Refusal) -> None:
    with _words():
        click.echo(sentences.reason(refusal), err=True)


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
        app = create_app(patient=True)
        with app.app_context():
            try:
                if not installing.is_current():
                    raise Refused("not-installed")
                return command(*args, **kwargs)
            finally:
                let_go()
                db.engine.dispose()

    return cast(Command, run)


def found(login: str) -> User:
    """The colleague of this username or e-mail address."""
    return people.by_login(login) or people.get(login)
