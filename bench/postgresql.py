"""A PostgreSQL server of our own, in a folder of its own, for the tests and the benchmark."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# What it takes to lose nothing, and to be found on a machine of two cores.
DURABLE = "-c shared_buffers=256MB -c max_wal_size=2GB"
QUICK = "-c fsync=off -c full_page_writes=off"  # nothing in it outlives the tests


def _tool(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    if path is None:
        raise RuntimeError(f"PostgreSQL's {name} is missing: apt-get install postgresql")
    return path


def _as_user() -> dict[str, int]:
    """The server refuses root, so as root it runs under the postgres user."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@contextmanager
def served(kept: Path | None = None, *, options: str = QUICK) -> Iterator[str]:
    """The address of a server that listens on a socket alone, in a temporary folder.

    Its data go with it, unless they are `kept` in a folder, where a later server finds them.
    """
    folder = Path(tempfile.mkdtemp(prefix="microshare-pg-"))
    data = kept.absolute() if kept else folder / "data"
    who = _as_user()
    if who:
        os.chown(folder, who["user"], who["group"])
    run: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": "/", **who}
    control = [_tool("pg_ctl"), "-D", str(data), "-w"]
    try:
        _prepare(data, who, run)
        listening = f"-k {folder} -c listen_addresses='' {options}"
        # In a session of its own: the terminal's Ctrl-C is ours, and we stop it in good order.
        subprocess.run(
            [*control, "-l", str(folder / "log"), "-o", listening, "start"],
            start_new_session=True,
            check=True,
            **run,
        )
        try:
            yield f"postgresql://test@/postgres?host={folder}"
        finally:
            subprocess.run(
                [*control, "-m", "fast" if kept else "immediate", "stop"], check=True, **run
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(data: Path, who: dict[str, int], run: dict[str, Any]) -> None:
    """Make the data folder where it is new; end what a killed run left serving from it."""
    if (data / "PG_VERSION").exists():
        stop = [_tool("pg_ctl"), "-D", str(data), "-m", "fast", "-w", "stop"]
        subprocess.run(stop, check=False, stderr=subprocess.DEVNULL, **run)
        return
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    if who:
        os.chown(data, who["user"], who["group"])
    initdb = f"{_tool('initdb')} -A trust -U test --no-sync -E UTF8 --locale=C.UTF-8 -D"
    subprocess.run([*initdb.split(), str(data)], check=True, **run)
