"""What the mail door remembers of letters: which came, what became of them, who was answered."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from microshare.db import Base


class DoorLetter(Base):
    """A letter that reached the door: once for its Message-ID, its sender and what it is for.

    The letter itself is a file, and only while it is held. States: `begun` (taken in hand),
    `waiting` (its proof could not be looked up yet), `done`, `held` (nobody proved to have sent
    it), `released` (its colleague says that it is theirs), `dropped`.
    """

    __tablename__ = "door_letters"
    __table_args__ = (
        Index("ix_door_letters_from_key_at", "from_key", "at"),
        Index("ix_door_letters_user_id_state", "user_id", "state"),
        Index("ix_door_letters_state_at", "state", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(64), unique=True)
    from_key: Mapped[str] = mapped_column(String(64))  # a hash of the address it says it is from
    at: Mapped[datetime]  # when it came first
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(40), default="")  # it is held, or what came of it
    recipient: Mapped[str] = mapped_column(String(320))
    # For the page of who may release it, and empty where it is not held.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    sender: Mapped[str] = mapped_column(String(320), default="")
    subject: Mapped[str] = mapped_column(String(200), default="")


class DoorAnswer(Base):
    """When an address was last told that its letter is held: once a day, whatever it sends."""

    __tablename__ = "door_answers"

    address_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[datetime]
