"""What a client may do for a colleague: the scopes that clients of the Mastodon API ask for.

All of them are granted, also those of parts that do not exist here: clients refuse to go on where
one is missing. A scope without a colon stands for all under it; `follow`, which is older, for three
of them.
"""

from collections.abc import Collection

_READ = (
    "accounts", "blocks", "bookmarks", "favourites", "filters", "follows", "lists", "mutes",
    "notifications", "search", "statuses",
)  # fmt: skip
_WRITE = (
    "accounts", "blocks", "bookmarks", "conversations", "favourites", "filters", "follows",
    "lists", "media", "mutes", "notifications", "reports", "statuses",
)  # fmt: skip
UNDER = {
    "read": frozenset(f"read:{one}" for one in _READ),
    "write": frozenset(f"write:{one}" for one in _WRITE),
    "follow": frozenset(
        f"{way}:{one}" for way in ("read", "write") for one in ("blocks", "follows", "mutes")
    ),
    "profile": frozenset[str](),
    "push": frozenset[str](),
}
ALL = frozenset(UNDER).union(*UNDER.values())
DEFAULT = "read"


def named(written: str) -> list[str]:
    """The scopes of a text, each once, in its order.

    >>> named("write  read write")
    ['write', 'read']
    """
    return list(dict.fromkeys(written.split()))


def covered(granted: Collection[str]) -> frozenset[str]:
    """Those that are granted, and all under them.

    >>> sorted(covered(["follow"]))[:3]
    ['follow', 'read:blocks', 'read:follows']
    """
    return frozenset(granted).union(*(UNDER.get(one, ()) for one in granted))


def within(asked: Collection[str], granted: Collection[str]) -> bool:
    """Whether all that is asked was granted.

    >>> within(["read:search"], ["read"]), within(["read"], ["read:search"])
    (True, False)
    """
    return covered(granted).issuperset(asked)
