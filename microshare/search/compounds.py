"""The parts of a Dutch compound: `pompgeluid` is found by `pomp` and by `geluid`.

A word is taken apart where both sides are known: they stand in the list below, in any regular
form and with a linking `s`, `e` or `en` between them, or are compounds themselves. Two rules go
beyond the list. What ends in `-ings`, `-heids`, `-teits` or `-schaps` is a first part whatever
follows (`leveringsvoorwaarde`), and a long second part of the list may follow an unknown word
(`aspergekweker`).

The list is written for companies that make, sell and repair things. It is fixed on purpose: a word
then has the same parts today and tomorrow, in a post and in a search, in every engine, and no old
post waits for a new one to teach the index a word. What it brings, and what it finds too much,
stands in `docs/search.md`.
"""

from collections.abc import Iterator

import regex

_PARTS = """
aanbod aandacht aandeel aandrijving aansluiting aanvraag aarde accu acid actie adres advies
afdeling afsluiter afspraak afstand afval afvoer afwijking agenda akkoord alarm analyse antwoord
app apparaat arbeid arm artikel arts asbest auto avond bak bakkerij balans balk band bank bar
basis batterij bed bediening bedrag bedrijf begeleiding begroting beheer bel belasting beleid
bericht beroep bescherming beslag beslissing besparing bestand besteding bestel bestelling
bestelwagen bestrijding besturing bestuur beton beurs beveiliging bevestiging bewaking beweger
beweging bewerking bewijs bezoek bijdrage bijeenkomst blad bloem blok bocht bodem boek boer boete
bon bonus boor boord boot bord borg bout bouw brand brandstof brief bril bron brood brug budget
buis bureau bus buurt cel cement centrum chef cijfer code collega commissie computer concept
concern conferentie constructie contact container contract controle crisis cursus dag dak dal
daling dam damp data datum deal dealer debat deel dek deksel demper deur dichting dienst diepte
dier diesel dijk directeur dochter document doek doel dokter doorvoer doos dop dossier draad draai
draaiing drank drempel drijf drone droog druk drukkerij druppel duur economie econoom eenheid
effect eier eieren eigenaar einde eis elektriciteit elektro emissie emmer energie engel etiket
euro examen expert export fabriek factuur familie fase feest fiets filiaal film filter firma
fitting flens fles folie fonds formulier foto fout fraude frees front functie gang garantie gas
gast gat gebied gebouw gebruik gebruiker gedrag geheugen geld geleider geluid gemeente gereedschap
geschiedenis gesprek getal gevaar gevel gewicht gezondheid giet gif gigant glas goud graad graan
grafiek grens grip groei groen groente groep grond grondstof gummi haak haar hal hand handel
handelaar handleiding haven heft hek helling helm hengsel herstel hitte hoek hoes hoofd hoogte
hotel hout huid huis hulp hulpstuk huur hypotheek idee ijs ijzer import incident index industrie
informatie ingang inhoud inkomen inkoop inlaat inspectie installatie instelling instructie
internet investering invoer isolatie jaar jacht jas jeugd job jongere journalist jurist kaart kaas
kabel kabinet kachel kalender kalk kamer kanaal kandidaat kans kantoor kapitaal kar kas kast
katoen keet kelder kennis kern ketel keten ketting keuken keuring kind kinder kinderen kist klacht
klank klant klasse klem klep kleur klimaat klimop klok klus knal knie knop koel koeling koers
koffer koffie kogel kolen kolf koop kop koper kopie koppel koppeling korf korrel korst korting
kost kosten kraan kracht krant krediet kring kruis kuil kunst kunststof kwaliteit kwartaal kweker
laad laag laagte laars lab lade lading lager lak lamp land landbouw las laser lasnaad lasser last
leden leer leerling leger leider leiding lek lekkage lengte lening lens lepel leraar letter leven
levens lever leverancier leverdatum levering lezer lichaam licht lid lift lijm lijn lijst limiet
lokaal loket long lood loods loon loop lucht maaier maan maand maat maatregel maatschappij machine
machinist macht magazijn magnaat mail man management manager mand mantel map markt massa mast mat
materiaal materieel medewerker meel meester meet melding melk memo mengsel mensen merk mes messing
meter meting meubel middel mijn milieu minister misdaad mist model moeder moeite moer molen moment
monster montage monteur motor muur muziek naad naald naam nacht nest net netwerk nippel niveau
nood noot norm nota nummer object obligatie oever offerte olie omgeving omslag omzet onderdeel
onderhoud onderwijs onderzoek ongeval ontwerp ontwikkeling oog oorzaak opdracht opening operatie
opleiding oplossing opname opslag orde order organisatie oven overheid overleg overzicht paal
paard pad pak pakket pakking pan pand paneel papier park partij partner patent patiënt patroon
pauze pensioen pers personeel persoon pijl pijn pijp piloot plaat plaats plafond plan planning
plant plastic plek plicht ploeg plug poeder poets polis politie politiek pols pomp pool poort pop
portaal post pot poten praktijk premie president prestatie prijs prik print printer probleem
procedure proces product productie proef profiel programma project protocol punt put raad raam rad
rail ramp rand rapport reactie recht rechtbank rechter reclame regel regelaar regeling regen
regering register reiniger reiniging reis rek reken rekening relatie rem rente reparatie reserve
reservoir rest resultaat retour richting richtlijn riem rij rijst ring riool risico ritme rivier
robot roest rol rook rooster rotor rubber rug ruimte ruis salaris sanctie scenario schaal schaar
schacht schade schakel schakelaar schandaal schema schepen scherm schip schoen school schoonmaak
schot schotel schrijf schroef schuif schuim schuld sector segment sein seizoen sensor serie server
service signaal silo situatie slaap slag slang slee sleep sleutel slib slijm slijp slijtage slot
sluis sluit sluiting smeer smeermiddel smeltpunt snede snelheid snij snoei snoer software soort
spaan spanning spatel specialist spel spiegel spijker spil spoed spoel spoor sport spraak sproei
spuit spuitstuk staaf staal staat stad stal stam stand standaard stang stap stapel start station
steden steek steen stel stelling stem steun stick stift stijging stijl stikstof stoel stof stok
stoom stoot stop storing storm straal straat straler strand streek streep strijd stroming stroom
studie stuk stuur subsidie suiker systeem taak taal tafel tak tand tang tank tap tarief tas team
techniek technologie tekening tekort tekst telefoon teller temperatuur tent termijn test thema
theorie ticket tijd tijdstip tin titel toegang toerisme toerist toestel toets toevoer toezicht
tolerantie toon top topman toren touw training traject transformator transport trap trechter trein
trek trekker trend tribunaal tril trilling trog trommel tuin tunnel turbine type uitbreiding
uitbreker uitgang uitgave uitlaat uitslag uitstoot uitval uitvoer unie uniform update uur vaart
vacature vacuüm vak vakantie vakbond val vat veer veiligheid veld venster ventiel ventilator
verband verbetering verbinding verbod verbruik verdeler verdieping vergadering vergunning verhaal
verhoging verhuur verkeer verkiezing verklaring verkoop verkoper verlaging verlichting verlies
verlof vermindering vermogen verpakking verschil versie verslag versneller versterker verstrekker
vertegenwoordiger vertraging vervoer vervuiling verwarming verzekering vet vezel video vijand vis
visie visser visserij vlak vlam vlees vlieg vliegtuig vloeistof vloer vlucht vocht vochtigheid
voeding voedsel voeler voer voertuig volgorde volume voorraad voorschrift voorstel voorwaarde
voorziening voorzitter vork vorm vorst vraag vracht vrees vries vrijdag vrouw vuil vulling vuur
waarde waardering waarschuwing wacht wachtwoord wagen walm wals wand wapen warmte wartel was
wasser water waterstof wedstrijd weefsel week weer weg wegen weging wens wereld werk werker
werkgever werknemer werkplaats werktuig wet wetenschap wiel wijk wijn wijze wijziging winkel winst
winter wissel woning woord wortel zaad zaag zaak zaal zak zand zanger zee zeef zeep zeil zekering
zender zeskant zicht ziekenhuis ziekte zijde zilver zitting zomer zon zone zorg zout zuig zuiger
zuivering zuur zwaar
"""

_SHORTEST = 3  # letters of a part
_OPEN = 4  # letters of an unknown part
_TELLING = 5  # letters of a second part that may follow an unknown word
_LENGTHS = range(7, 41)  # letters of a word that may be a compound
_SHUT = regex.compile(r".*[^aeiou][aeiou]([bdfgklmnprst])")  # zon, zonnen
_LONG = regex.compile(r"(.*)(aa|ee|oo|uu)([bdfgklmnprstv])")  # naad, naden
_SOFT = {"f": "v", "s": "z"}  # schijf, schijven
_PLURAL_S = regex.compile(r"(?:e[lmnr]|or|eur|[aeiouy])$")  # filter, filters
_DERIVED = regex.compile(r"\p{L}{3,}(?:ing|heid|teit|schap)s")
_WORDLIKE = regex.compile(r"\p{L}*[aeiouyéèëïöü]\p{L}*")
# An unknown first part is no prefix, and ends in none: that of `modelbe` belongs to `rekening`.
_PREFIXES = """
achter anti binnen boven buiten door extra inter mega micro mini mono multi neer onder over samen
semi super tegen tele terug trans ultra verder voor voorbij voort vooruit weer zelf
"""
_NO_FIRST = frozenset(_PREFIXES.split())
_PREFIXED = regex.compile(r"\p{L}*(?:be|ge|ver|ont|her|aan|af|op|uit|toe|om|on)")

# Nor is it a prefix with the first consonants of what follows: `ont-v` of `ontvluchten`.
_BEGUN = regex.compile(r"(?:aan|af|be|her|in|neer|om|on|ont|op|toe|uit|ver)(?:ge)?[^aeiouy]*")


def _forms(noun: str) -> Iterator[str]:
    """A noun as it may stand in a compound: alone, in the plural, with a linking sound."""
    yield from (noun, noun + "s", noun + "n" if noun.endswith("e") else noun + "en", noun + "ën")
    soft = noun[:-1] + _SOFT.get(noun[-1], noun[-1])
    stems = [soft]
    if shut := _SHUT.fullmatch(noun):
        stems.append(noun + shut[1])
    if long := _LONG.fullmatch(noun):
        stems.append(long[1] + long[2][0] + soft[-1])
    for stem in stems:
        yield from (stem + "e", stem + "en")


_NOUNS = frozenset(_PARTS.split())
_KNOWN = frozenset(form for noun in _NOUNS for form in _forms(noun))
# Many a word that is no compound ends in these: `manifestation`, `leveringen`, `indicatoren`.
_ENDINGS = "actie cement laars oever polis rij ring sport stand station toren training"
# What may follow an unknown word: in the singular or a plural.
_LAST = frozenset(
    form
    for noun in _NOUNS - set(_ENDINGS.split())
    for form in _forms(noun)
    if len(form) >= _TELLING
    and (form == noun or form.endswith("en") or (form == noun + "s" and _PLURAL_S.search(noun)))
)


def parts(word: str) -> set[str]:
    """The parts of a folded word, and what these make together; empty for most words.

    >>> sorted(parts("pompgeluid")), sorted(parts("klantenbestanden"))
    (['geluid', 'pomp'], ['bestanden', 'klanten'])
    >>> sorted(parts("waterpompgeluid")), parts("geluid")
    (['geluid', 'pomp', 'pompgeluid', 'water', 'waterpomp'], set())
    """
    if len(word) not in _LENGTHS or not word.isalpha():
        return set()
    cuts = _cuts(word)
    if not cuts:
        return _of_an_unknown(word)
    places = [0, *cuts, len(word)]
    pieces = {
        word[start:end]
        for start in places
        for end in places
        if _SHORTEST <= end - start < len(word)
    }
    return {piece if word.endswith(piece) else _unlinked(piece) for piece in pieces}


def _cuts(word: str) -> list[int]:
    """Where a word falls apart into known parts, as few as possible; empty where it does not."""
    end = len(word)
    ways: dict[int, list[int]] = {0: []}  # a place that known parts reach, with the cuts before it
    for place in range(_SHORTEST, end + 1):
        for start in sorted(ways, key=lambda one: len(ways[one])):
            if place - start < _SHORTEST or place - start == end:
                continue
            piece = word[start:place]
            if piece.startswith(("ring", "rij")) and word[start - 1] == "e":
                continue  # the ending of `vergadering` and of `visserij`
            if piece in _KNOWN or (place < end and _is_linked(piece)):
                ways[place] = [*ways[start], *([place] if place < end else [])]
                break
    return ways.get(end, [])


def _is_linked(piece: str) -> bool:
    """Whether a piece is a first part with a linking `s`."""
    if not piece.endswith("s") or piece.endswith("ss"):
        return False
    return piece[:-1] in _KNOWN or bool(_DERIVED.fullmatch(piece))


def _unlinked(piece: str) -> str:
    return piece[:-1] if _is_linked(piece) else piece


def _of_an_unknown(word: str) -> set[str]:
    """The parts where only one of them is known: a derived first one, or a long second one."""
    for cut in range(_OPEN, len(word) - _OPEN + 1):
        first, last = word[:cut], word[cut:]
        if first in _NO_FIRST or not (_WORDLIKE.fullmatch(first) and _WORDLIKE.fullmatch(last)):
            continue
        if _DERIVED.fullmatch(first):
            return {first[:-1], last}
        if last in _LAST and not (_PREFIXED.fullmatch(first) or _BEGUN.fullmatch(first)):
            return {first, last}
    return set()
