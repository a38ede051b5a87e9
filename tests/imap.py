"""A real IMAP server: Dovecot of the distribution, in a folder of its own, for one test file."""

import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

USER, PASSWORD = "door", "door:and/mail@box"
# Dovecot serves no mailbox of root's.
OWNER = pwd.getpwuid(os.getuid()).pw_name if os.getuid() else "nobody"

CONFIG = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain
default_internal_user = {owner}
default_login_user = {owner}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
mailbox_list_index = no
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={owner} gid={group} home={folder}/home
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {sealed}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  unix_listener stats-writer {{
    mode = 0666
  }}
}}
"""


@dataclass
class Server:
    """Where it listens, and the mailbox by another client."""

    folder: Path
    plain: int
    sealed: int

    @property
    def url(self) -> str:
        return f"imaps://{USER}:{quote(PASSWORD, safe='')}@localhost:{self.sealed}/INBOX"

    @property
    def certificate(self) -> Path:
        return self.folder / "cert.pem"

    @contextmanager
    def client(self) -> Iterator[imaplib.IMAP4_SSL]:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        with imaplib.IMAP4_SSL("localhost", self.sealed, ssl_context=trusted) as client:
            client.login(USER, PASSWORD)
            yield client

    def put(self, *letters: bytes) -> None:
        with self.client() as client:
            for raw in letters:
                assert client.append("INBOX", "", "", raw)[0] == "OK"

    def count(self, folder: str = "INBOX") -> int:
        with self.client() as client:
            state, told = client.select(f'"{folder}"', readonly=True)
            return int(told[0] or 0) if state == "OK" else 0

    def empty(self) -> None:
        with self.client() as client:
            for folder in ("INBOX", '"Microshare done"', '"Microshare failed"'):
                state, told = client.select(folder)
                if state == "OK" and told[0] != b"0":
                    client.store("1:*", "+FLAGS", r"\Deleted")
                    client.expunge()


@contextmanager
def served() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="imap-", dir="/tmp"))
    server = Server(folder, _free_port(), _free_port())
    group = subprocess.run(["id", "-gn", OWNER], capture_output=True, text=True, check=True)
    (folder / "dovecot.conf").write_text(CONFIG.format(
        folder=folder, owner=OWNER, group=group.stdout.strip(), password=PASSWORD,
        plain=server.plain, sealed=server.sealed))  # fmt: skip
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
         "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout",
         folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)  # fmt: skip
    for name in ("mail", "home", "run", "state"):
        (folder / name).mkdir()
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, OWNER)
    folder.chmod(0o755)
    process = subprocess.Popen(
        ["/usr/sbin/dovecot", "-F", "-c", folder / "dovecot.conf"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until_it_answers(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(20)
        shutil.rmtree(folder, ignore_errors=True)


def _until_it_answers(server: Server, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        try:
            with server.client():
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("Dovecot does not answer: " + (server.folder / "log").read_text())


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
