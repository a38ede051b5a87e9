"""What mail programs and people write around a letter, in the languages of their users.

Every pattern looks at one line, or a few lines joined, of bounded length, and takes linear time.
"""

import re


def _any(*written: str) -> str:
    """A pattern of alternatives, in lines of words between bars."""
    return "|".join(part.strip() for line in written for part in line.split("|"))


# The labels of a header as programs repeat it above a quoted letter, by what they tell.
_LABELS = {
    "from": _any(
        "From|Van|Afzender|Von|Absender|De|Expéditeur|Remitente|Da|Mittente|Od|Nadawca|От|От кого",
        "Отправитель|Від|Від кого|Från|Fra|Lähettäjä|差出人|送信者|发件人|寄件者|보낸 사람|Feladó",
        "Kimden|Gönderen|De la|Odesílatel|De parte de|Von:? |Från:? ",
    ),
    "sent": _any(
        "Sent|Verzonden|Verstuurd|Verzonden op|Gesendet|Envoyé|Envoyé le|Enviado|Enviado el|Sendt",
        "Enviada|Enviada em|Enviado em|Inviato|Wysłano|Wysłane|Отправлено|Надіслано|Skickat",
        "Lähetetty|送信日時|发送时间|寄件日期|보낸 날짜|Elküldve|Gönderildi|Odesláno|Trimis",
        "Date|Datum|Data|Fecha|Дата|Dato|Päivämäärä|Päiväys|Pvm|日付|日時|日期|날짜|Dátum|Tarih",
        "Sent at|Sent on|Date Sent|Data invio",
    ),
    "to": _any(
        "To|Aan|An|À|A|Pour|Para|Do|Кому|Till|Til|Vastaanottaja|宛先|收件人|받는 사람|Címzett",
        "Komu|Kime|Către|Destinataire|Destinatario|Empfänger|Geadresseerde|Adresat",
    ),
    "cc": _any(
        "Cc|CC|Bcc|Kopie|Copie|Copie à|Copia|Копия|Kopia|Kopi|Kopio|DW|UDW|抄送|참조|Másolatot kap",
        "Cópia|Ccn|Kopie an|Bilgi",
    ),
    "subject": _any(
        "Subject|Onderwerp|Betreft|Betreff|Objet|Sujet|Asunto|Assunto|Oggetto|Temat|Тема|Ämne|Emne",
        "Aihe|件名|主题|主旨|제목|Tárgy|Konu|Subiect|Předmět|Titel",
    ),
    "other": _any(
        "Reply-To|Reply To|Antwoord aan|Antwort an|Répondre à|Responder a|Rispondi a|Risposta",
        "Importance|Belang|Urgentie|Prioriteit|Priority|Priorität|Wichtigkeit|Attachments",
        "Bijlage|Bijlagen|Anlagen|Pièces jointes|Allegati|Message-ID|Organization|Newsgroups",
        "Resent-From|Sensitivity|Categories|Mailing list|List-Id|In-Reply-To|References",
    ),
}
LABEL = re.compile(
    r"[\s*_>|]{0,12}+(?:"
    + "|".join(rf"(?P<{kind}>(?i:{words}))" for kind, words in _LABELS.items())
    + r")[ \t\xa0]{0,3}+[*_]{0,2}+[ \t]?[:：][*_]{0,2}+(?P<value>.{0,1000})",
    re.S,
)

# The same on one line, as some programs flatten it.
FLATTENED = re.compile(
    r"(?i)[\s*_>|-]{0,20}+(?:From|Van|Von|De|Da)\s?:.{1,200}?\b(?:Sent|Verzonden|Date|Datum|Gesendet|"
    r"Envoyé|Enviado|Inviato)\s?:.{1,200}?\b(?:Subject|Onderwerp|Betreff|Objet|Asunto|Oggetto|To|Aan|"
    r"An|À|Para)\s?:.{0,300}"
)

_WROTE = _any(
    r"wrote|writes|sent|said|says|schreef|schrijft|geschreven|schrieb|schreibt|geschrieben",
    r"a écrit|écrit|escribió|escribio|escreveu|ha scritto|scritto|scrive|napisał|napisał\(a\)",
    r"napisała|napisał/a|pisze|написал|написала|написал\(а\)|пишет|написав|написала|пише|skrev",
    r"skriver|kirjoitti|írta|napsal|napsala|napísal|yazdı|a scris|şunu yazdı|heeft gereageerd",
    r"έγραψε|ha escrit|ha escrito|va escriure|je napisao|je napisal|đã viết|rašė|kirjutas",
)
WROTE = re.compile(rf"(?i)(?<!\w)(?:{_WROTE})(?!\w)|写道|のメール|さん|書きました|작성")
OF_ONESELF = re.compile(
    r"(?i)\b(?:schreef|schrijf|schreven|schrieb|schreibe|wrote|sent) (?:ik|we|wij|ich|wir|i)\b|"
    r"\b(?:i|we|ik|wij|ich|wir) (?:wrote|sent|said|schreef|schreven|schrieb|heb|have)\b"
)
# Words that such a line begins with, where it does not begin with a date or a name.
OPENS = re.compile(
    r"(?i)(?:on|op|am|le|el|il|em|den|dnia|w dniu|в|at|in|dne|a\(z\)|tarihinde|pe|på|kl|no dia|on:"
    r"|-+ ?on|-{2,} ?op|ma|di|wo|do|vr|za|zo|mon|tue|wed|thu|fri|sat|sun)\b"
)
DATED = re.compile(
    r"(?:19|20)\d\d|\b\d{1,2}[:.h]\d\d\b|\b\d{1,2}[/.-]\d{1,2}[/.-]\d|\d年|\d月"
)
ADDRESSED = re.compile(r"[^\s@<>]{1,64}@[^\s@<>]{1,255}|<[^<>\n]{0,300}>|&lt;|\[mailto:")

_ORIGINAL = _any(
    r"original message|original e-?mail|original appointment|reply message|forwarded message",
    r"forwarded by .{1,60}|forwarded e-?mail|oorspronkelijk bericht|oorspronkelijke? e-?mail",
    r"oorspronkelijke afspraak|origineel bericht|doorgestuurd bericht|doorgezonden bericht",
    r"ursprüngliche nachricht|originalnachricht|weitergeleitete nachricht|urspr\. nachricht",
    r"message d'origine|message original|message transféré|courriel original|mensaje original",
    r"mensaje reenviado|messaggio originale|messaggio inoltrato|mensagem original",
    r"mensagem encaminhada|wiadomość oryginalna|oryginalna wiadomość|wiadomość przekazana",
    r"исходное сообщение|пересылаемое сообщение|пересланное сообщение|ursprungligt meddelande",
    r"originalmeddelande|vidarebefordrat meddelande|original besked|oprindelig meddelelse",
    r"opprinnelig melding|videresendt melding|videresendt besked|alkuperäinen viesti",
    r"välitetty viesti|eredeti üzenet|původní zpráva|orijinal mesaj|mesaj original",
    r"原始邮件|转发的邮件|元のメッセージ|转发信息|원본 메시지|перенаправлене повідомлення",
)
SEPARATOR = re.compile(
    rf"(?i)[\s>*|]{{0,12}}+[-_=*–—]{{2,60}}+[ \t]{{0,9}}+(?:{_ORIGINAL})[ \t:]{{0,9}}+"
    r"[-_=*–—]{0,60}+\s*"
)
FORWARDED = re.compile(
    r"(?i)[\s>*|]{0,12}+(?:begin forwarded message|begin doorgestuurd bericht|anfang der "
    r"weitergeleiteten (?:nachricht|e-?mail)|début du message (?:réexpédié|transféré)|inizio "
    r"messaggio inoltrato|inicio del mensaje reenviado|início da mensagem (?:re)?encaminhada|"
    r"vidarebefordrat brev|början på vidarebefordrat meddelande|videresendt (?:besked|melding)|"
    r"начало переадресованного сообщения|dalsze przekazanie wiadomości|"
    r"välitetty viesti alkaa|doorgestuurd bericht)[ \t]?[:：]\s*"
)
SHARED = re.compile(
    r"(.{1,200}?\S) ((?:On|Op|Am|Le|El|Il|Em|Den) (?:[^\s,]{1,12}[, ] ?){0,3}\d[^:]{0,60}"
    r"[:.]?[^:]{0,200}:)"
)
# Somebody cut what follows by saying so.
REPLY_ABOVE = re.compile(
    r"(?i)[\s>#=*-]{0,40}+(?:please )?(?:reply above this line|type your reply above|"
    r"antwoord boven deze (?:lijn|regel)|reageer boven deze (?:lijn|regel)|"
    r"typ (?:je|uw) antwoord boven).{0,120}"
)

_DEVICE = (
    r"i(?:phon\w*|pad\w*|pod|os)|android|samsung|galaxy|blackberry|nokia|huawei|xiaomi|"
    r"oneplus|pixel|htc|sony|xperia|motorola|windows|surface|smartphone|gsm|mobiel\w*|mobil\w*|"
    r"telefoon|phone|tablet|handy|téléphone|portable|móvil|cellulare|telefon\w*|device|apparaat|"
    r"toestel|outlook|mail|e-?mail\w*|mailbox|gmail|yahoo!?|proton\w*|spark|thunderbird|"
    r"airmail|fairphone|mac|macbook|superhuman|hey|nine|bluemail|workspace|boomerang|verizon|"
    r"vodafone|t-mobile|kpn|treo|palm|typemail|postbox|aol|gmx|web\.de|telstra|optus|at&t|lte|5g"
)
DEVICE = re.compile(
    rf"(?ix)[\s*_>~([-]{{0,12}}+(?:"
    rf"(?:sent|get|verzonden|verstuurd|gestuurd|gesendet|envoyée?|enviado|enviada|inviato|inviata|"
    rf"skickat|sendt|wysłane|wysłano|отправлено|надіслано|lähetetty|odoslané|odesláno|trimis|"
    rf"written|typed|composed|getypt|verfasst|gönderildi|download|kopen|krijg)\b"
    rf"[^.,;!?]{{0,60}}?(?:{_DEVICE})\b[^,;!?]{{0,60}}+"
    rf"|(?:von|vanaf|met|mit|de|desde|från|fra|z)\s(?:meinem?|mijn|mon|mi|min|mojego|moje)"
    rf"\b[^.,;!?]{{0,50}}?\s(?:gesendet|verzonden|verstuurd|envoyé|enviado|skickat|sendt)\b.{{0,40}}"
    rf"|(?:outlook|gmail|mail)\s(?:voor|for|für|pour|para|per)\s(?:android|ios|iphone|windows|mac)"
    rf"\b[^,;!?]{{0,60}}+"
    rf"|(?:iphone|ipad|android)\s?から送信|从我的\s?(?:iphone|ipad)\s?发送|(?:iphone|ipad)에서\s보냄"
    rf"|diese\snachricht\swurde\svon\smeinem.{{0,80}}|this\smessage\swas\ssent\sfrom\smy.{{0,80}}"
    rf"|please\sexcuse\s(?:any\s)?(?:typos|brevity|my\sbrevity).{{0,60}}"
    rf")[\s*_)\]~-]{{0,12}}+"
)
BLACKBERRY = re.compile(r"(?i)(?:sent|verzonden) (?:from|via) [\w® -]{1,60}")

# What a letter is ended with; in a full block of it follow a name, a function, telephone numbers.
CLOSING = re.compile(
    r"(?i)[\s*_]{0,6}+(?:"
    + _any(
        r"(?:met|mit|with|med) (?:[\w-]+ ){0,2}(?:groet(?:en|jes)?|gr(?:ü|ue)(?:ß|ss)(?:en)?)",
        r"(?:[\w-]+ ){0,2}groet(?:en|jes|je)?(?: en tot \w+)?|m\.?v\.?g\.?|(?:met )?vr\.? gr\.?",
        r"hoogachtend|(?:with )?(?:(?:kind|best|warm|many|kindest|warmest) )?regards|kr|br|rgds",
        r"yours (?:sincerely|faithfully|truly)|sincerely(?: yours)?|best wishes|all the best",
        r"cheers|(?:freundlichen?|lieben?|besten?|herzlichen?|viele|schöne) gr(?:ü|ue)(?:ß|ss)en?",
        r"(?:bien )?cordialement|(?:bien )?à vous|sincères salutations|meilleures salutations",
        r"(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente|cordiali saluti|distinti saluti",
        r"atenciosamente|pozdrawiam|z poważaniem|с уважением|med vänliga hälsningar|vänligen",
        r"(?:de )?bedste hilsner|(?:med )?(?:venlig(?:e)?|vennlig) hilsen(?:er)?|mvh|terveisin",
        r"ystävällisin terveisin|з повагою|üdvözlettel|s pozdravem|saygılarımla",
    )
    + r")[\s*_]{0,3}+[,.!:–-]{0,3}+\s*"
)
DUTCH_CLOSING = re.compile(
    r"(?i)(?:met (?:[\w-]+ ){0,2}groet(?:en|jes)?|m\.?v\.?g\.?|met vr\.? gr\.?|hoogachtend|"
    r"(?:vriendelijke|hartelijke) groet(?:en)?)[,.!]?"
)
DELIMITER = re.compile(r"\s?(?:--|-- |––|__|—-|- -|\*--\*)\s*")
DASH = re.compile(r"\s?[—–]\s*")  # ends a letter too, where addresses or numbers follow
RULE = re.compile(r"\s*(?:[-_=*~#–—]\s?){3,}+\s*")

# What a company puts above letters from outside.
BANNER = re.compile(
    r"(?i)[\s*_>\[(-]{0,12}+(?:caution|warning|let op|waarschuwing|attention|achtung|external|"
    r"extern)\b.{0,40}?\b(?:e-?mail|message|bericht|mail|nachricht)\b.{0,30}?\b(?:originated|came|comes|"
    r"komt|kwam|afkomstig|verzonden|sent|stammt|kommt)\b.{0,30}?\b(?:outside|external|buiten|extern\w*|"
    r"außerhalb)\b.{0,600}",
    re.S,
)
INVISIBLE = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069]")

# A disclaimer has words of two of these kinds in one paragraph.
DISCLAIMS = (
    re.compile(
        r"(?i)\b(?:e-?mail\w*|message|bericht\w*|communication|nachricht|courriel|correo|"
        r"transmission|mededeling|attachments?|bijlagen?)\b"
    ),
    re.compile(
        r"(?i)confidential|vertrouwelijk|vertraulich|confidentiel|confidencial|riservat|privileged|"
        r"disclaimer|proprietary"
    ),
    re.compile(
        r"(?i)intended (?:solely |only )?(?:for|recipient)|(?:uitsluitend|alleen|niet|exclusief) "
        r"(?:bestemd|bedoeld|voor)|bestemd (?:is|zijn)? ?voor|geadresseerde|nicht der richtige "
        r"adressat|bestimmt|destinataire|addressee|named (?:recipient|above)|in error|per "
        r"(?:vergissing|abuis)|ten onrechte|irrtümlich|par erreur|por error|unauthori[sz]ed|"
        r"ongeautoriseerd|niet toegestaan|strictly prohibited|openbaarmaking|disclos"
    ),
    re.compile(
        r"(?i)liab(?:le|ility)|aansprakelijk|geen rechten|rechten worden ontleend|virus|haftung|"
        r"delete (?:it|this)|te verwijderen|vernietig|notify the sender|afzender .{0,30}"
        r"(?:stellen|melden|informeren|berichten|waarschuwen)|general terms|algemene voorwaarden|"
        r"registered (?:in|office)|kvk|handelsregister"
    ),
)  # fmt: skip
GREEN = re.compile(
    r"(?i)[^\w]{0,8}(?:p\.?s\.? ?)?(?:(?:please )?(?:consider|think (?:of|about)) the environment|"
    r"denk aan het milieu|(?:spaar|bespaar|spare) .{0,30}(?:papier|bomen)|(?:is|moet) het "
    r"(?:echt )?nodig .{0,30}(?:afdrukken|printen)|(?:think|denk) before (?:you )?print).{0,200}"
)
DISCLAIMER_TITLE = re.compile(
    r"(?i)[\s*_=-]{0,12}+(?:disclaimer|vrijwaring|proclaimer)[\s*_:=-]{0,12}+"
)
