"""Passwords: argon2id, and what makes one good enough.

Length alone is asked for (NIST SP 800-63B, 3.1.1.2): rules about signs make passwords worse.
"""

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from microshare import config
from microshare.errors import Refused

SHORTEST, LONGEST = 10, 1000


def _hasher() -> PasswordHasher:
    # RFC 9106, 4: three passes over 64 MiB; one lane, for a web thread has one core.
    return PasswordHasher(time_cost=3, memory_cost=config.current().password_memory, parallelism=1)


def hashed(password: str) -> str:
    """The hash to keep; `Refused` when the password is too short, or absurdly long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Refused("password-length", shortest=SHORTEST, longest=LONGEST)
    return _hasher().hash(password)


def fits(password_hash: str | None, password: str) -> bool:
    """Whether the password belongs to the hash; costs the same when there is no hash at all."""
    if password_hash is None:
        _hasher().hash(password[:LONGEST])
        return False
    try:
        return _hasher().verify(password_hash, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
