"""Every table, and nothing but tables. One noun a file; import them all from here."""

from microshare.models.addresses import MailPace, Unreachable
from microshare.models.clients import AuthorizationCode, CallCount, ClientApp
from microshare.models.digests import Digest, DigestRun, DigestWord, Goal, PendingLetter
from microshare.models.follows import DepartmentTag, Follow, InboxItem, Mark, Mute
from microshare.models.hooks import (
    Integration,
    Webhook,
    WebhookEvent,
    WebhookMessage,
    WebhookTold,
)
from microshare.models.mail_door import DoorAnswer, DoorLetter
from microshare.models.people import Department, FailedSignIn, OneTimeLink, SigningKey, Token, User
from microshare.models.photos import PhotoFile, PhotoUpload, UploadFile
from microshare.models.posts import (
    Mention,
    Opened,
    Post,
    PostTag,
    PostTerms,
    Revision,
    Saved,
    Tag,
    Thanks,
)
from microshare.models.proposals import ChainLetter, ChainsMoved, Proposal, TakenLetter
from microshare.models.reports import Report, ReportPost
from microshare.models.searches import Find, MissedSearch, SavedSearch, TagAlias, Unmatched

__all__ = [
    "AuthorizationCode",
    "CallCount",
    "ChainLetter",
    "ChainsMoved",
    "ClientApp",
    "Department",
    "DepartmentTag",
    "Digest",
    "DigestRun",
    "DigestWord",
    "DoorAnswer",
    "DoorLetter",
    "FailedSignIn",
    "Find",
    "Follow",
    "Goal",
    "InboxItem",
    "Integration",
    "MailPace",
    "Mark",
    "Mention",
    "MissedSearch",
    "Mute",
    "OneTimeLink",
    "Opened",
    "PendingLetter",
    "PhotoFile",
    "PhotoUpload",
    "Post",
    "PostTag",
    "PostTerms",
    "Proposal",
    "Report",
    "ReportPost",
    "Revision",
    "Saved",
    "SavedSearch",
    "SigningKey",
    "Tag",
    "TagAlias",
    "TakenLetter",
    "Thanks",
    "Token",
    "Unmatched",
    "Unreachable",
    "UploadFile",
    "User",
    "Webhook",
    "WebhookEvent",
    "WebhookMessage",
    "WebhookTold",
]
