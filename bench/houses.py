"""Where companies live: built once, kept if one wishes, lent as copies that a run may change."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg

from bench import processes
from microshare.config import Settings

ROOT = Path(__file__).parent.parent
# Of what is kept, the tables hang on these files, ...
_COMPANY = (
    "bench/words.py bench/company.py bench/history.py bench/writing.py bench/loading.py "
    "bench/building.py bench/queries.py microshare/models/*.py microshare/migrations/versions/*.py "
    "microshare/markup.py microshare/text.py"
)
# ... plain Whoosh on those, and the index on what makes it, other files for each database.
_WORDS = (
    "microshare/search/analysis.py microshare/search/compounds.py microshare/search/inflection.py"
)
_PLAIN = f"{_WORDS} bench/engines.py"
_TERMS = f"{_WORDS} microshare/search/terms.py microshare/search/document.py microshare/indexed.py"
_INDEX = {
    "sqlite": f"{_TERMS} microshare/search/whoosh_*.py microshare/search/bits.py "
    "microshare/indexing.py microshare/remaking.py",
    "postgresql": f"{_TERMS} microshare/search/postgres_engine.py microshare/search/tsquery.py "
    "microshare/in_database.py",
}


@dataclass(frozen=True)
class House:
    """A company that was built: its settings, its facts, and the folder of what is kept of it."""

    settings: Settings
    facts: dict[str, Any]
    folder: Path


class Houses:
    """The companies of one database, in a folder that is kept or goes with the run."""

    def __init__(self, folder: Path, scratch: Path, server: str = "") -> None:
        self._folder, self._scratch = folder, scratch
        self._server = server  # the address of a PostgreSQL server; empty: SQLite
        self._name = "postgresql" if server else "sqlite"

    def built(self, posts: int, seed: int) -> House:
        """The company of this size, built where it is not there or where its code has changed."""
        folder = self._folder / f"{self._name}-{posts}-{seed}"
        settings = self._settings(folder / "instance", f"company_{posts}_{seed}")
        facts = _read(folder / "facts.json")
        if facts.get("stamp") != _stamp(_COMPANY):
            print(f"building a company of {posts:,} posts", flush=True)
            shutil.rmtree(folder, ignore_errors=True)
            settings.instance.mkdir(parents=True)
            self._fresh(f"company_{posts}_{seed}")
            facts = processes.inside(settings, "build", posts=posts, seed=seed)
            facts["stamp"] = _stamp(_COMPANY)
            _write(folder / "facts.json", facts)
        if facts.get("plain") != _stamp(_PLAIN):
            shutil.rmtree(folder / "plain", ignore_errors=True)
            facts["plain"] = _stamp(_PLAIN)
            _write(folder / "facts.json", facts)
        made_by = _stamp(_INDEX[self._name])
        if facts.get("index", {}).get("stamp") != made_by:
            print("building its search index", flush=True)
            seconds = processes.command(settings, "index", "rebuild")
            facts["index"] = {"stamp": made_by, "seconds": seconds}
            _write(folder / "facts.json", facts)
        return House(settings, facts, folder)

    @contextmanager
    def lent(self, house: House) -> Iterator[House]:
        """A copy of it, gone afterwards."""
        instance = self._scratch / "instance"
        shutil.rmtree(instance, ignore_errors=True)
        shutil.copytree(house.settings.instance, instance)
        settings = self._settings(instance, "run")
        name = house.settings.database_url.partition("?")[0].rpartition("/")[2]
        self._fresh("run", f'TEMPLATE "{name}"')
        try:
            yield replace(house, settings=settings)
        finally:
            shutil.rmtree(instance, ignore_errors=True)
            self._drop("run")

    @contextmanager
    def empty(self) -> Iterator[Settings]:
        """An installed instance with nothing in it."""
        instance = self._scratch / "empty"
        shutil.rmtree(instance, ignore_errors=True)
        instance.mkdir(parents=True)
        self._fresh("empty")
        settings = self._settings(instance, "empty")
        try:
            processes.command(settings, "init")
            yield settings
        finally:
            shutil.rmtree(instance, ignore_errors=True)
            self._drop("empty")

    def _settings(self, instance: Path, name: str) -> Settings:
        url = self._server.replace("/postgres?", f"/{name}?")
        # Cheap passwords: what signing in costs is meant to be much, and is not measured.
        return Settings(
            instance=instance.absolute(), database_url=url, company="Bench", password_memory=8
        )

    def _fresh(self, name: str, how: str = "") -> None:
        self._drop(name)
        self._tell(f'CREATE DATABASE "{name}" {how}')

    def _drop(self, name: str) -> None:
        self._tell(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _tell(self, statement: str) -> None:
        if self._server:
            with psycopg.connect(self._server, autocommit=True) as connection:
                connection.execute(statement)


def _stamp(patterns: str) -> str:
    """What changes when one of these files does."""
    found = hashlib.sha256()
    for pattern in patterns.split():
        for path in sorted(ROOT.glob(pattern)):
            found.update(path.read_bytes())
    return found.hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text())) if path.exists() else {}


def _write(path: Path, facts: dict[str, Any]) -> None:
    """All of it or nothing: a run that is killed leaves no half a company that looks whole."""
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(facts))
    draft.replace(path)


def swept(parent: Path) -> Path:
    """A folder for this run under `parent`; those of runs that were killed go."""
    for old in parent.glob("microshare-bench-*"):
        if not Path(f"/proc/{old.name.rpartition('-')[2]}").exists():
            shutil.rmtree(old, ignore_errors=True)
    folder = parent / f"microshare-bench-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o755)  # PostgreSQL's user must be able to enter
    return folder
