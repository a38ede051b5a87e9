"""What the people of Van Dalen Pompen write: the demonstration's words.

Van Dalen Pompen and everybody around it are invented. A template is one line: `{slot}` stands for
a fact of its thread, `[a|b]` for a choice, and the tags at its end are added while there is room.
An indented line continues the one above it; under a template `= ` names the note that goes with
it and `> ` begins a reply that fits only there.
"""

import random
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain, count, cycle, islice
from typing import TypeVar

Item = TypeVar("Item")
COMPANY, MAIL_DOMAIN = "Van Dalen Pompen", "vandalen.example"
LINE_ROOM = 140  # code points: never more generous than the product's own count

DEPARTMENTS = ("Sales", "Service", "R&D", "Production", "Marketing", "Finance & HR")

# The most general first: a company of two tags has the first two.
_TOPICS = """
pumps acme leak delivery vp120 quote noise seals zuivelhof food maintenance atex seal_x2 training
competitor spare_parts delfchem safety energy dairy complaint vp200 driekranen cip vibration water
warranty chemicals zuiderlek testing bearings planning vp80 prototype aardkracht motor sensor
cavitation suppliers lohmann fair materials lx40 event dekreek viscosity retrofit nordvik casting
dm25 botlektanks erp belcura hd300 finance frisolina vacancy renkveld gistkracht seal_x1
"""
TOPICS = tuple(_TOPICS.split())

DESCRIPTIONS = {
    "pumps": "Everything about our pumps that fits no other tag.",
    "acme": "Acme Foods, Rotterdam: tomato products, 60 of our pumps.",
    "leak": "Leaks in the field: where, which medium, after how many hours.",
    "delivery": "Delivery times, promised and kept.",
    "quote": "Quotes sent, won and lost, and why.",
    "noise": "Whistling, humming, rattling. Say the speed and the suction pressure.",
    "seals": "Mechanical seals, packing, flush plans.",
    "atex": "Explosive atmospheres: zones, papers, motors.",
    "competitor": "What others sell, promise and charge. Only what you saw or heard yourself.",
    "complaint": "Unhappy customers. No blame; what do we do about it?",
    "cip": "Cleaning in place: temperatures, caustic, acid, O-rings.",
    "safety": "Near misses and how to avoid the next one.",
    "training": "Courses, here and at customers.",
    "erp": "Tricks and troubles with the planning system.",
}

GOALS = (
    ("leak", "Half as many repeat visits for leaking seals: tell each one, with medium and hours."),
    ("delivery", "No customer hears three delivery dates: post every change on the day itself."),
    ("pumps", "Each of us writes one thing a month that another department can use."),
    ("acme", "Everything we know about Acme in one place before the contract talks."),
)

DEPARTMENT_TAGS = {
    "Sales": ("quote", "competitor", "delivery", "acme", "fair"),
    "Service": ("leak", "noise", "maintenance", "seals", "spare_parts", "vibration"),
    "R&D": ("prototype", "cavitation", "materials", "sensor", "noise", "testing"),
    "Production": ("delivery", "casting", "testing", "planning", "suppliers"),
    "Marketing": ("fair", "competitor", "event", "food"),
    "Finance & HR": ("training", "vacancy", "finance", "safety"),
}

# What a colleague of another department adds to somebody's post, by its kind.
TAG_ONS = {
    "visit": ("quote", "competitor", "energy", "retrofit"),
    "order": ("planning", "delivery", "pumps"),
    "rival": ("quote", "pumps", "fair"),
    "fault": ("maintenance", "warranty", "materials", "testing", "complaint"),
    "complaint": ("delivery", "warranty", "planning"),
    "tip": ("training", "maintenance", "safety"),
    "win": ("pumps", "fair", "training"),
    "shop": ("delivery", "planning", "pumps"),
    "lab": ("prototype", "energy", "fair", "pumps"),
    "market": ("pumps", "quote", "food"),
    "office": ("training", "event", "planning"),
    "question": ("maintenance", "pumps", "training", "materials"),
}

# How often each kind of post is written; questions have their own share.
KINDS = {
    "visit": 18, "order": 9, "rival": 6, "fault": 19, "complaint": 6, "tip": 9, "win": 6,
    "shop": 12, "lab": 8, "market": 5, "office": 7,
}


@dataclass(frozen=True)
class Customer:
    """A customer, what it pumps, and the tag of its trade."""

    tag: str
    name: str
    city: str
    nl: str
    en: str
    trade: str


CUSTOMERS = (
    Customer("acme", "Acme Foods", "Rotterdam", "tomatenpuree", "tomato paste", "food"),
    Customer("zuivelhof", "Zuivelhof", "Meppel", "room", "cream", "dairy"),
    Customer("driekranen", "De Drie Kranen", "Breda", "wort", "wort", "food"),
    Customer("delfchem", "Delfchem", "Delfzijl", "natronloog", "caustic soda", "chemicals"),
    Customer("zuiderlek", "Zuiderlek", "Dordrecht", "slib", "sludge", "water"),
    Customer("aardkracht", "Aardkracht", "Veendam", "zetmeelmelk", "starch slurry", "food"),
    Customer("dekreek", "De Kreek", "Dinteloord", "melasse", "molasses", "food"),
    Customer("lohmann", "Lohmann", "Duisburg", "hars", "resin", "chemicals"),
    Customer("renkveld", "Renkveld", "Renkum", "papierpulp", "paper pulp", "water"),
    Customer("nordvik", "Nordvik", "Bergen", "visolie", "fish oil", "food"),
    Customer("belcura", "Belcura", "Aalst", "shampoo", "shampoo", "chemicals"),
    Customer("frisolina", "Frisolina", "Kortrijk", "suikersiroop", "sugar syrup", "food"),
    Customer("botlektanks", "Botlek Tanks", "Botlek", "stookolie", "fuel oil", "atex"),
    Customer("gistkracht", "Gistkracht", "Sluiskil", "digestaat", "digestate", "energy"),
)

PUMPS = ("vp120", "vp80", "vp200", "lx40", "dm25", "hd300")
SEALS = ("seal_x2", "seal_x1")
_SERIES = ("vp", "lx", "hd", "mt", "ks")

# Slots with the same meaning in both languages stand at the same place in both.
_WORDS = {
    "nl": {
        "contact": ("mevrouw Hoekstra", "de inkoper", "de bedrijfsleider", "de chef onderhoud",
                    "meneer Verbeek", "de procestechnoloog", "de projectleider", "de operator"),
        "part": ("waaier", "koppeling", "asbus", "slijtring", "terugslagklep", "dekselpakking",
                 "lagerstoel", "veer"),
        "weekday": ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag"),
    },
    "en": {
        "contact": ("Ms Hoekstra", "the buyer", "the plant manager", "the maintenance lead",
                    "Mr Verbeek", "the process engineer", "the project lead", "the operator"),
        "part": ("impeller", "coupling", "shaft sleeve", "wear ring", "check valve",
                 "cover gasket", "bearing bracket", "spring"),
        "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    },
}
_NAMES = {
    "rival": ("Fluxor", "Pompeco", "Kessel & Roth"),
    "supplier": ("Gieterij Vos", "Staalhuis", "Moto-Nord", "Lagerland"),
    "newcomer": ("Jasper", "Noor", "Amira", "Sven", "Eline", "Matteo", "Zoë", "Ravi"),
}
# Lowest, highest, step.
_FIGURES = {
    "count": (2, 12, 1), "days": (2, 14, 1), "weeks": (3, 12, 1), "percent": (4, 28, 1),
    "bar": (3, 16, 1), "temp": (45, 135, 5), "flow": (6, 240, 2), "db": (68, 84, 1),
    "rpm": (900, 2950, 50), "year": (1989, 2016, 1), "order": (24100, 26900, 7),
}
_THOUSANDS = {"hours": (2000, 18000, 200), "euro": (3200, 96000, 400)}  # written by language


@dataclass(frozen=True)
class Person:
    """A colleague to be."""

    username: str
    name: str
    language: str


STANDING = (
    Person("ada", "Ada de Vries", "nl"),
    Person("grace", "Grace Mensah", "en"),
    Person("linus", "Linus Bakker", "nl"),
)

_DUTCH_PEOPLE = (
    "Sanne Jansen, Pieter Hoekstra, Fatima El Amrani, Joost van Leeuwen, Marieke Visser, "
    "Bram de Boer, Kees Mulder, Lotte Smits, Daan Postma, Ruud Verhoeven, Femke Dijkstra, "
    "Wim Schouten, Nadia Benali, Jeroen Kuipers, Gijs Brouwer, Anouk Peeters, Henk Scholten, "
    "Roos van Dam, Thijs Koster, Bas Timmermans, Niels Hofman, Sjoerd Wiersma, Arjan Blom, "
    "Mehmet Kaya, Ilse Vermeulen, Koen van der Meer"
)
_OTHER_PEOPLE = (
    "Tomasz Kowalski, Priya Nair, Yusuf Demir, Hannah Clarke, Elena Rossi, Oliver Grant, "
    "Ingrid Larsen, Stefan Novak, Miriam Cohen, Chidi Okafor, Lukas Weber, Aisha Rahman, "
    "Carmen Ortega, Emma Walsh, Julia Santos, Liam Byrne, Mei Chen, Andrei Popescu"
)
_TURNS = ("nl", "en", "nl", "nl", "en")  # 60 % Dutch

# The department of each next colleague; the first three are those of the standing people.
DEPARTMENT_TURNS = (
    "R&D", "Marketing", "Sales", "Service", "Production", "Sales", "Finance & HR", "Service",
    "Production", "R&D", "Sales", "Production", "Service", "Sales", "Production", "Service",
    "R&D", "Sales", "Finance & HR", "Marketing",
)

ABOUT = {
    ("nl", "Sales"): "Zuivel en dranken, Noord- en Oost-Nederland. Meestal onderweg, belt graag.",
    ("nl", "Service"): "Storingsdienst. Afdichtingen en lagers; zegt liever wat er stuk ging.",
    ("nl", "R&D"): "Waaiers en stroming. Staat vaker bij de proefstand dan achter het scherm.",
    ("nl", "Production"): "Montage, hal 2. Weet waar alles ligt.",
    ("nl", "Marketing"): "Beurzen, site en foto's. Zoekt altijd een goed klantverhaal.",
    ("nl", "Finance & HR"): "Facturen, declaraties en wie er nieuw is.",
    ("en", "Sales"): "Chemicals and export. Ask me about long lead times, or rather don't.",
    ("en", "Service"): "Field service, anything with a shaft. Collects photographs of worn parts.",
    ("en", "R&D"): "Materials and seals. Happy to look at anything that broke.",
    ("en", "Production"): "Machining and test bench. Early shift.",
    ("en", "Marketing"): "Fairs, website, customer stories.",
    ("en", "Finance & HR"): "Courses, contracts and the coffee machine.",
}

# Language, kind, who writes, who replies (empty: anybody), and the templates.
_BLOCKS = (
    ("nl", "visit", ("Sales",), (), """
[Net|Vandaag] bij {customer} in {city}: {medium} van {temp} graden, ze zoeken een tweede {pump}.
    #quote
= facts
Sprak {contact} van {customer}: wil onze pompen wel, maar {weeks} weken levertijd is te lang.
    #delivery
= costs
Bezoek {customer}: budget is op voor dit jaar, begin volgend jaar mogen we terugkomen. #quote
{customer} krijgt een tweede lijn en vraagt ons advies vóór de leidingen getekend worden. Kans!
    #pumps
= facts
Rondleiding bij {customer}: nog {count} pompen uit {year}, onderdelen worden daar schaars.
    #spare_parts
= facts
{customer} meet zelf het verbruik per pomp. Onze {pump} was {percent}% zuiniger dan gedacht. #energy
Koffie met {contact} bij {customer}: ze missen één vast nummer om bij storing te bellen. #complaint
> Dat nummer is er wel, het staat alleen op geen enkele factuur of sticker. Regel ik.
{customer} wil van pakkingbus naar mechanische afdichting. Eerste gesprek over {seal} gehad. #seals
Bij {customer} hangt een sensor op elk lager, behalve op dat van onze pompen. Daar ligt iets.
    #sensor
> Wie is de leverancier van die sensoren? Wij testen er nu [twee|drie] op de proefstand.
{customer} gaat {medium} dikker verpompen, {percent}% meer droge stof. Andere waaier nodig.
    #viscosity
Sprak {contact} van {customer}: kunnen ze een pomp ook huren? Derde klant dit jaar die dat
    vraagt. #pumps
Kennismaking met een nieuwe bedrijfsleider bij {customer}. Werkte hiervoor met {rival}. #competitor
{customer} gaat automatisch reinigen en wil weten welke pompen loog van 85 graden aankunnen. #cip
> Alle met EPDM-ringen. Bij FKM eerst ombouwen, dat is een uurtje werk per pomp.
Lang gesprek bij {customer} over lawaai in de hal: de eis wordt daar {db} dB op een meter. #noise
{customer} wil ATEX-papieren van alles wat er staat, ook van de {pump} uit {year}. #atex
> Die papieren liggen in het archief op typenummer. Geef me het serienummer, dan zoek ik ze op.
Goed bezoek aan {customer}: de snelle hulp van {colleague} werd [twee keer|spontaan] genoemd.
    #maintenance
{customer} koopt voortaan centraal in. Boven {euro} beslist onze man in {city} niet meer zelf.
    #quote
Bij {customer} mag een {pump} op proef: {flow} m³/h, {medium}, drie weken. #testing
= facts
{customer} bouwt een nieuwe hal in {city}. Pompenlijst volgt, ik reken op {count} stuks. #pumps
= facts
Bij {customer} vallen pompen vooral op maandag uit, als de lijn koud heeft gestaan. #maintenance
Sprak {contact} van {customer}: training gewenst voor {count} operators, graag ook in het Pools.
    #training
{customer} vergelijkt ons met {rival}. Wie het snelst onderdelen levert, wint het. #spare_parts
= costs
{customer} wil minder soorten pompen: van zeven merken naar twee. We zitten bij de laatste drie.
    #quote
= costs
Bij {customer} staat de {pump} in een put van {count} meter diep. Niemand durft er nog aan te
    sleutelen. #safety
"""),
    ("nl", "order", ("Sales",), (), """
Opdracht van {customer}: {count} x {pump}, levering over {weeks} weken. #delivery
> Staat in de planning voor hal 2. Tekeningen graag deze week nog.
> Gefeliciteerd! Motoren zijn krap, ik reserveer ze vandaag.
Offerte aan {customer} de deur uit: {euro} voor {count} pompen met {seal}. Besluit over {days}
    dagen. #quote
Offerte bij {customer} verloren: {percent}% te duur. Op techniek stonden we bovenaan. #quote
> Weet je waar het verschil zat, in de pomp of in de montage?
{customer} verlengt het onderhoudscontract met twee jaar. #maintenance
Nabestelling van {customer}: nog {count} x {pump}, zonder een woord over de prijs. #pumps
{customer} halveert order {order}; investeringen liggen daar stil. #planning
Eerste order uit [Noorwegen|Polen|Denemarken]: {count} x {pump} voor een viskwekerij. #food
{customer} vroeg korting op {count} stuks. Bood langere garantie aan, daar denken ze nu over na.
    #warranty
Spoed voor {customer}: een {pump}, liefst {weekday} draaiend. In hal 2 stond er gelukkig nog een.
    #delivery
Raamcontract met {customer} rond: vaste prijzen, onderdelen binnen {days} dagen in huis.
    #spare_parts
{customer} tekent voor ombouw van {count} oude pompen in plaats van nieuw. Marge is prima. #retrofit
"""),
    ("nl", "rival", ("Sales", "Marketing", "Service"), (), """
{rival} zit bij {customer} {percent}% onder onze prijs, maar zonder inbedrijfstelling.
    #competitor #quote
> Reken die inbedrijfstelling eens voor: bij ons scheelt dat al snel twee dagen monteur.
Bij {customer} gezien: pomp van {rival} met standaard een lagersensor erop. Netjes gemaakt.
    #competitor
{rival} beloofde {customer} {weeks} weken en zit daar nu ruim overheen. Goed moment om te bellen.
    #competitor
Gehoord bij {customer}: {rival} stopt met de kleine serie. Kans voor onze {pump}. #competitor
{rival} geeft nu vijf jaar garantie op afdichtingen, hoorde ik van {contact} bij {customer}.
    #warranty
> Lees de kleine letters: alleen bij schoon water tot 60 graden.
{rival} heeft een keuzehulp op de site staan. Werkt verrassend goed, kijk er eens naar. #competitor
Twee verkopers van {rival} zijn vertrokken. {customer} heeft nu geen aanspreekpunt meer. #competitor
{customer} heeft een {rival} op proef naast onze {pump}. Na {days} dagen: die van ons is stiller.
    #noise
"""),
    ("nl", "fault", ("Service",), (), """
Lekkage bij {customer} aan een {pump}: afdichting versleten na {hours} uur {medium}. #leak
= wear
> Welk vlakpaar zit erin? Bij {medium} kies ik siliciumcarbide op siliciumcarbide, geen kool.
> Ook gezien bij {other}. Daar liep de pomp bij elke start een halve minuut droog.
Fluitend geluid bij de {pump} van {customer}, alleen boven {rpm} toeren. Denk aan de zuigleiding.
    #noise
= restart
> Klinkt als cavitatie. Het zuigfilter zit bij {customer} wel vaker dicht.
> Heb je een opname? Dan leg ik hem naast die van de proefstand.
Lagers van de {pump} bij {customer} zijn {temp} graden na {hours} uur. Er zit veel te veel vet
    in. #bearings
> Vetkaart op de pomp plakken helpt. Ik heb een stapel stickers liggen.
{pump} bij {customer} trilt sinds de nieuwe fundatie. Voet lag niet vlak; opgevuld en klaar.
    #vibration
Cavitatie bij {customer}: iemand had de zuigafsluiter half dichtgedraaid. #cavitation
= restart
Bij {customer} is de {part} gebroken, tweede keer in een jaar. Foto's gaan naar {colleague}.
    #materials
= wear
> Stuur het deel zelf ook op, op een foto zie ik niet genoeg.
De {pump} bij {customer} haalt zijn {flow} m³/h niet meer. Slijtring vervangen, weer als nieuw.
    #maintenance
= wear
Motor bij {customer} viel steeds uit op temperatuur: een deken van stof op de koelribben. #motor
Storing bij {customer} verholpen. Koppeling stond een halve millimeter uit de lijn. #vibration
> Uitlijnen met de laser of met de rei gedaan? Bij die fundatie zou ik het na een week nog eens
    meten.
Na de loogreiniging lekt de {pump} bij {customer}. Er zaten FKM-ringen in, dat moet EPDM zijn.
    #cip #leak
> Dat ging bij {other} ook mis. Staat de ringkeuze wel goed op de stuklijst?
Pomp bij {customer} draaide achterstevoren na werk aan de kast. Kwartier werk, twee uur rijden.
    #motor
{pump} zuigt lucht aan bij {customer} zodra de tank bijna leeg is. Vlotter hangt te laag.
    #cavitation
= restart
Asbreuk bij {customer}, {pump} uit {year}. Het breukvlak lijkt op vermoeiing. #materials
= wear
> Graag het breukvlak droog houden en niet schoonmaken, dan kan ik het onder de microscoop leggen.
Derde {seal} in een half jaar bij {customer}. Het spoelwater staat uit om te besparen. #seals
= wear
> Reken ze voor wat een afdichting kost tegen een kuub water. Dat werkte bij {other}.
Bij {customer} liep de {pump} tegen een dichte klep. Regeling aangepast, operators uitleg
    gegeven. #training
{customer} belde: pomp stil. Het was de werkschakelaar. Meteen {count} lagers nagelopen.
    #maintenance
Roestplekken op een rvs {pump} bij {customer}. Ze reinigen sinds kort met een chloormiddel.
    #materials
Waterslag bij {customer} slaat de {part} stuk. Klep laten we nu in {count} seconden sluiten. #safety
{pump} bij {customer} draait {percent}% links van het werkpunt. Daar komt dat trillen vandaan.
    #vibration
Waaier bij {customer} na {weeks} weken {medium} al dun als papier. Er zit zand in. #materials
Regelaar bij {customer} geeft fout [F07|E12|A21] bij het starten. Aanlooptijd verlengd naar
    {count} s. #motor
Bij {customer} staan twee pompen parallel en doet één al het werk. Terugslagklep hing vast. #pumps
Onderhoud bij {customer} klaar: {count} pompen nagezien, één {seal} op de plank gelegd. #maintenance
Nachtstoring bij {customer}: {medium} was vastgekoekt in de {pump}. Met warm water losgekregen.
    #maintenance
= restart
Bij {customer} lekte niet de afdichting maar de aftapplug eronder. Scheelt ze een ombouw. #leak
"""),
    ("nl", "complaint", ("Service", "Sales"), (), """
Klacht van {customer}: {pump} kwam aan zonder Nederlandse handleiding. #complaint
> Doos komt uit hal 1, daar liggen alleen Engelse. Ik leg er Nederlandse bij.
{customer} hoorde drie verschillende levertijden voor één {part}. Dat moet beter. #complaint
    #delivery
= calls
> Verkoop, planning en magazijn keken elk in een ander scherm. Vanaf nu geldt de datum uit planning.
{customer} is boos: monteur zou om acht uur komen en was er om elf uur, zonder telefoontje.
    #complaint
Factuur {order} van {customer} klopt niet: dubbel gerekende reisuren. #complaint #finance
> Creditnota is onderweg, de klant heeft bericht.
Pomp voor {customer} in de verkeerde kleur geleverd. Ze houden hem, tegen korting. #complaint
{customer} wacht al {weeks} weken op een {part}. Vandaag stond {contact} zelf aan de telefoon.
    #complaint
= calls
Verpakking kapot bij aankomst in {city}; {customer} heeft foto's van de deuk in de voetplaat.
    #complaint
Bij {customer} zijn ze klaar met terugbellen. Ze willen één naam, en dat is nu {colleague}.
    #complaint
{customer} vindt {db} dB te luid, terwijl het zo in de offerte staat. Netjes blijven, wel
    oplossen. #noise
Typeplaatje van de {pump} bij {customer} heeft een verkeerd serienummer. Nieuw plaatje gaat mee.
    #complaint
"""),
    ("nl", "tip", ("Service", "R&D", "Production"), (), """
Tip: {seal} een nacht laten liggen op kamertemperatuur vóór montage scheelt gescheurde ringen.
    #seals
= careful
Tip: fluit de pomp, knijp dan eerst de persklep. Wordt het stil, dan is het cavitatie.
    #cavitation #noise
Tip: noteer bij een lek altijd medium, temperatuur en draaiuren. Zonder die drie is het raden. #leak
Bouten van de {pump} kruislings aanhalen, in drie rondes. Scheelt een scheef deksel. #maintenance
= careful
De nieuwe set slijtringen past ook in een {pump} uit {year}. Scheelt een heel huis bestellen.
    #spare_parts
Tip voor wie naar {customer} gaat: poort 3 nemen en een half uur rekenen voor de veiligheidsfilm.
    #safety
Trilling meten altijd op dezelfde plek: zet een streepje verf op het lagerhuis. #vibration
Bij {medium} de pomp na gebruik meteen spoelen. Een nacht wachten kost je een dag bikken.
    #maintenance
Nieuwe O-ringen: siliconenvet bij EPDM, nooit vaseline. Dat zwelt. #seals
= careful
> Deze hangt nu naast de werkbank in hal 2.
In het ERP vind je een oude pomp ook op het gietnummer op de voet. Scheelt mij elke week zoeken.
    #erp
Een motor die bromt maar niet loopt: eerst de fasen meten, dan pas de pomp open. #motor
Tip: maak een foto van de pompkamer vóór je iets losdraait. Ook voor wie na jou komt. #safety
Viscositeit kun je schatten met een beker met een gat en een horloge. Formule staat in de notitie
    van {colleague}. #viscosity
Bewaar lagers liggend en in het papier. Rechtop krijgen ze na een half jaar al putjes. #bearings
"""),
    ("nl", "win", ("Service", "Sales", "Production"), (), """
{customer} draait {hours} uur zonder één storing op de {pump}. Dat mag ook wel eens gezegd. #pumps
Compliment van {contact} bij {customer} voor de nette montage. Dank aan hal 2! #pumps
Lek bij {customer} in één keer gevonden dankzij het bericht van {colleague}. #leak
Na de ombouw gebruikt {customer} {percent}% minder stroom. Meting van henzelf. #energy #retrofit
{customer} beveelt ons aan bij een zusterbedrijf. Afspraak staat. #quote
Order {order} twee dagen te vroeg klaar. Klant moest er even van bijkomen. #delivery
Met de laserset in drie kwartier uitgelijnd waar we vroeger een ochtend mee bezig waren.
    #maintenance
{customer} heeft de hele lijn stil en hoort nu pas hoe rustig onze {pump} is. #noise
Garantieclaim bij {customer} teruggetrokken: ze zagen zelf dat het filter ontbrak. #warranty
"""),
    ("nl", "shop", ("Production",), (), """
Order {order} voor {customer} is getest en gaat {weekday} op de wagen. #delivery
Gietwerk van Gieterij Vos heeft weer poriën: {count} huizen afgekeurd. #casting #suppliers
= stock
> Zelfde gietnummer als vorige maand? Dan gaat het nu formeel naar Gieterij Vos.
> Dan schuift {customer} een week op. Ik bel ze zelf, liever nu dan straks.
Nieuwe draaibank in hal 1 draait. Assen voor de {pump} nu in één opspanning. #pumps
Proefstand is tot {weekday} bezet met {count} x {pump} voor {customer}. #testing #planning
= stock
Levertijd van {supplier} loopt op naar {weeks} weken. Neem dat mee in je offertes. #suppliers #quote
= stock
> Dank, ik had vanmiddag nog zes weken beloofd. Pas ik meteen aan.
We missen één {part} om order {order} af te bouwen. De rest staat klaar. #planning
= stock
Lakstraat ligt {days} dagen stil voor onderhoud. Spoed graag vooraf melden. #planning
Alle VP-voetplaten hebben vanaf nu dezelfde gatenmaat. Scheelt boren bij de klant. #pumps
Bijna-ongeval bij de hijskraan: strop was versleten. Alle stroppen zijn nagekeken. #safety
> Goed dat je het meldt. Ik zet het {weekday} op de agenda van het werkoverleg.
Vorige week {count} pompen meer afgebouwd dan gepland. Hal 2, klasse. #planning
Nieuwe persproef: {bar} bar, tien minuten, met print erbij. Print gaat voortaan mee in de doos.
    #testing
De lagers van [Lagerland|Kogel & Co] zijn goedgekeurd als tweede bron. Scheelt {weeks} weken
    wachten. #bearings
Voorraad {part} voor de {pump} is op. Nieuwe komen over {days} dagen. #spare_parts
Stagiair {newcomer} heeft het magazijn op looproute ingedeeld. Dertig stappen minder per order.
    #planning
Pomp voor {customer} kwam niet door de test: {db} dB, twee te veel. Waaier gaat terug naar de
    balanceerbank. #noise
{customer} komt {weekday} zelf bij de afnametest kijken. Graag hal 2 aan kant. #testing
Zes stuks {pump} tegelijk op de montagelijn, dat was lang geleden. #pumps
Rvs wordt {percent}% duurder per volgende maand, meldt Staalhuis. #suppliers #finance
"""),
    ("nl", "lab", ("R&D",), (), """
Nieuwe waaier voor de {pump}: {percent}% minder verbruik op de proefstand, zelfde opbrengst.
    #prototype #energy
= bench
> Wanneer mag ik dit aan klanten vertellen? {customer} vraagt er letterlijk om.
> Past die ook in de huizen die nu buiten staan? Dan is het meteen iets voor ombouw.
Duurproef {seal}: {hours} uur in {medium} en nog droog. We gaan door tot hij lekt. #seals #testing
= bench
Gebroken as van {customer} bekeken: scheur begon bij de spiebaan. Straal wordt groter. #materials
Lagersensor {count} weken meegelopen bij {customer}: twee storingen [drie|vijf] dagen vooraf
    gezien. #sensor
Prototype met {db} dB gemeten, drie stiller dan de huidige {pump}. Het zit in de tong van het
    huis. #noise
= bench
Coating op de waaier haalt {hours} uur in zand en water. Gewoon gietijzer haalde een derde.
    #materials
Zoeken een klant die een proefpomp wil voor {medium} rond {temp} graden. Tips naar {colleague}.
    #prototype
> {customer} wil dat vast. Ik ben er {weekday} en vraag het.
Tekening van de {part} aangepast na vragen uit hal 2: één maat minder. Revisie staat klaar.
    #planning
Cavitatietest gefilmd door een doorzichtig deksel. Prachtig en leerzaam, kom gerust kijken.
    #cavitation
Rekenmodel voor {medium} klopt nu tot op {count}% met de meting bij {customer}. #viscosity
ATEX-dossier voor de {pump} ligt bij de keurder. Uitslag over {weeks} weken. #atex
Printen van waaiers in kunststof werkt voor de proefstand. Nieuwe vorm in twee dagen in plaats
    van {weeks} weken. #prototype
Motor van [Moto-Nord|Elektra Zuid] getest: rendement klopt, maar hij wordt {temp} graden. Nog
    geen vrijgave.
    #motor
"""),
    ("nl", "market", ("Marketing",), (), """
Beursstand is rond: hal 7, naast de koffie. Wie wil er een dagdeel staan, meld je bij
    {colleague}. #fair
> Ik kan de woensdag wel doen.
> Neem een opengewerkte {pump} mee, dat trekt mensen.
Klantverhaal over {customer} staat online, met foto's uit {city}:
    https://vandalen.example/verhalen #food
Onze pagina over {pump} wordt drie keer zo vaak bekeken sinds het filmpje van de proefstand. #pumps
Zoek een foto van een {pump} in bedrijf bij {medium}. Mag met een telefoon gemaakt zijn. #pumps
> Bij {customer} staat er een in het zicht en ze doen er niet moeilijk over. Ik ben er {weekday}.
Op de beurs {count} keer dezelfde vraag: leveren jullie ook de regeling erbij. #fair
Nieuwe folder over {seal} ligt in de hal bij de receptie. Neem een stapel mee. #seals
Vakblad wil een stuk over energie en pompen. {colleague} en ik schrijven, voorbeelden zijn
    welkom. #energy
Beurs: {count} goede gesprekken, waarvan drie met klanten van {rival}. Lijst staat in het CRM. #fair
Filmpje van {newcomer} over het vervangen van een afdichting: al {rpm} keer bekeken. #training
Site vertaald in het Duits. Lees even mee op je eigen product: https://vandalen.example/de
    #chemicals
"""),
    ("nl", "office", ("Finance & HR",), (), """
Welkom {newcomer}, [monteur in opleiding|werkvoorbereider|tekenaar]! Begint {weekday} en is te
    vinden naast hal 2. #event
> Welkom, loop gerust eens binnen bij ons!
Cursus veilig werken op hoogte: nog {count} plekken op {weekday}. #training #safety
= practical
> Ik doe mee.
> Kan het ook op een andere dag? Ik zit dan bij {customer}.
{customer} betaalt nu gemiddeld na {weeks} weken. Even noemen als je er toch bent. #finance
Vacature servicemonteur regio Zuid staat uit. Ken je iemand, stuur door. #vacancy
> Een oud-collega van {rival} zoekt iets dichter bij huis. Ik vraag het hem.
Declaraties vóór {weekday} inleveren, dan gaan ze deze maand nog mee. #finance
Soep in de kantine op {weekday}, gemaakt door {colleague}. Opbrengst voor de jeugdclub. #event
= practical
Al {count} maanden zonder ongeval met verzuim. Houden zo. #safety
Zomerfeest of winterborrel: de stemming loopt tot {weekday}. #event
= practical
Nieuwe leaseregeling elektrisch rijden staat klaar; laadpalen komen bij hal 1. #energy
Rondleiding voor de technische school op {weekday}: {count} leerlingen, extra handen zijn welkom.
    #event
= practical
> Ik kan de proefstand laten zien.
BHV-oefening geslaagd: in {count} minuten iedereen buiten. Hal 1 was het snelst. #safety
In het ERP kun je nu zelf je adres wijzigen. Geen mailtje meer nodig. #erp
Kascontrole klaar, geen bijzonderheden. Dank voor het netjes boeken. #finance
{newcomer} heeft een dochter gekregen. Kaart ligt bij de receptie. #event
"""),
    ("nl", "question", ("Sales", "Marketing"), ("R&D", "Service"), """
{customer} wil het {weekday} weten: kan de {seal} tegen {medium} van {temp} graden? #seals
= background
> Ja, met EPDM tot 140 graden. Daarboven moet je naar de gekoelde uitvoering.
> Bij {other} draait hij er al twee jaar op, zonder klachten.
{customer} vraagt om een referentie. Wie heeft ervaring met {medium} in een {pump}? #pumps
= background
> Bij {other} staan er drie in vrijwel dezelfde toepassing. Je mag mijn contact daar bellen.
> Ja, maar niet boven {rpm} toeren, anders slaat er lucht in.
Hoeveel dB mag ik {customer} beloven voor een {pump} op {rpm} toeren? #noise
= background
> Op de proefstand {db} dB op een meter. In een betonnen kelder moet je er drie bij tellen.
Leveren wij een {pump} ook met ATEX zone 1, of alleen zone 2? #atex
> Zone 1 kan, met een andere motor en een grotere koppeling. Reken op drie weken extra.
> Alleen bij de grotere maten. De kleinste halen we niet, daar wordt de motor te warm.
Wat zeg ik tegen {customer} als ze vragen waarom {rival} {percent}% goedkoper is? #competitor
> Vraag naar de draaiuren: onze afdichting gaat gemiddeld twee keer zo lang mee.
> Laat de stroomrekening zien. Over vijf jaar zijn wij gewoon goedkoper.
{customer} wil een {pump} op het dak zetten. Mag hij buiten staan bij vorst? #pumps
> Mag, mits afgetapt of met verwarmingslint. Zet het wel zo in de offerte.
Heeft iemand een foto van het verschil tussen {seal} en een pakkingbus, voor een folder? #seals
> Ja, twee opengewerkte op de plank in het lab. Kom maar halen.
Waarom staat er op de site {flow} m³/h en in de folder minder, bij dezelfde {pump}? #pumps
> Folder rekent met water van 20 graden bij {bar} bar, de site met open pers. De folder is juist.
Kunnen we bij {customer} een sensor op de lagers zetten zonder de pomp open te maken? #sensor
> Ja, magneetvoet op het lagerhuis. Vijf minuten werk, ik heb er nog vier liggen.
"""),
    ("nl", "question", ("Service",), ("R&D", "Production"), """
Stuklijst van {customer} zegt het niet: welke O-ringen zaten er in een {pump} uit {year}?
    #spare_parts
> Toen nog NBR, maat 3 mm. De nieuwe EPDM-set past er precies op.
> Als er een geel plaatje op zit is het FKM, anders NBR.
Wat is het aanhaalmoment van de dekselbouten op een {pump}? #maintenance
> M12 in rvs: 75 Nm, droog. In drie rondes.
Iemand ooit een blauwe aanslag op een waaier gezien, bij {medium}? #materials
= background
> Koper uit de leiding ervoor. Onschuldig, maar kijk even of er een zwerfstroom loopt.
> Ja, bij {other}. Was een reinigingsmiddel dat ze niet hadden gemeld.
Past de waaier van een {pump} uit {year} nog in het huidige huis? #retrofit
> Wel in het huis, niet op de as. Naaf is twee millimeter dikker geworden.
Hoe lang mag een {seal} drooglopen voordat hij echt stuk is? #seals
> Met water ervoor zo'n 30 seconden. Zonder smering zie je na tien seconden al krassen.
Waar vind ik de trillingsgrenzen voor een {pump} op een stalen frame? #vibration
> Op staal rekenen we tot 4,5 mm/s. Daarboven eerst het frame verstijven.
Sta {weekday} bij {customer} met een scheve koppeling. Wie heeft de laserset? #maintenance
> Ligt in mijn bus, ik kom er {weekday} toch langs.
Klopt het dat de {part} van {supplier} een andere hardheid heeft dan voorheen? #materials
> Klopt, nieuwe partij is iets zachter. Staat in de keuring, voor water geen bezwaar.
> We hebben er vijf gemeten: binnen de norm, maar onderaan.
Mag {medium} over dezelfde {pump} als loogreiniging, of krijg ik dan problemen met de pakking? #cip
= background
> Mag, zolang het deksel een EPDM-pakking heeft. De witte is goed, de zwarte niet.
"""),
    ("nl", "question", ("Production", "R&D"), ("Service", "Sales"), """
Weet iemand waarom {customer} altijd een linksdraaiende {pump} bestelt? #pumps
> De persleiding komt daar van de verkeerde kant. Al sinds {year}, verbouwen is duurder.
Hoe vaak komt lekkage bij {medium} voor in het veld? Wie heeft cijfers? #leak
> Bij {customer} ongeveer eens in de {hours} uur. Zonder zand twee keer zo lang.
> Dit jaar vijf keer gehad, steeds bij dezelfde temperatuurwissel.
Gebruikt een klant de handgreep op de {pump} eigenlijk, of kan hij eraf? #prototype
> Nooit gezien. Ze hangen er wel de sleutels aan.
> Wel bij de kleinste, die tillen ze met de hand. Bij de rest mag hij weg.
Wil {customer} order {order} in delen, of pas als alles klaar is? #delivery
> In delen graag: de eerste twee zijn voor de lijn die stilstaat.
Kent iemand voor de {part} een betere leverancier dan {supplier}? #suppliers
> In Twente zit een goede. Iets duurder, maar de maten kloppen wel.
Wie heeft een oude {pump} uit bedrijf die we mogen opensnijden? #testing
> Bij {customer} gaat er volgende week een uit. Ik neem hem mee in de bus.
"""),
    ("nl", "question", ("Sales", "Service", "Production", "R&D"), ("Finance & HR", "Marketing"), """
Hoe boek ik reistijd naar {customer} in het ERP als ik er twee dagen ben? #erp
> Per dag een regel, met het ordernummer erbij. Overnachting apart onder reiskosten.
Is er dit jaar nog een cursus ATEX, ook voor wie niet in de buitendienst zit? #training #atex
> Ja, op {weekday} over drie weken. Nog vier plekken, ik zet je erop.
Wat is nu de grens waarboven ik een tweede handtekening nodig heb bij inkoop? #finance
> Vanaf 5.000 euro, en voor gereedschap vanaf 2.500.
Waar vind ik de laatste bedrijfspresentatie, die met de foto van {customer}? #fair
> In de map Beurs, de versie met de blauwe voorkant. De rest haal ik weg.
Mag een klant op rondleiding door hal 2 foto's maken? #safety
> Ja, behalve bij de proefstand. En altijd met een vestje en een begeleider.
"""),
    ("en", "visit", ("Sales",), (), """
[Just left|Visited] {customer} in {city}: {medium} at {temp} °C, they need a second {pump}. #quote
= facts
Spoke to {contact} at {customer}: likes our pumps, cannot live with {weeks} weeks delivery.
    #delivery
= costs
{customer} has spent this year's budget. We are invited back in January. #quote
Tour at {customer}: {count} pumps from {year} still running, parts are getting hard to find.
    #spare_parts
= facts
{customer} plans a second line and wants our view before the piping is drawn. Good sign. #pumps
= facts
Coffee with {contact} at {customer}. They would pay for a pump that tells them when it wears.
    #sensor
> How much would they pay? That is the figure I need for the business case.
{customer} wants to leave packed glands for mechanical seals. First talk about {seal} done. #seals
New plant manager at {customer} used {rival} before. Polite, not convinced of us yet. #competitor
{customer} must get below {db} dB in the pump room before the next inspection. #noise
> We have an enclosure design from two years ago, never sold. I will dig it up.
{customer} cleans at 85 °C with caustic now. Check the O-rings before quoting anything there. #cip
Great visit to {customer}: they praised {colleague} by name for the quick repair. #maintenance
{customer} may take a {pump} on trial: {flow} m³/h of {medium}, three weeks. #testing
= facts
Spoke to {contact} at {customer}: asked whether we rent out pumps. Third time this year. #pumps
{customer} wants ATEX papers for everything on site, including a {pump} from {year}. #atex
> I can reissue those if you send me photos of the name plates.
{customer} reduces its suppliers from seven to two. We are among the last three. #quote
= costs
Operators at {customer} asked for a short training, hands on, no slides. #training
{customer} measures power per pump. Our {pump} uses {percent}% less than the one beside it. #energy
"""),
    ("en", "order", ("Sales",), (), """
Order from {customer}: {count} x {pump}, due in {weeks} weeks. #delivery
> Booked for hall 2. I need the final drawings by {weekday}.
> Congratulations! Motors are tight, I am reserving them today.
Quote sent to {customer}: {euro} for {count} pumps with {seal}. Decision in {days} days. #quote
Lost {customer} on price, {percent}% too high. They ranked us first on engineering. #quote
> Did they compare the same seal? {rival} likes to quote the simple one.
{customer} renews the maintenance contract for two years. #maintenance
Repeat order from {customer}: {count} more {pump}, no haggling at all. #pumps
{customer} asks for a discount on {count} units. Offered longer warranty instead. #warranty
{customer} prefers rebuilding {count} old pumps over buying new. Decent margin. #retrofit
Order {order} for {customer} moves up by {days} days. Production, sorry and thank you. #planning
> We can do that if the motors arrive. I will call Moto-Nord now.
"""),
    ("en", "rival", ("Sales", "Marketing", "Service"), (), """
{rival} is {percent}% below us at {customer}, but without commissioning. #competitor #quote
Seen at {customer}: a {rival} pump with a bearing sensor as standard. Nicely done. #competitor
{rival} promised {customer} {weeks} weeks and is late already. Good time to call. #competitor
{contact} at {customer} says {rival} no longer answers the service phone at weekends. #competitor
{rival} offers five years of warranty on seals now, heard at {customer}. #warranty
> Clean water below 60 °C only. I have their conditions here.
{rival} has a pump selector on its website. Better than I expected. #competitor
{customer} runs a {rival} next to our {pump}. After {days} days ours is the quieter one. #noise
"""),
    ("en", "fault", ("Service",), (), """
Leak at {customer} on a {pump}: seal worn after {hours} hours in {medium}. #leak
= wear
> Which faces? For {medium} I would use silicon carbide on both sides, no carbon.
> Same at {other}. There the pump ran dry for half a minute at each start.
Whistling {pump} at {customer}, only above {rpm} rpm. I suspect the suction line. #noise
= restart
> Sounds like cavitation. Check the strainer, it clogs quickly at {customer}.
> Do you have a recording? I can compare it with the test bench.
Bearings of a {pump} at {customer} run at {temp} °C. Far too much grease in there. #bearings
{pump} at {customer} shakes since the new foundation. Foot was not flat, shimmed it. #vibration
Cavitation at {customer}: somebody had half closed the suction valve. #cavitation
= restart
Broken {part} at {customer}, second time in a year. Photos are with {colleague}. #materials
= wear
> Please send the part as well, a photo does not show how the crack grew.
{pump} at {customer} no longer makes {flow} m³/h. New wear ring, good as new. #maintenance
= wear
Motor at {customer} kept tripping: a blanket of dust on the cooling fins. #motor
After caustic cleaning the {pump} at {customer} leaks. FKM rings fitted, should be EPDM. #cip #leak
> The parts list is to blame, it offers both. I will have it corrected.
Pump at {customer} ran backwards after panel work. Ten minutes to fix, two hours to drive. #motor
Shaft failure at {customer}, {pump} from {year}. Looks like fatigue to me. #materials
= wear
> Keep the fracture dry and do not clean it, please. I want it under the microscope.
Third {seal} in six months at {customer}. The flush water is off to save money. #seals
= wear
Water hammer at {customer} breaks the {part}. The valve now closes in {count} seconds. #safety
{pump} at {customer} runs {percent}% left of its duty point, which explains the vibration.
    #vibration
Impeller at {customer} is paper-thin after {weeks} weeks of {medium}. There is sand in it.
    #materials
Two pumps in parallel at {customer}, one does all the work. Check valve was stuck. #pumps
Service at {customer} done: {count} pumps checked, one {seal} left on their shelf. #maintenance
Night call at {customer}: {medium} had set solid in the {pump}. Warm water freed it. #maintenance
= restart
"""),
    ("en", "complaint", ("Service", "Sales"), (), """
{customer} received a {pump} with the manual in the wrong language. #complaint
{customer} was told three delivery dates for one {part}. We must do better. #complaint #delivery
= calls
> Sales, planning and stores each look at another screen. Planning's date is the one that counts.
{customer} is upset: our engineer came three hours late and nobody rang them. #complaint
Invoice {order} to {customer} is wrong, travel was charged twice. #complaint #finance
> Credit note is on its way, and I have called them.
{customer} has waited {weeks} weeks for a {part}. Today {contact} rang me in person. #complaint
= calls
Crate damaged on arrival in {city}. {customer} sent photos of the dented base plate. #complaint
{customer} is tired of explaining the same fault to five of us. {colleague} is their one contact
    now. #complaint
"""),
    ("en", "tip", ("Service", "R&D", "Production"), (), """
Tip: when a pump whistles, throttle the discharge. If it goes quiet, it is cavitation.
    #cavitation #noise
Tip: with each leak write down medium, temperature and hours. Without those it is guesswork. #leak
Leave a {seal} at room temperature overnight before fitting. Fewer torn rings. #seals
= careful
Going to {customer}? Use gate 3 and allow half an hour for the safety film. #safety
Measure vibration at the same spot each time. A dab of paint on the bearing housing will do.
    #vibration
With {medium}, flush the pump right after the run. Waiting overnight costs you a day. #maintenance
EPDM rings want silicone grease, never petroleum jelly. It makes them swell. #seals
= careful
Old pump, no papers? The casting number on the foot finds it in the ERP. #erp
A motor that hums but does not turn: measure the phases before you open the pump. #motor
Take a photo of the pump room before you loosen anything. The next colleague will thank you. #safety
Store bearings flat and wrapped. Upright they get marks within half a year. #bearings
"""),
    ("en", "win", ("Service", "Sales", "Production"), (), """
{customer} reached {hours} hours on a {pump} without a single stop. Worth saying aloud. #pumps
{contact} at {customer} complimented us on a tidy installation. Thank you, hall 2! #pumps
Found the leak at {customer} at once, thanks to what {colleague} wrote last month. #leak
After the rebuild {customer} uses {percent}% less power, by their own meter. #energy #retrofit
{customer} recommended us to a sister plant. Meeting is booked. #quote
Order {order} left two days early. The customer had to sit down. #delivery
Warranty claim at {customer} withdrawn: they found the missing filter themselves. #warranty
"""),
    ("en", "shop", ("Production",), (), """
Order {order} for {customer} has passed its test and leaves on {weekday}. #delivery
Castings from Gieterij Vos are porous again: {count} housings rejected. #casting #suppliers
= stock
> Same batch number as last month? Then this becomes a formal complaint to Gieterij Vos.
New lathe in hall 1 is up. {pump} shafts now in one clamping. #pumps
Test bench is taken until {weekday}: {count} x {pump} for {customer}. #testing #planning
= stock
Delivery from {supplier} slips to {weeks} weeks. Please use that in your quotes. #suppliers #quote
= stock
> Thanks, I promised six this very afternoon. Correcting it now.
We are one {part} short to finish order {order}. Everything else is ready. #planning
= stock
Paint shop is down for {days} days of maintenance. Tell us early if it is urgent. #planning
Near miss at the crane: a worn sling. All slings have been checked since. #safety
Pressure test is now {bar} bar for ten minutes, and the print-out goes into the box. #testing
Bearings from [Lagerland|Kogel & Co] approved as second source. Saves {weeks} weeks of waiting.
    #bearings
{customer} comes on {weekday} to watch the acceptance test. Please keep hall 2 tidy. #testing
Intern {newcomer} sorted the stores by walking route. Thirty steps less per order. #planning
Out of {part} stock for the {pump}. New ones in {days} days. #spare_parts
"""),
    ("en", "lab", ("R&D",), (), """
New impeller for the {pump}: {percent}% less power on the bench at the same flow. #prototype #energy
= bench
> When may I tell customers? {customer} asked for exactly this.
> Does it fit the housings in the field? Then it is a rebuild kit as well.
Endurance test of {seal}: {hours} hours in {medium} and still dry. We go on until it leaks.
    #seals #testing
= bench
Looked at the broken shaft from {customer}: crack began at the keyway. Bigger radius coming.
    #materials
Bearing sensor at {customer} saw two failures days ahead. {count} weeks of data so far. #sensor
Prototype measured at {db} dB, three below the current {pump}. It is the cutwater. #noise
= bench
Coated impeller lasts {hours} hours in sand and water, three times plain cast iron. #materials
Looking for a customer to try a pump for {medium} at about {temp} °C. Tips to {colleague}.
    #prototype
> {customer} would love that. I am there on {weekday} and will ask.
Filmed cavitation through a clear cover. Beautiful, and a little frightening. Come and see.
    #cavitation
Our model for {medium} now agrees within {count}% with the figures from {customer}. #viscosity
ATEX file for the {pump} is with the examiner. Answer in {weeks} weeks. #atex
Printed plastic impellers work on the bench: a new shape in two days, not {weeks} weeks. #prototype
"""),
    ("en", "market", ("Marketing",), (), """
Our stand is settled: hall 7, next to the coffee. To take a shift, tell {colleague}. #fair
> I can take the Wednesday.
> Bring a cut-open {pump}, that draws people.
Customer story on {customer} is live, photos from {city}: https://vandalen.example/stories #food
Looking for a photo of a {pump} at work in {medium}. A phone picture is fine. #pumps
> There is one in plain sight at {customer}. I will be there on {weekday}.
Fair: {count} people asked the same thing, do we supply the controls as well. #fair
New leaflet on {seal} is at reception. Take a stack. #seals
A trade paper wants a piece on pumps and energy. Examples to {colleague} or me, please. #energy
Fair: {count} good talks, three with customers of {rival}. The list is in the CRM. #fair
The page on the {pump} gets three times the visitors since the test bench film. #pumps
"""),
    ("en", "office", ("Finance & HR",), (), """
Welcome {newcomer}, our new [field engineer|planner|draughtsman]! Starts on {weekday}, sits next
    to hall 2. #event
> Welcome, do drop by at our side!
Working at height course: {count} places left on {weekday}. #training #safety
= practical
> Count me in.
> Another day perhaps? I am at {customer} then.
{customer} pays {days} weeks late on average. Please mention it when you are there. #finance
Vacancy: service engineer, south. Do you know somebody, pass it on. #vacancy
> A former colleague at {rival} wants to work closer to home. I will ask him.
Expenses in by {weekday}, then they are paid this month. #finance
Soup in the canteen on {weekday}, made by {colleague}. Proceeds go to the youth sailing club. #event
{count} months without an accident. Let us keep it so. #safety
School visit on {weekday}: {count} pupils. Extra hands for the tour are welcome. #event
= practical
> I can show them the test bench.
Fire drill went well: everybody out in {count} minutes. Hall 1 was the quickest. #safety
You can change your own address in the ERP now. No mail to us needed. #erp
English lessons start again on {weekday}, Dutch lessons a day later. All levels. #training
"""),
    ("en", "question", ("Sales", "Marketing"), ("R&D", "Service"), """
{customer} wants to know by {weekday}: can {seal} take {medium} at {temp} °C? #seals
= background
> Yes, with EPDM up to 140 °C. Above that you need the cooled version.
> It has run on it at {other} for two years, no complaints.
{customer} asks for a reference: who has experience with {medium} in a {pump}? #pumps
= background
> Three of them at {other}, nearly the same duty. You may call my contact there.
How many dB may I promise {customer} for a {pump} at {rpm} rpm? #noise
= background
> {db} dB at one metre on the bench. In a concrete cellar add three.
Do we supply the {pump} for ATEX zone 1, or only zone 2? #atex
> Zone 1 is possible with another motor. Count on three extra weeks.
What do I say when {customer} asks why {rival} is {percent}% cheaper? #competitor
> Ask for their running hours: our seal lasts about twice as long.
> Show the power bill. Over five years we are simply cheaper.
{customer} wants a {pump} on the roof. May it stand outside in frost? #pumps
> Yes, if drained or trace heated. Write it into the quote, though.
Can we put a sensor on the bearings at {customer} without opening the pump? #sensor
> Yes, a magnetic foot on the housing. Five minutes, and I have four left.
"""),
    ("en", "question", ("Service",), ("R&D", "Production"), """
The parts list of {customer} does not say: which O-rings went into a {pump} of {year}? #spare_parts
> NBR in those days, 3 mm. The new EPDM set fits exactly.
> A yellow plate means FKM, otherwise NBR.
What is the torque for the cover bolts of a {pump}? #maintenance
> M12 stainless: 75 Nm, dry, in three rounds.
Has anybody seen a blue deposit on an impeller in {medium}? #materials
= background
> Copper from the pipe before it. Harmless, but look for stray current.
> Yes, at {other}. It was a cleaning agent that nobody had told us about.
How long may a {seal} run dry before it is really gone? #seals
> About 30 seconds if it was wet before. Without any film you see scratches after ten.
Where do I find vibration limits for a {pump} on a steel frame? #vibration
> 4.5 mm/s on steel. Above that, stiffen the frame first.
I am at {customer} on {weekday} with a crooked coupling. Who has the laser kit? #maintenance
> It is in my van, I pass by on {weekday} anyway.
"""),
    ("en", "question", ("Production", "R&D"), ("Service", "Sales"), """
Does anybody know why {customer} always orders a left-turning {pump}? #pumps
> Their discharge comes in from the wrong side. Since {year}, and rebuilding costs more.
How often do seals leak on {medium} in the field? Does anybody keep figures? #leak
> At {customer} about every {hours} hours. Without sand twice as long.
> Five times this year, always with the same jump in temperature.
Does any customer use the handle on the {pump}, or can it go? #prototype
> Never seen it used. They do hang keys on it.
> On the smallest one, yes, they lift it by hand. Elsewhere it may go.
Does {customer} want order {order} in parts, or only when complete? #delivery
> In parts, please: the first two are for the line that stands still.
Is there an old {pump} somewhere that we may cut open? #testing
> One comes out at {customer} next week. I will bring it in the van.
"""),
    ("en", "question", ("Sales", "Service", "Production", "R&D"), ("Finance & HR", "Marketing"), """
How do I book travel to {customer} in the ERP when I stay two days? #erp
> One row a day with the order number. The hotel goes under travel costs.
Is there another ATEX course this year, also for office people? #training #atex
> Yes, on {weekday} in three weeks. Four places left, I put you on the list.
From what amount do I need a second signature on a purchase? #finance
> From 5,000 euros, and for tools from 2,500.
Where is the latest company presentation, the one with the photo of {customer}? #fair
> In the Fair folder, the one with the blue cover. I will remove the others.
"""),
)

# Replies that fit every post of a kind. The last four belong to a moment: the asker after an
# answer, the asker who found out alone, others at an open question, the author of the post.
_REPLIES = {
    ("nl", "visit"): """
Houd me op de hoogte. Ik kan er {weekday} bij zijn als dat helpt.
Daar waren wij vorige maand ook. {contact} beslist daar, de rest adviseert.
Dit past bij wat ik bij {other} hoorde.
Goed om te weten, wij zijn er binnenkort voor onderhoud.
Wie van ons heeft daar nu de beste ingang?
""",
    ("nl", "order"): """
Dank, ik werk de prognose bij.
Goed om te weten, daar houd ik rekening mee in de planning.
Speelde {rival} hier ook een rol?
Zelfde verhaal als bij {other}, dus.
""",
    ("nl", "rival"): """
Dat hoorde ik bij {other} ook.
Goed dat je dit deelt, ik neem het {weekday} mee in het overleg.
Is dit alleen daar, of in de hele regio?
Wij hebben er ooit een opengemaakt: keurig, maar de afdichting is van de eenvoudige soort.
""",
    ("nl", "fault"): """
Zelfde gezien bij {other}, vorige maand.
Hoeveel draaiuren stonden er op de teller?
Heb je foto's? Dan zet ik ze in de storingslijst.
Valt dit onder garantie, of is het gebruik?
Zet het ook in het dossier van {customer}, dit is de tweede keer.
Dit wil ik op de proefstand nadoen. Mag ik je {weekday} bellen?
""",
    ("nl", "complaint"): """
Ik bel {customer} vanmiddag zelf even.
Begrijpelijk. Wat zou ze nu het meest helpen?
Dit hadden we bij {other} ook. Ik zet het op de lijst voor {weekday}.
Dank voor het melden, hier ging het bij ons mis.
""",
    ("nl", "tip"): """
Vandaag geprobeerd en het werkt.
Goede! Deze neem ik mee in de training.
Doe ik al jaren zo, en toch vergeet ik het de helft van de tijd.
Mag dit op een kaartje in de bus?
""",
    ("nl", "win"): """
Mooi werk!
Mag ik dit gebruiken voor een klantverhaal?
Hier wordt hal 2 blij van, ik hang het op.
Goed om te lezen, dank voor het delen.
""",
    ("nl", "shop"): """
Dank, dan weet ik wat ik {customer} kan vertellen.
Helpt het als ik de volgorde van mijn orders omdraai?
Geldt dat voor alle lopende orders?
Fijn dat je dit hier zet, ik wilde net bellen.
""",
    ("nl", "lab"): """
Staat het rapport al ergens?
Interessant voor {other}, daar speelt hetzelfde.
Wat doet het met de prijs?
Mag ik {contact} van {customer} een keer meenemen naar de proefstand?
""",
    ("nl", "market"): """
Deel ik met {contact} van {customer}.
Goed initiatief!
Kan ik helpen? Op {weekday} ben ik binnen.
""",
    ("nl", "office"): """
Geef ik door in de ploeg.
Dank voor het regelen.
Geldt dit ook voor de buitendienst?
""",
    ("nl", "answered"): """
Dank, dat was precies wat ik zocht.
Helder. Had ik eerder moeten vragen.
Weer iets geleerd, bedankt!
Fijn, dit scheelt me een ochtend zoeken.
Dank! Zo doen we het.
""",
    ("nl", "solved"): """
Gebeld met {colleague}, ik ben eruit.
Niet meer nodig, het is opgelost.
Inmiddels zelf uitgezocht, dank voor het lezen.
""",
    ("nl", "puzzled"): """
Weet ik ook niet, maar {colleague} misschien wel.
Goede vraag, wil ik ook graag weten.
Ik zoek het na, geef me tot {weekday}.
Al iets gevonden? Ik zit met hetzelfde.
""",
    ("nl", "author"): """
Dank voor het meedenken!
Goed punt, ik vraag het na en laat het hier weten.
Ik ben er {weekday} weer en neem het dan mee.
Ja, dat vermoeden had ik ook al.
""",
    ("en", "visit"): """
Keep me posted, I can join on {weekday} if that helps.
We were there last month. {contact} decides, the rest advise.
This matches what I heard at {other}.
Good to know, we are there soon for maintenance.
""",
    ("en", "order"): """
Thanks, updating the forecast.
Good to know, I will plan for it.
Was {rival} part of this as well?
Same story as at {other}, then.
""",
    ("en", "rival"): """
Heard the same at {other}.
Useful, I will bring it to the meeting on {weekday}.
Only there, or in the whole region?
We opened one once: tidy work, but the seal is the simple kind.
""",
    ("en", "fault"): """
Seen the same at {other} last month.
How many hours were on the meter?
Any photos? I will add them to the fault list.
Is this warranty, or the way they use it?
I want to reproduce this on the bench. May I ring you on {weekday}?
""",
    ("en", "complaint"): """
I will ring {customer} myself this afternoon.
Fair enough. What would help them most right now?
We had this at {other} too. It is on my list for {weekday}.
Thanks for telling us, this one was our mistake.
""",
    ("en", "tip"): """
Tried it today and it works.
Good one, this goes into the training.
Could this go on a card in every van?
""",
    ("en", "win"): """
Great work!
May I use this for a customer story?
I am putting this up in hall 2.
""",
    ("en", "shop"): """
Thanks, now I know what to tell {customer}.
Would it help if I swap the order of mine?
Is that so for all orders under way?
Glad you wrote it here, I was about to call.
""",
    ("en", "lab"): """
Is the report anywhere yet?
Interesting for {other}, they struggle with the same.
What does it do to the price?
May I bring {contact} from {customer} to the bench one day?
""",
    ("en", "market"): """
Sharing this with {contact} at {customer}.
Good initiative!
Can I help? I am in on {weekday}.
""",
    ("en", "office"): """
Passing it on to my shift.
Thanks for arranging this.
Does this hold for field staff too?
""",
    ("en", "answered"): """
Thanks, exactly what I needed.
Clear. I should have asked sooner.
Learned something again, thank you!
Great, that saves me a morning of searching.
""",
    ("en", "solved"): """
Spoke to {colleague}, I know enough.
No longer needed, it is sorted out.
Found out by myself in the end, thanks for reading.
""",
    ("en", "puzzled"): """
I do not know, but {colleague} might.
Good question, I would like to know that too.
I will look it up, give me until {weekday}.
Any luck yet? I have the same on my desk.
""",
    ("en", "author"): """
Thanks for thinking along!
Good point, I will ask and tell you here.
I am back there on {weekday} and will take it along.
Yes, that was my suspicion too.
""",
}
MOMENTS = ("answered", "solved", "puzzled", "author")

# The little more, folded under the lines that name it.
NOTES = {
    ("nl", "facts"): """**Aanwezig:** {contact}, twee operators en ik.

- Medium: {medium}, {temp} °C
- Gevraagd: {flow} m³/h bij {bar} bar
- Nu in bedrijf: {count} pompen, waarvan twee van {rival}

Ze willen minder stilstand, *niet* de laagste prijs. Voorstel volgt binnen {days} dagen.""",
    ("nl", "costs"): """Wat ik onthouden heb:

1. Elke stop kost ze ongeveer {euro}.
2. Onderdelen zijn nu {weeks} weken weg, dat vinden ze te lang.
3. Wie er bij komt, moet ook 's nachts opnemen.

{contact} wil graag een keer in hal 2 komen kijken.""",
    ("nl", "wear"): """**Gezien:** slijtage op de vlakken, sporen van drooglopen.

**Gedaan:** vervangen, uitgelijnd, een uur meegedraaid bij {bar} bar.

**Nog te doen:** over {weeks} weken terug voor een trillingsmeting.

- trilling voor: 7,1 mm/s, na: 2,3 mm/s
- geluid voor: 86 dB, na: {db} dB""",
    ("nl", "restart"): """Volgorde die hier werkte:

1. zuigfilter eruit en spoelen
2. ontluchten, *twee keer*
3. langzaam opstarten tot {rpm} toeren

Blijft de zuigdruk daarna onder 0,4 bar, dan zit het in de leiding en niet in onze pomp.""",
    ("nl", "careful"): """Waarom dit werkt: in de gevallen die ik zag was niet het onderdeel
    fout, maar de montage.
**Rustig aan** is hier sneller klaar.

Vragen? Schrijf ze hieronder, dan leest een ander het antwoord ook.""",
    ("nl", "stock"): """Stand van vandaag:

- klaar: {count} stuks
- in test: 2
- wacht op onderdelen van {supplier}: 3

Wie een klant een datum schuldig is: vraag het mij, haal hem **niet** uit het oude scherm.""",
    ("nl", "bench"): """Gemeten op de proefstand, water van 20 °C:

- toerental: {rpm}
- opbrengst: {flow} m³/h
- geluid op een meter: {db} dB

Alles boven {temp} °C is nog niet getest. *Dus nog niets beloven.*""",
    ("nl", "calls"): """> "Ik wil gewoon weten waar ik aan toe ben."

Dat zei {contact} letterlijk. Afgesproken: elke {weekday} bellen we, *ook* zonder nieuws.""",
    ("nl", "background"): """Achtergrond:

- klant: {customer}, {city}
- medium: {medium}, {temp} °C
- druk: {bar} bar

Ik ben over {days} dagen weer bij de pomp, dus zo'n haast is er niet.""",
    ("nl", "practical"): """Praktisch:

- **waar:** kantine, naast hal 2
- **wanneer:** {weekday}, 15.30 uur
- **aanmelden:** hieronder, of bij de receptie""",
    ("en", "facts"): """**Present:** {contact}, two operators, me.

- Medium: {medium}, {temp} °C
- Wanted: {flow} m³/h at {bar} bar
- Running now: {count} pumps, two of them {rival}

They want fewer stops, *not* the lowest price. Proposal within {days} days.""",
    ("en", "costs"): """What I took home:

1. Each stop costs them about {euro}.
2. Parts take {weeks} weeks, which is too long for them.
3. Whoever comes in must answer the phone at night.""",
    ("en", "wear"): """**Seen:** worn faces, traces of dry running.

**Done:** replaced, aligned, one hour of running at {bar} bar.

**To do:** back in {weeks} weeks for a vibration reading.""",
    ("en", "restart"): """The order that worked here:

1. take out the suction strainer and rinse it
2. vent, *twice*
3. start slowly, up to {rpm} rpm

If suction pressure stays below 0.4 bar after that, look at the piping and not at our pump.""",
    ("en", "careful"): """Why it works: in the cases that I saw the part was fine and the fitting
    was not.
**Slow is quick** here.

Questions below, please, so that others can read the answer.""",
    ("en", "stock"): """Where we stand:

- ready: {count}
- on test: 2
- waiting for parts from {supplier}: 3

If you owe a customer a date, ask me; do **not** take it from the old screen.""",
    ("en", "bench"): """Measured on the bench, water at 20 °C:

- speed: {rpm} rpm
- flow: {flow} m³/h
- noise at one metre: {db} dB

Anything above {temp} °C is not tested yet. *So no promises.*""",
    ("en", "calls"): """> "I just want to know where I stand."

Those were the words of {contact}. Agreed: a call every {weekday}, *also* when there is no news.""",
    ("en", "background"): """Background:

- customer: {customer}, {city}
- medium: {medium}, {temp} °C
- pressure: {bar} bar

No rush: it will be {days} days before I am back at the pump.""",
    ("en", "practical"): """In short:

- **where:** canteen, next to hall 2
- **when:** {weekday}, 3.30 pm
- **sign up:** below, or at reception""",
}

_CHOICE = re.compile(r"\[([^\[\]]+)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_TAG = re.compile(r"#(\w+)")
_TAGS_AT_END = re.compile(r"((?: #\w+)*)$")
_FIRST_LETTER = re.compile(r"(?:^|(?<=\n\n)|(?<=[^.\d][.?!] ))[a-z]")
# A longer word in small letters, no part of a tag, a mention or an address.
_LONG_WORD = re.compile(r"(?<![\w#@./])[a-z]{7,}(?![\w./])")


@dataclass(frozen=True)
class Template:
    """A line to be, what may follow it, and the departments that write and reply."""

    language: str
    kind: str
    writers: tuple[str, ...]
    responders: tuple[str, ...]  # empty: anybody
    body: str
    tags: tuple[str, ...]
    note: str  # a name among NOTES, or empty
    replies: tuple[str, ...]


def _templates() -> Iterator[Template]:
    for language, kind, writers, responders, block in _BLOCKS:
        for chunk in re.split(r"\n(?![>=] )", _joined(block)):
            line, *under = chunk.split("\n")
            body = _TAGS_AT_END.sub("", line)
            yield Template(
                language, kind, writers, responders, body, tuple(_TAG.findall(line[len(body):])),
                "".join(row.removeprefix("= ") for row in under if row.startswith("= ")),
                tuple(row.removeprefix("> ") for row in under if row.startswith("> ")),
            )


def _joined(block: str) -> str:
    """The block with each indented line behind the one above it.

    >>> _joined("one" + chr(10) + "    more")
    'one more'
    """
    return re.sub(r"\n +", " ", block.strip())


TEMPLATES = tuple(_templates())
REPLIES = {key: tuple(_joined(block).split("\n")) for key, block in _REPLIES.items()}


def tag_names(number: int) -> list[str]:
    """So many tags: ours first, then as many product numbers as it takes.

    >>> tag_names(2), tag_names(62)[-2:]
    (['pumps', 'acme'], ['vp10', 'lx10'])
    """
    sizes = (f"{series}{size}" for size in count(10, 10) for series in _SERIES)
    more = (name for name in sizes if name not in TOPICS)
    return [*TOPICS, *islice(more, max(0, number - len(TOPICS)))][:number]


def colleagues(number: int) -> list[Person]:
    """So many people: the three standing ones, those with a name of their own, then mixtures.

    >>> [person.username for person in colleagues(4)]
    ['ada', 'grace', 'linus', 'sanne']
    """
    names = {"nl": _names(_DUTCH_PEOPLE), "en": _names(_OTHER_PEOPLE)}
    found = {person.username: person for person in STANDING}
    turns = cycle(_TURNS)
    while len(found) < number:
        language = next(turns)
        first, last = next(names[language])
        username = _username(first, last, found)
        found[username] = Person(username, f"{first} {last}", language)
    return list(found.values())[:number]


def _names(written: str) -> Iterator[tuple[str, str]]:
    """First and last names as they are written, and then in ever new pairs."""
    firsts, lasts = zip(*(name.split(" ", 1) for name in written.split(", ")), strict=True)
    for shift in count():
        for place, first in enumerate(firsts):
            yield first, lasts[(place + shift) % len(lasts)]


def _username(first: str, last: str, taken: Collection[str]) -> str:
    """A short name that nobody has yet.

    >>> _username("Roos", "van Dam", []), _username("Roos", "van Dam", ["roos", "roos_d"])
    ('roos', 'roos_d2')
    """
    if (plain := first.lower()) not in taken:
        return plain
    plain = f"{plain}_{last.rsplit(maxsplit=1)[-1][0].lower()}"
    return next(name for name in chain([plain], (f"{plain}{n}" for n in count(2)))
                if name not in taken)


def one_of(drawn_from: Sequence[Item], dice: random.Random) -> Item:
    """As `choice`, in a third of its time, which the large company has a dozen of in a post."""
    return drawn_from[int(dice.random() * len(drawn_from))]


def some_of(drawn_from: Sequence[Item], number: int, dice: random.Random) -> list[Item]:
    """So many different ones, as `sample` draws them, for a few of many."""
    places: dict[int, None] = {}
    while len(places) < number:
        places[int(dice.random() * len(drawn_from))] = None
    return [drawn_from[place] for place in places]


class Facts(dict[str, str]):
    """What one thread is about, by slot; of most slots a value is drawn when it is asked for."""

    def __init__(self, known: Mapping[str, str], language: str, dice: random.Random) -> None:
        super().__init__(known)
        self._values, self._dice = values_of(language), dice

    def __missing__(self, slot: str) -> str:
        value = self[slot] = one_of(self._values[slot], self._dice)
        return value


def facts(language: str, tags: Sequence[str], dice: random.Random) -> Facts:
    """What one thread is about: a value for each slot except `colleague`, and the `trade`."""
    first, step = (int(dice.random() * (len(CUSTOMERS) - less)) for less in (0, 1))
    customer, other = CUSTOMERS[first], CUSTOMERS[first - 1 - step]
    is_numbered = len(tags) > len(TOPICS) and dice.random() < 0.4
    of = one_of(tags[len(TOPICS):] if is_numbered else PUMPS, dice)
    known = {
        "customer": _called(customer.tag, customer.name, tags, dice),
        "other": _called(other.tag, other.name, tags, dice),
        "city": customer.city, "trade": customer.trade,
        "medium": customer.nl if language == "nl" else customer.en,
        "pump": _called(of, of.upper(), tags, dice),
        "seal": _called(seal := one_of(SEALS, dice), _spoken(seal), tags, dice),
    }
    return Facts(known, language, dice)


def _called(tag: str, name: str, tags: Collection[str], dice: random.Random) -> str:
    """Mostly by the tag, where there is one."""
    return f"#{tag}" if tag in tags and dice.random() < 0.85 else name


def _spoken(tag: str) -> str:
    """A tag without its sign.

    >>> _spoken("seal_x2")
    'Seal X2'
    """
    return tag.replace("_", " ").title()


@cache
def values_of(language: str) -> Mapping[str, Sequence[str]]:
    """All that may stand in each slot that is free of the customer and the product."""
    point = "." if language == "nl" else ","
    euro = "€ " if language == "nl" else "€"
    figures = {slot: [str(figure) for figure in range(low, high + 1, step)]
               for slot, (low, high, step) in _FIGURES.items()}
    large = {slot: [(euro if slot == "euro" else "") + f"{figure:,}".replace(",", point)
                    for figure in range(low, high + 1, step)]
             for slot, (low, high, step) in _THOUSANDS.items()}
    return {**_WORDS[language], **_NAMES, **figures, **large}


def filled(template: str, known: Mapping[str, str], dice: random.Random) -> str:
    """The template with its choices made and its slots filled; a sentence begins with a capital.

    >>> filled("{contact} [called|called] from {city}", {"contact": "the buyer", "city": "Breda"},
    ...        random.Random(1))
    'The buyer called from Breda'
    """
    chosen = _CHOICE.sub(lambda match: one_of(match[1].split("|"), dice), template)
    whole = _SLOT.sub(lambda match: known[match[1]], chosen)
    return _FIRST_LETTER.sub(lambda match: match[0].upper(), whole)


def line_of(
    template: Template, known: Mapping[str, str], tags: Sequence[str], dice: random.Random
) -> str:
    """The line of a post: filled, with its tags behind it while they exist and there is room."""
    line = filled(template.body, known, dice)
    at_end = list(template.tags)
    if "{customer}" in template.body and dice.random() < 0.2:
        at_end.append(known["trade"])
    for tag in at_end:
        if tag in tags and tag not in _TAG.findall(line) and len(line) + 2 + len(tag) <= LINE_ROOM:
            line += f" #{tag}"
    return line


def slip(line: str, dice: random.Random) -> str:
    """The line with two letters of a longer word changed about, as hurried thumbs do.

    >>> slip("the casting is porous", random.Random(1))
    'the csating is porous'
    """
    words = list(_LONG_WORD.finditer(line))
    if not words:
        return line
    word = dice.choice(words)
    places = [at for at in range(word.start() + 1, word.end() - 2) if line[at] != line[at + 1]]
    at = dice.choice(places or [word.start()])
    return line[:at] + line[at + 1] + line[at] + line[at + 2:]
