"""Libraries that only the mail door needs: loaded when it is opened, so that the rest runs without.

They come with `microshare[mail]`.
"""

import importlib
from typing import Any

from microshare.errors import Refused


def library(name: str) -> Any:
    """The library, or `Refused("mail-extra-missing")` that says what to install."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        raise Refused("mail-extra-missing", what=name) from error
