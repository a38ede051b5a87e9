"""The ceiling: a bare Flask application that says hello, on the product's server and options.

    python -m bench.hello

What a request costs before anything is done in it. It reads the same settings.
"""

from typing import Any

from flask import Flask

from microshare import config, server


class _Server(server.Server):
    """The product's, without what the product does when a process begins."""

    def _forked(self, arbiter: Any, process: Any) -> None:
        """There is no database here."""


def application(settings: config.Settings) -> Flask:
    """One page, in JSON."""
    app = Flask("hello")
    app.config["MICROSHARE"] = settings

    @app.get("/")
    def hello() -> dict[str, str]:
        return {"hello": "world"}

    return app


if __name__ == "__main__":
    _Server(application(config.read()), with_worker=False, is_ready=True).run()
