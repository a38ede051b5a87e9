"""How the command says no: a sentence on the error stream, and an exit code for scripts."""

import click

from microshare_client.words import _

REFUSED, TRY_AGAIN, NOT_LET_IN = 1, 75, 77  # the last two as in sysexits.h


class Trouble(click.ClickException):
    """A sentence and an exit code."""

    def __init__(self, sentence: str, code: int = REFUSED) -> None:
        super().__init__(sentence)
        vars(self)["exit_code"] = code  # which click asks of the class or of the exception

    def show(self, file: object = None) -> None:
        click.echo(self.message, err=True)


def not_signed_in() -> Trouble:
    return Trouble(_("Sign in first: microshare login https://your.server"), NOT_LET_IN)


def no_server(server: str, why: str) -> Trouble:
    sentence = _("No answer from %(server)s: %(why)s", server=server, why=why)
    return Trouble(sentence, TRY_AGAIN)
