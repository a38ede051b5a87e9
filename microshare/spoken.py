"""In which language a text is, Dutch or English, by its commonest words and by how words are spelt.

A screen reader speaks a post in its own language where the page says which; where that is in doubt
nothing is said. Two languages are told apart here, so a rule of a hundred words does as well as
the libraries for a hundred languages, which take from 20 to 200 MB of each process.
"""

from functools import lru_cache

import regex

# Words that only one of the two has, or that the other writes seldom.
_NL = (
    "de het een en van ik je jij jullie hij zij ze wij ons onze mijn jouw zijn haar hun dit dat "
    "deze die niet geen wel ook al nog maar want omdat als dan toen voor naar bij uit aan op om "
    "te tot door met zonder tegen tussen onder na sinds heb hebt heeft hebben had ben bent zijn "
    "waren wordt worden werd kan kunnen kon moet moeten moest mag mogen wil willen wilde zal "
    "zullen zou zouden gaat gaan ging komt komen kwam doet doen deed weet weten zegt maakt maken "
    "staat er hier daar waar wie wat welke hoe waarom wanneer iets niets iemand niemand alles "
    "veel weinig meer minder meest heel erg zeer nu dus toch even eens weer altijd nooit vaak "
    "soms misschien graag zelf elke ieder alle sommige andere ander eerste tweede nieuwe nieuw "
    "goed goede beter beste jaar dag dagen week uur mensen moeilijk volgens vanaf zoals hem mij u "
    "uw gelukkig bedankt dank sta staan krijgt krijgen laat laten vindt vinden zo tijdens via "
    "rond ruim twee drie vier vijf"
)
_EN = (
    "the a an and i you he she it they them his her its my your our their this that these those "
    "not no do does did done have has had having be been being are am were will would could "
    "should can shall may might must to from with without for by on at into about after before "
    "between through during because if then than when where why who whom whose which what how "
    "there here some any many much more most less few all both each every other another such only "
    "just also very too so again still already always never often sometimes maybe please thanks "
    "thank get got getting make made take took go going went come came see seen know knows think "
    "want wants need needs work works working use used using new good better first last year "
    "years day days people one two three of or but as up out over down off me us say says said "
    "like don't can't doesn't isn't i'm i've it's what's that's there's won't didn't couldn't "
    "haven't cannot anyone anything something someone everyone everything nothing"
)
# In both: as common in one as in the other, or a word of its own in each.
_BOTH = (
    "in is was of we over want had die door men as me up so all at be an a i u"
)
# Of neighbours: who writes German or French writes neither.
_OTHER = (
    "der das und ist nicht ein eine einen einem mit auf für wir sie ich auch bei von zu im den "
    "dem sich wird sind haben werden kunde neue neuen le la les des est et une pour dans que nous "
    "pas avec sur du au aux ce cette il elle qui sont"
)
_SHARED, _NEITHER = frozenset(_BOTH.split()), frozenset(_OTHER.split())
_DUTCH = frozenset(_NL.split()) - _SHARED
_ENGLISH = frozenset(_EN.split()) - _SHARED
_DUTCH_SPELLING = regex.compile(
    r"ij|aa|uu|[ie]euw|eu[krn]|cht|tj|[kz]w|ui|sch(?!e?[dm]|oo)|[^e]ee[nlrt]e|\b(?:z|vr|vl)"
    r"|(?<=\w{3})(?:en|heid|lijke?|baar|ties?|isch|pje|aal|eel|eur|loos)\b"
    r"|\b(?:ge|ver|be|ont)\w{4,}(?:d|t|en)\b"
)
_ENGLISH_SPELLING = regex.compile(
    r"th|sh|ck|ou[rgsn]|y\b|wh|ea|oa|ow|qu|x|'s\b"
    r"|(?<=\w{2})(?:ing|tions?|ly|ed|ment|ness|able|ful|ies|ity|ous|al|ive)\b"
)
# Not a tag, a name, an address or code: those are in no language.
_WORD = regex.compile(r"(?<![\p{L}\p{N}_#@&/.:])[\p{L}'’]++(?![\p{N}_@/:]|\.\p{L})")
_CODE = regex.compile(r"https?://\S++|`[^`]*+`")
_TELLS = 2  # points: a common word has two, a spelling one
_READ = 1000  # characters


def of(text: str) -> str:
    """The language of a text: `nl`, `en`, or nothing where that is in doubt.

    >>> of("De pomp lekt weer bij #acme"), of("The pump leaks again at #acme"), of("OK #pumps")
    ('nl', 'en', '')
    """
    dutch = english = neither = 0
    read, is_first = text[:_READ], True
    if "`" in read or "://" in read:
        read = _CODE.sub(" ", read)
    for word in _WORD.findall(read):
        for_dutch, for_english, for_neither = _points(word, is_first)
        dutch += for_dutch
        english += for_english
        neither += for_neither
        is_first = False
    if abs(dutch - english) < _TELLS or neither >= max(dutch, english):
        return ""
    return "nl" if dutch > english else "en"


@lru_cache(maxsize=20_000)  # most of what is written is a few thousand words
def _points(written: str, is_first: bool) -> tuple[int, int, int]:
    """How much a word tells for Dutch, for English, and for neither."""
    word = written.casefold().replace("’", "'")
    if word in _DUTCH:
        return 2, 0, 0
    if word in _ENGLISH:
        return 0, 2, 0
    if word in _NEITHER:
        return 0, 0, 2
    if word in _SHARED or not (is_first or written.islower()):  # the latter is a name
        return 0, 0, 0
    return bool(_DUTCH_SPELLING.search(word)), bool(_ENGLISH_SPELLING.search(word)), 0
