"""What a name is called in an address: `Field Service` is `field-service`."""

import unicodedata

import regex

from microshare import text


def slug_of(name: str) -> str:
    """Letters and digits of any script, folded and without accents, joined by hyphens.

    >>> slug_of("Research & Développement"), slug_of("Van Dalen")
    ('research-developpement', 'van-dalen')
    """
    folded = unicodedata.normalize("NFKD", " ".join(map(text.fold, name.split())))
    bare = "".join(c for c in folded if not unicodedata.combining(c))
    return "-".join(regex.findall(r"[\p{L}\p{N}]+", bare))
