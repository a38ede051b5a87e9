"""What the stemmers leave: `liep` is of `lopen`, `bought` of `buy`, `verklaard` of `verklaren`.

A stemmer cuts endings; it cannot see that a vowel changed. In the tables each entry is a base and
its changed forms. A form that is also a common word of its own in a company's posts, in either
language, stands behind the `+`, or is left out (`las` is a weld, `reden` a reason, `led` a lamp):
a false find annoys more than a missed one. Behind a prefix it does count (`besloot`).
The rules below the tables are for regular Dutch verbs and plurals, where Kraaij-Pohlmann, made for
longer texts, stays cautious. What each brings is in `docs/search.md`.
"""

import regex

# Dutch: infinitive, past singular, past plural, participle.
_DUTCH = """
bakken bakte gebakken, bederven bedierf bedierven bedorven, bedriegen bedroog bedrogen
beginnen begon begonnen, begrijpen begreep begrepen, bergen borg geborgen
bevelen beval bevolen, bewegen bewoog bewogen, bezwijken bezweek bezweken
bidden gebeden + bad baden, bieden bood boden geboden, bijten beet beten gebeten
binden gebonden + bond bonden, blazen blies bliezen geblazen, blijken bleek bleken gebleken
blijven bleef bleven gebleven, blinken blonk blonken geblonken, breken brak braken gebroken
brengen bracht brachten gebracht, buigen gebogen + boog bogen, denken dacht dachten gedacht
doen doet deed deden gedaan, dragen droeg droegen gedragen, drijven dreef dreven gedreven
dringen drong drongen gedrongen, drinken dronk dronken gedronken, druipen droop dropen gedropen
duiken dook doken gedoken, dwingen dwong dwongen gedwongen, eten aten gegeten + at
fluiten floot floten gefloten, gaan ging gingen gegaan, gelden golden gegolden + gold
genezen genas genazen, genieten genoot genoten, geven gaf gaven gegeven
gieten gegoten + goot goten, glijden gleed gleden gegleden, graven groef groeven gegraven
grijpen greep grepen gegrepen, hangen hing hingen gehangen, heffen hief hieven geheven
helpen hielp hielpen geholpen, houden hield hielden gehouden, jagen joeg joegen gejaagd
kiezen koos kozen gekozen, kijken keek keken gekeken, klimmen klom klommen geklommen
klinken klonk klonken geklonken, komen kom komt kwam kwamen gekomen
kopen kocht kochten gekocht, krijgen kreeg kregen gekregen, krimpen kromp krompen gekrompen
kruipen kroop kropen gekropen, kunnen kan kunt kon konden gekund, laten liet lieten gelaten
lezen lazen gelezen + las, liegen gelogen + loog logen, liggen lag lagen gelegen
lijden + leed leden geleden, lijken leek leken geleken, lopen liep liepen gelopen
meten gemeten + mat maten, mijden meed meden gemeden, moeten moet moest moesten gemoeten
mogen mag mocht mochten, nemen nam namen genomen, overlijden overleed overleden
prijzen prees prezen geprezen, raden ried rieden geraden, rijden rijdt reed gereden + reden
rijzen rees rezen gerezen, roepen riep riepen geroepen, ruiken geroken + rook roken
schenken schonk schonken geschonken, scheppen schiep schiepen geschapen
schieten schoten geschoten + schoot, schijnen scheen schenen geschenen
schrijven schreef schreven geschreven, schrikken schrok schrokken geschrokken
schuiven schoof schoven geschoven, slaan slaat sla sloeg sloegen geslagen
slapen sliep sliepen geslapen, slijten sleet sleten gesleten, slinken slonk slonken geslonken
sluiten gesloten + sloot sloten, smelten smolt smolten gesmolten, smijten smeet gesmeten
snijden sneed sneden gesneden, spreken sprak spraken gesproken
springen sprong sprongen gesprongen, spuiten spoot spoten gespoten
staan sta staat stond stonden gestaan, steken stak staken gestoken, stelen stalen gestolen + stal
sterven stierf stierven gestorven, stijgen steeg stegen gestegen, stinken stonk stonken gestonken
strijden streed streden gestreden, strijken gestreken + streek streken
treden trad traden getreden, treffen trof troffen getroffen, trekken trok trokken getrokken
vallen viel vielen gevallen, vangen ving vingen gevangen, varen gevaren + voer voeren
vechten vocht vochten gevochten, verdwijnen verdween verdwenen, vergeten vergat vergaten
verliezen verloor verloren, verzinnen verzon verzonnen, verbieden verbood verboden
vinden vond vonden gevonden, vliegen vloog vlogen gevlogen, vragen vroeg vroegen gevraagd
vriezen vroor vroren gevroren, wegen woog wogen gewogen, werpen wierp wierpen geworpen
werven wierf wierven geworven, weten weet wist wisten geweten, wijken geweken + week weken
wijzen gewezen + wees wezen, willen wil wilt wilde wilden wou gewild
winnen won wonnen gewonnen, worden werd werden geworden, wrijven wreef wreven gewreven
zeggen zei zeiden gezegd, zenden zond zonden gezonden, zien ziet zag zagen gezien
zingen zong zongen gezongen, zinken zonk zonken gezonken
zitten zat zaten gezeten, zoeken zocht zochten gezocht, zuigen zoog zogen gezogen
zullen zal zult zou zouden, zwemmen zwom zwommen gezwommen, zweren zwoer zwoeren gezworen
zwerven zwierf zwierven gezworven, zwijgen zweeg zwegen gezwegen, hebben heb hebt heeft hadden
stad steden, schip schepen, lid leden, koe koeien, kind kinderen, ei eieren, rad raderen
vlo vlooien, lade laden, museum musea, technicus technici, politicus politici, medicus medici
criticus critici
"""

# English: base, then past, participle or plural.
_ENGLISH = """
arise arose arisen, awake awoke awoken, become became, begin began begun, bite bitten
blow blew blown, break broke broken, bring brought, build built, burn burnt, buy bought
catch caught, choose chose chosen, come came, creep crept, deal dealt, dig dug, do did done
draw drew drawn, drink drank drunk, drive drove driven, eat ate eaten, fall fell fallen
feed fed, feel felt, fight fought, find found, flee fled, fly flew flown, forbid forbade forbidden
forget forgot forgotten, forgive forgave forgiven, freeze froze frozen, get got gotten
give gave given, go went gone, grow grew grown, hear heard, hide hid hidden, hold held
keep kept, know knew known, lend lent, lose lost, make made, mean meant
pay paid, overcome overcame, oversee oversaw overseen, rebuild rebuilt, repay repaid
ride ridden, rise risen, run ran, say said, see seen, seek sought, sell sold, send sent
shake shook shaken, shine shone, show shown, shrink shrank shrunk, sing sung, sink sank sunk
sit sat, sleep slept, slide slid, speak spoken, spend spent, spin spun, stand stood
steal stole stolen, stick stuck, strike struck, swear swore sworn, sweep swept, swim swam swum
swing swung, take took taken, teach taught, tear tore torn, tell told, think thought
throw threw thrown, understand understood, undertake undertook undertaken, undo undid undone
wake woke woken, wear wore worn, weep wept, win won, withdraw withdrew withdrawn
withstand withstood, write wrote written, child children, foot feet, goose geese, mouse mice
tooth teeth, woman women, person people, analysis analyses, axis axes, basis bases
crisis crises, criterion criteria, diagnosis diagnoses, hypothesis hypotheses, half halves
knife knives, leaf leaves, life lives, loaf loaves, shelf shelves, thief thieves
wife wives, wolf wolves, index indices, matrix matrices, vertex vertices
"""

_SEPARABLE = """
aan achter af bij binnen boven buiten door goed in klaar kwijt langs los mee mis na neer om onder op
open over plaats rond samen stil tegen terug thuis toe tussen uit vast vol voor vooruit voorbij
voort vrij waar weer weg
"""
_FIXED = "be ge her ont ver er mis wan onder over door voor weer aan"


def _table(text: str) -> tuple[dict[str, str], dict[str, str]]:
    """Form to base, for a word that stands alone and for one behind a prefix."""
    alone: dict[str, str] = {}
    behind: dict[str, str] = {}
    for line in text.replace("\n", ",").split(","):
        base, *forms = line.split() or [""]
        common = forms.index("+") if "+" in forms else len(forms)
        alone.update((form, base) for form in forms[:common])
        behind.update((form, base) for form in forms if form != "+")
    return alone, behind


_ALONE_NL, _BEHIND_NL = _table(_DUTCH)
_ALONE_EN, _ = _table(_ENGLISH)
# A verb with a fixed prefix makes its participle without `ge`: `nemen, genomen`, `ondernomen`.
_BEHIND_FIXED = {
    form.removeprefix("ge"): base for form, base in _BEHIND_NL.items() if form.startswith("ge")
} | _BEHIND_NL


def bases(word: str) -> set[str]:
    """The words that a folded, accented form may be a form of; empty for most words.

    They need not exist: they are stemmed once more, and compared.

    >>> bases("liep"), bases("aangenomen"), bases("ondernam"), bases("bought"), bases("pomp")
    ({'lopen'}, {'aannemen'}, {'ondernemen'}, {'buy'}, set())
    >>> sorted(bases("verklaard")), sorted(bases("financieren")), sorted(bases("kopieën"))
    (['verklaar'], ['financieer'], ['kopie'])
    """
    found = {table[word] for table in (_ALONE_NL, _ALONE_EN) if word in table}
    found = found or _behind_a_prefix(word, deep=True)
    if found or word in _NO_FORMS:
        return found
    return _without_ending(word)


def _behind_a_prefix(word: str, *, deep: bool) -> set[str]:
    """The infinitive of an irregular Dutch verb with a prefix, or two (`aanbevolen`)."""
    found = set()
    for prefixes, table in ((_SEPARABLE, _BEHIND_NL), (_FIXED, _BEHIND_FIXED)):
        for prefix in prefixes.split():
            rest = word.removeprefix(prefix)
            if rest == word:
                continue
            if rest in table:
                found.add(prefix + table[rest])
            elif deep:
                found |= {prefix + base for base in _behind_a_prefix(rest, deep=False)}
    return found


_PLURAL = regex.compile(r"(.+(?:ee|ie))[eë]n")  # ideeën, kopieën
_PLURAL_IE = regex.compile(r"(.+i)ën")  # koloniën
_ADJECTIVE = regex.compile(r".{3,}[^aeiouy]e")  # speciale, as if it were a plural
_OPEN_SYLLABLE = regex.compile(r"(.*[^aeo])([aeou])([bcdfgklmnprstvz])e")  # grote, brave
_EEL = regex.compile(r"(.{2,}[^aeiou])elen")  # panelen
_INFINITIVE = regex.compile(r"(.{3,})eren")  # publiceren
_PAST = regex.compile(r"(.{2,}[bdgjlmnrvwzfsiuoe])den?|(.{2,}[kfsphx])ten?")
_PRESENT = regex.compile(r"(.{2,}[^aetds])t")
_PARTICIPLE = regex.compile(r"(.{3,}[bdgjlmnrvwzfsi])d")
_PREFIX = "|".join(_SEPARABLE.split())
_GE = regex.compile(rf"({_PREFIX}|)ge(.*[aeiouy].*?[^aeo]|[aeiouy].*?)([dt]?)e?")
_AT_THE_END = {"v": "f", "z": "s"}
_SYLLABLES = regex.compile(r"[aeiouy]+")
_LONG_VOWEL = regex.compile(
    r"(?:aa|ee|oo|uu|ie|oe|eu|ij|ei|ui|ou|au)[bcdfghjklmnpqrsvwxz]+$|(?:uw|aai|ooi|oei)$"
)
# Nouns and numbers that look like the past or present of a verb.
_NO_FORMS = {
    "aarde", "beide", "bende", "derde", "einde", "harde",
    "maart", "orde", "ronde", "tweede", "vierde", "waarde",
}  # fmt: skip


def _without_ending(word: str) -> set[str]:
    found = set()
    if plural := _PLURAL.fullmatch(word):
        found.add(plural[1])
    if plural := _PLURAL_IE.fullmatch(word):
        found.add(plural[1] + "e")
    if _ADJECTIVE.fullmatch(word):
        found.add(word + "n")
    if opened := _OPEN_SYLLABLE.fullmatch(word):
        start, vowel, last = opened.groups()
        found.add(start + 2 * vowel + _AT_THE_END.get(last, last))
    if plural := _EEL.fullmatch(word):
        found.add(plural[1] + "eel")
    if infinitive := _INFINITIVE.fullmatch(word):
        found.add(infinitive[1] + "eer")
    if (past := _PAST.fullmatch(word)) and _is_verb(past[1] or past[2]):
        found.add(past[1] or past[2])
    if (present := _PRESENT.fullmatch(word)) and _is_verb(present[1]):
        found.add(present[1])
    if (participle := _PARTICIPLE.fullmatch(word)) and _syllables(participle[1]) > 1:
        found.add(participle[1])
    if participle := _GE.fullmatch(word):
        prefix, stem, ending = participle.groups()
        found |= {prefix + stem, prefix + stem + ending}
    return found


def _is_verb(stem: str) -> bool:
    # A single short syllable is too little: it would make `plan` of `plant`, a factory.
    return _syllables(stem) > 1 or bool(_LONG_VOWEL.search(stem))


def _syllables(stem: str) -> int:
    return len(_SYLLABLES.findall(stem))
