import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from microshare import config, create_app, signing
from microshare.config import Settings
from microshare.db import db, let_go, saving
from microshare.errors import Refused
from microshare.models import SigningKey, Tag
from tests.acts import raced
from tests.conftest import NOON


@contextmanager
def host(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    with app.app_context():
        yield app
        let_go()
        db.engine.dispose()


def on_disk(settings: Settings) -> bool:
    return (settings.instance / "secret.key").exists()


def test_the_key_is_made_once_and_stays(domain: Flask, engine: str) -> None:
    key = signing.key()
    assert len(bytes.fromhex(key)) == 32
    with host(domain.config["MICROSHARE"]):
        assert signing.key() == key
    stored = db.session.scalars(select(SigningKey.value)).all()
    assert stored == ([key] if engine == "postgresql" else [])


def test_the_key_that_is_set_wins_and_is_kept_nowhere(domain: Flask) -> None:
    with host(replace(domain.config["MICROSHARE"], secret_key="s" * 32)):
        assert signing.key() == "s" * 32
        assert db.session.scalars(select(SigningKey)).all() == []


@pytest.mark.parametrize("engine", ["postgresql"])
def test_hosts_that_start_at_once_have_one_key_and_nothing_on_their_disks(
    domain: Flask, tmp_path: Path
) -> None:
    settings = replace(domain.config["MICROSHARE"], instance=tmp_path / "empty")

    # Hosts are processes; applications that are made in threads meet a fault of Python 3.11's.
    apps = [create_app(settings) for _ in range(4)]

    def first_use(app: Flask) -> str:
        with app.app_context():
            try:
                return signing.key()
            finally:
                let_go()
                db.engine.dispose()

    assert len(set(raced(domain, *[partial(first_use, app) for app in apps]))) == 1
    assert not on_disk(settings)


@pytest.mark.parametrize("engine", ["postgresql"])
def test_a_key_asked_for_in_the_middle_of_saving_saves_nothing_else(domain: Flask) -> None:
    with pytest.raises(Refused), saving():
        db.session.add(Tag(name="x", spelling="x", created_at=NOON))
        db.session.flush()
        signing.key()
        raise Refused("post-empty")
    assert db.session.scalars(select(Tag)).all() == []
    assert len(db.session.scalars(select(SigningKey)).all()) == 1


def test_a_key_that_is_too_short_is_refused_and_not_shown() -> None:
    with pytest.raises(Refused) as refused:
        config.read({"MICROSHARE_SECRET_KEY": "my-little-secret"})
    assert refused.value.code == "setting-malformed"
    assert "little" not in str(refused.value)
    assert "little" not in repr(Settings(secret_key="my-little-secret" * 3))


def test_hosts_that_install_at_once_take_turns(
    settings: Settings, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'shared' / 'new.db'}"
    fresh = replace(settings, instance=tmp_path / "shared", database_url=url)
    started = [
        subprocess.Popen([sys.executable, "-m", "microshare.cli", "init"],
                         env=config.environment(fresh), stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = [process.communicate()[0] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert sum("The tables are ready." in one for one in told) == 1
