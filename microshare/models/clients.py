"""The programs of others that act for colleagues, and the codes with which they begin."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base


class ClientApp(Base):
    """A client that registered itself: kept for good, for clients remember theirs for years."""

    __tablename__ = "client_apps"

    id: Mapped[int] = mapped_column(primary_key=True)
    client_id: Mapped[str] = mapped_column(String(64), unique=True)
    secret_hash: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(80))
    website: Mapped[str] = mapped_column(String(2000), default="")
    redirect_uris: Mapped[str] = mapped_column(Text)  # one a line
    scopes: Mapped[str] = mapped_column(String(1000))  # with blanks between them
    created_at: Mapped[datetime]


class CallCount(Base):
    """How often one caller called in one window, as servers told each other; see `calls`."""

    __tablename__ = "call_counts"

    key: Mapped[str] = mapped_column(String(64), primary_key=True)  # no address in the clear
    used: Mapped[int]
    until: Mapped[datetime]


class AuthorizationCode(Base):
    """What a colleague's yes gives to a client, once, to be changed for a token.

    Bound to the client, the address that it was sent to and the client's challenge (RFC 7636).
    """

    __tablename__ = "authorization_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    app_id: Mapped[int] = mapped_column(ForeignKey("client_apps.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    redirect_uri: Mapped[str] = mapped_column(Text)
    scopes: Mapped[str] = mapped_column(String(1000))
    challenge: Mapped[str] = mapped_column(String(128), default="")  # S256; empty: without one
    made_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
