"""Every table, and nothing but tables. One noun a file; import them all from here."""

from microshare.models.clients import AuthorizationCode, ClientApp
from microshare.models.digests import Digest, DigestRun, Goal, PendingLetter
from microshare.models.follows import DepartmentTag, Follow, InboxItem, Mute
from microshare.models.hooks import (
    Integration,
    Webhook,
    WebhookEvent,
    WebhookMessage,
    WebhookTold,
)
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
from microshare.models.searches import Find, MissedSearch, SavedSearch, TagAlias, Unmatched

__all__ = [
    "AuthorizationCode",
    "ClientApp",
    "Department",
    "DepartmentTag",
    "Digest",
    "DigestRun",
    "FailedSignIn",
    "Find",
    "Follow",
    "Goal",
    "InboxItem",
    "Integration",
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
    "Revision",
    "Saved",
    "SavedSearch",
    "SigningKey",
    "Tag",
    "TagAlias",
    "Thanks",
    "Token",
    "Unmatched",
    "UploadFile",
    "User",
    "Webhook",
    "WebhookEvent",
    "WebhookMessage",
    "WebhookTold",
]
