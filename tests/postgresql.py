"""A PostgreSQL server of the tests' own, in a temporary folder, gone when they end."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


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
def served() -> Iterator[str]:
    """The address of a fresh server that listens on a socket in its own folder."""
    folder = Path(tempfile.mkdtemp(prefix="microshare-pg-"))
    who = _as_user()
    if who:
        os.chown(folder, who["user"], who["group"])
    run = {"stdout": subprocess.DEVNULL, "cwd": "/", **who}
    data = folder / "data"
    subprocess.run(
        [
            _tool("initdb"),
            "-D",
            str(data),
            "-A",
            "trust",
            "-U",
            "test",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        ],
        check=True,
        **run,
    )
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c full_page_writes=off"
    subprocess.run(
        [_tool("pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start"],
        check=True,
        **run,
    )
    try:
        yield f"postgresql://test@/postgres?host={folder}"
    finally:
        subprocess.run(
            [_tool("pg_ctl"), "-D", str(data), "-m", "immediate", "stop"], check=True, **run
        )
        shutil.rmtree(folder, ignore_errors=True)
