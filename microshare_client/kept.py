"""What the command remembers: where and as whom it is signed in, and posts not yet acknowledged.

In the user's own folder, readable by nobody else.
"""

import json
import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Login:
    """Where, and with which token; the client's own id and secret where it was given one."""

    server: str
    token: str
    username: str = ""
    client_id: str = ""
    client_secret: str = ""


def folder() -> Path:
    """Where programs of this user keep their settings."""
    if sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or Path.home() / "AppData" / "Roaming")
    else:
        base = Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")
    return base / "microshare"


def login() -> Login | None:
    """The login: of the environment, for programs, else the one that was kept."""
    server, token = (os.environ.get(f"MICROSHARE_{name}", "") for name in ("SERVER", "TOKEN"))
    if server and token:
        return Login(server.rstrip("/"), token)
    told = _read("login.json")
    if not all(isinstance(told.get(name), str) and told[name] for name in ("server", "token")):
        return None
    names = Login.__dataclass_fields__
    return Login(**{name: str(value) for name, value in told.items() if name in names})


def keep(login: Login) -> Path:
    """Remember it; returns where."""
    return _write("login.json", asdict(login))


def forget() -> None:
    """Forget the login."""
    (folder() / "login.json").unlink(missing_ok=True)


def pending(message: str) -> str:
    """The key under which this message was sent before, without an answer; empty for a new one."""
    return str(_read("pending.json").get(message, ""))


def set_pending(message: str, key: str) -> None:
    """Remember the key of a message until there is an answer; an empty one forgets it."""
    told = {name: value for name, value in _read("pending.json").items() if name != message}
    if key:
        told[message] = key
    if told:
        _write("pending.json", dict(list(told.items())[-100:]))
    else:
        (folder() / "pending.json").unlink(missing_ok=True)


def _read(name: str) -> dict[str, Any]:
    try:
        told = json.loads((folder() / name).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _write(name: str, told: dict[str, Any]) -> Path:
    """Written beside it and moved: nobody reads half of it, and it is never open to others."""
    path = folder() / name
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(told, file)
    draft.replace(path)
    return path
