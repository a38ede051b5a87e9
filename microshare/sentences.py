"""The words for each refusal and each reason, in the catalogue's languages.

The domain says no with a code and facts; here is what a person reads. A test holds the codes
that are raised against these, both ways.
"""

from functools import lru_cache

from flask_babel import get_locale, gettext, lazy_gettext

from microshare import client_sentences, mail_sentences, program_sentences, report_sentences
from microshare.errors import Missing, Refusal
from microshare.interests import Reason

_ = lazy_gettext

REFUSALS = {
    **client_sentences.REFUSALS,
    **mail_sentences.REFUSALS,
    **program_sentences.REFUSALS,
    **report_sentences.REFUSALS,
    # posts
    "post-empty": _("A post needs a line: write something first."),
    "post-too-long": _(
        "That is %(over)s characters too long: a line has at most %(limit)s. "
        "The rest may go into the note."
    ),
    "post-too-large": _("That is far too much text for a line (more than %(limit)s bytes)."),
    "post-control": _(
        "The line has control characters that nobody can see; please type it "
        "anew or paste it as plain text."
    ),
    "note-too-long": _("The note is %(over)s characters too long: it has at most %(limit)s."),
    "note-too-large": _("That is far too much text for a note (more than %(limit)s bytes)."),
    "note-control": _(
        "The note has control characters that nobody can see; please type it anew "
        "or paste it as plain text."
    ),
    "too-many-tags": _("That makes %(count)s tags; a post has at most %(limit)s."),
    "too-many-mentions": _("That mentions %(count)s people; a post names at most %(limit)s."),
    "tag-malformed": _(
        "“%(tag)s” cannot be a tag: a tag has letters, digits and _, and at least one letter."
    ),
    "tag-too-long": _("A tag has at most %(limit)s characters."),
    "alias-itself": _("That is the name of the tag itself."),
    "alias-taken": _("#%(alias)s is another name of #%(tag)s already; take it away there first."),
    "too-many-aliases": _("There are %(limit)s other names of tags already, which is the most."),
    "kind-unknown": _("A post is an update or a question, not “%(kind)s”."),
    "key-used": _(
        "This form has been sent already, with another text. Yours is kept here: send it again to "
        "publish it too."
    ),
    "key-too-long": _("The key of this post is too long (at most %(limit)s characters)."),
    "reply-withdrawn": _("The post that you reply to has been withdrawn meanwhile."),
    "edited-meanwhile": _(
        "This post was edited meanwhile. Look at its new text first; yours is kept here."
    ),
    # photos
    "too-many-photos": _("That makes %(count)s photos; a post has at most %(limit)s."),
    "photo-undescribed": _(
        "Photo %(number)s: describe what it shows, or mark it as decoration. "
        "Colleagues who cannot see it then know what they miss."
    ),
    "alt-too-long": _(
        "The description of photo %(number)s is %(over)s characters too long: "
        "it has at most %(limit)s."
    ),
    "photo-missing": _(
        "Photo %(number)s has a description but no file: choose the file, or empty the description."
    ),
    "photo-too-large": _("Photo %(number)s is too large: a file has at most %(limit)s MB."),
    "photos-too-large": _(
        "Those files are more than %(limit)s MB together. Go back in the browser, where your text "
        "still stands, and choose smaller photos."
    ),
    "photo-too-many-pixels": _(
        "Photo %(number)s has too many pixels: at most %(limit)s million. Please make it smaller."
    ),
    "photo-unknown": _(
        "File %(number)s is no photo, whatever its name says. "
        "JPEG, PNG, WebP, GIF and HEIC can be shown."
    ),
    "photo-drawing": _(
        "File %(number)s is a drawing (SVG), which can hide programs. Please send it as a PNG."
    ),
    "photo-broken": _(
        "Photo %(number)s is damaged or cut off; please send it anew from the camera or computer."
    ),
    "text-encoding": _(
        "This text is not valid UTF-8, so some of its characters are lost; please send it as UTF-8."
    ),
    "not-the-author": _("Only its author may change this post."),
    "not-your-tag": _("Only who tagged it on, or the author, may take this tag off."),
    "own-thanks": _("Thanks are for colleagues: this post is your own."),
    # questions and goals
    "not-a-question": _("This post is not a question."),
    "not-the-asker": _("Only who asked may say that the question is solved."),
    "answer-elsewhere": _("The answer must be a reply to this question."),
    "goal-sentence": _("A goal needs a sentence of at most %(limit)s characters."),
    "goal-past": _("A goal ends today or later."),
    "goal-date": _("The end date of a goal looks like 2026-12-31."),
    "goal-state": _("A goal is one of: %(states)s."),
    "word-empty": _("A word for the week needs a line."),
    "word-too-long": _(
        "That is %(over)s characters too long: the word of a week has at most %(limit)s."
    ),
    "word-week": _("A word is for this week or one of those that come."),
    "word-meanwhile": _("Somebody else has just written the word of this week: look at it first."),
    # following and muting
    "follow-yourself": _("Your own posts are in your feed already."),
    "search-empty": _("A search that you follow asks for something: a word, a tag, a colleague."),
    "too-many-searches": _("You follow %(limit)s searches already, which is the most."),
    "mute-yourself": _("You cannot mute yourself."),
    "mute-span": _("Mute for one of: %(spans)s."),
    "not-your-department": _(
        "Only people of %(department)s, or a community manager, choose what it follows."
    ),
    "description-too-long": _("The description of a tag has at most %(limit)s characters."),
    # people
    "sign-in-wrong": _("That name and password do not go together."),
    "too-many-attempts": _(
        "Too many wrong passwords. Please wait %(minutes)s minutes and try again."
    ),
    "too-many-letters": _(
        "Several letters have been asked for already. Please wait %(minutes)s minutes."
    ),
    "password-wrong": _("Your present password is not right."),
    "password-length": _(
        "A password has at least %(shortest)s characters (and at most %(longest)s)."
    ),
    "username-malformed": _("A username has 1 to %(limit)s characters: letters a–z, digits and _."),
    "username-taken": _("The username %(name)s is taken."),
    "email-malformed": _("That is not an e-mail address."),
    "email-taken": _("A colleague with this e-mail address has joined already."),
    "name-malformed": _("A name has 1 to %(limit)s characters."),
    "about-too-long": _("What you tell about yourself has at most %(limit)s characters."),
    "role-unknown": _("“%(role)s” is no role; the roles are: %(roles)s."),
    "language-unknown": _("There is no language “%(language)s” here; choose “en” or “nl”."),
    "time-zone-unknown": _("“%(zone)s” is no time zone; one looks like Europe/Amsterdam."),
    "digest-time": _("The digest needs a weekday and an hour from 0 to 23."),
    "leave-past": _("The day of your first letter after leave is one that comes."),
    "leave-long": _("Leave lasts a year at most. Who is away for longer turns the digest off."),
    "date-malformed": _("“%(value)s” is no date; one looks like 2026-12-31."),
    "department-name": _(
        "A department needs a name with a letter or digit, of at most %(limit)s characters."
    ),
    "department-unknown": _("There is no department “%(name)s”."),
    "domain-not-ours": _("Only addresses of the company can join here: %(domains)s."),
    "link-expired": _("This link has been used or is too old. Please ask for a new one."),
    "link-broken": _("This link is not complete; please copy the whole of it."),
    "link-over": _("This link worked for %(days)s days and is over."),
    "reading-only": _(
        "You read with the link of your letter, which changes nothing. Sign in first, or choose "
        "a password."
    ),
    "last-administrator": _("This is the only administrator; make another one first."),
    "suspended": _("This account is suspended."),
    "not-an-administrator": _("Only an administrator may do this."),
    "not-a-manager": _("Only a community manager or an administrator may do this."),
    "not-yours": _("This is somebody else's."),
    "token-kind": _("A token is one of: %(kinds)s."),
    # letters
    "address-refused": _("The mail server refuses this address: %(why)s"),
    "letter-refused": _("The mail server refuses this letter: %(why)s"),
    "address-stopped": _(
        "Letters to %(address)s came back, so no more go there; /manage tells why."
    ),
    "digest-sent": _("%(username)s has had the digest of %(day)s already."),
    "digest-off": _("%(username)s wants no digest, or is suspended."),
    "digest-paused": _("%(username)s is on leave: no letter before %(day)s."),
    "no-email": _("%(username)s has no e-mail address."),
    # settings and commands
    "setting-unknown": _("There is no setting %(name)s. %(hint)s"),
    "setting-malformed": _("%(name)s is “%(value)s”, but must be %(expected)s."),
    "time-malformed": _("“%(value)s” is no time; one looks like 2026-11-23T08:00."),
    "time-out-of-range": _("“%(value)s” is no time of a post: not before 1970, not in the future."),
    "file-failed": _("That file or folder does not do: %(why)s"),
    "port-used": _(
        "Port %(port)s of %(host)s is in use: stop what uses it, or choose another one."
    ),
    "file-format": _("%(name)s is neither JSON Lines nor CSV: %(why)s"),
    "row-malformed": _("this row is not valid: %(why)s"),
    "row-lacks": _("this row has no %(column)s"),
    "not-installed": _("The tables are not those of this version: run `microshare init` first."),
    "schema-newer": _("A later version of microshare has been at this database: install that one."),
    "copy-same": _("That is one and the same database: choose another one to copy to."),
    "copy-target-used": _(
        "The database to copy to has data of its own (in %(table)s); choose an empty one."
    ),
    "copy-differs": _(
        "After the copy, %(table)s is not the same in both databases: somebody wrote meanwhile. "
        "Stop the server and its workers, and run the command again: it begins anew."
    ),
    "copy-unfit": _("A row of %(table)s (%(key)s) cannot be copied: %(why)s"),
    "index-differs": _(
        "The index lacks %(missing)s posts and has %(surplus)s too many. "
        "Run `microshare index rebuild`."
    ),
    "index-broken": _(
        "The index is %(why)s in part; %(waiting)s posts wait. The worker makes that part anew by "
        "itself, or `microshare index rebuild` the whole."
    ),
    "digests-failed": _("%(count)s digests could not be sent; the page /manage tells why."),
    "digests-wait": _("%(count)s letters wait for another try: %(why)s"),
    "demo-not-empty": _("This instance has people already; a demo needs an empty one."),
    "request-too-large": _("That is more than %(limit)s KB: too much for one form."),
    "request-odd": _("The server cannot do that (%(what)s)."),
    "form-expired": _(
        "This form was open for too long, or its cookie is gone. What you typed is "
        "below: please send it again."
    ),
    "signed-out": _("You are signed out. Please sign in and send it again."),
    "form-insecure": _(
        "The browser sent no cookie, so nothing was changed. Cookies need https "
        "here: please open %(url)s."
    ),
}

MISSING = {
    "post": _("There is no such post, or it has been withdrawn."),
    "photo": _("There is no such photo, or its post has been withdrawn."),
    "tag": _("Nobody has used the tag “%(name)s” yet."),
    "letter": _("This letter does not wait any more: it was posted, thrown away, or is too old."),
    "address": _("Nothing is held against the address %(address)s."),
    "person": _("There is no colleague “%(name)s”."),
    "department": _("There is no department “%(name)s”."),
    "report": _("There is no such report."),
    "search": _("Nobody follows this search any more."),
    "integration": _("There is no such address, or it works no more."),
    "token": _("There is no such token."),
    "goal": _("There is no such goal."),
    "webhook": _("There is no such webhook."),
    "digest": _("There is no digest of “%(day)s”."),
    "page": _("There is no such page."),
    "registration": _("Joining here takes an invitation: ask a colleague for one."),
}

UNAVAILABLE = {
    "database": {
        "locked": _(
            "The database is busy at this moment. Nothing was saved; please send it again."
        ),
        "full": _(
            "The disk of the server is full, so nothing was saved. Please tell the "
            "administrator; your text is still here."
        ),
        "read-only": _(
            "The database cannot be written to, so nothing was saved. Please tell the "
            "administrator; your text is still here."
        ),
        "gone": _(
            "The database does not answer, so nothing was saved. Please try again in a moment."
        ),
    },
    "photos": _(
        "The server is busy with other photos. Nothing was saved; please send it again in a moment."
    ),
    "index": _(
        "Search does not work now (%(why)s); the posts are all here. It is made ready by itself."
    ),
    "mail": _("The mail server does not take letters now: %(why)s"),
}

REASONS = {
    "own": _("You wrote this"),
    "tag": _("#%(label)s"),
    "person": _("%(label)s"),
    "department": _("%(label)s, a department that you follow"),
    "search": _("your search “%(label)s”"),
    "department-tag": _("your department follows #%(label)s"),
}


def reason(refusal: Refusal) -> str:
    """What a person reads of a refusal, in the language of the moment."""
    facts = {"why": "", **refusal.facts}
    if refusal.code == "setting-unknown":
        near = facts.pop("near", "")
        facts["hint"] = gettext("Did you mean %(near)s?", near=near) if near else ""
    words = {**UNAVAILABLE, **REFUSALS}.get(refusal.code)
    if isinstance(refusal, Missing):
        words = MISSING[refusal.code]
    if isinstance(words, dict):
        words = words[facts["why"]]
    return str(words) % facts if facts else str(words)


def why(reason: Reason) -> str:
    """What a person reads of the reason for which a post is in the feed."""
    return why_in(str(get_locale()), reason)


@lru_cache(maxsize=5000)  # a letter and a page tell dozens, and many the same
def why_in(locale: str, reason: Reason) -> str:
    """The same in this language, which is that of the moment."""
    return str(REASONS[reason.kind]) % {"label": reason.label}
