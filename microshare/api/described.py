"""What each call takes and gives, for `/openapi.json`. A test holds this against the routes.

A parameter that ends in `[]` may come several times; `!` marks what a call cannot do without.
`[Status]` is a list of them, and a list of which parts are asked for has its way on in `Link`.
"""

from typing import NamedTuple

PART = "max_id since_id min_id limit"
POST = (
    "status spoiler_text in_reply_to_id media_ids[] visibility language sensitive"
)


class Call(NamedTuple):
    """One call, in words."""

    says: str
    gives: str
    takes: str = ""


CALLS = {
    "accounts_account": Call("A colleague", "Account"),
    "accounts_account_follow": Call("Follow a colleague", "Relationship"),
    "accounts_account_endorse": Call("Name a colleague on your profile", "Relationship"),
    "accounts_account_note": Call("Keep a note on a colleague", "Relationship", "comment"),
    "accounts_account_pin": Call("The same as to endorse", "Relationship"),
    "accounts_account_unendorse": Call("Name them no longer", "Relationship"),
    "accounts_account_unpin": Call("The same", "Relationship"),
    "accounts_account_mute": Call("Leave a colleague out", "Relationship", "duration"),
    "accounts_account_unfollow": Call("Follow a colleague no longer", "Relationship"),
    "accounts_account_unmute": Call("Let a colleague in again", "Relationship"),
    "accounts_change": Call(
        "Change what you tell of yourself", "CredentialAccount",
        "display_name note source[language] source[privacy]",
    ),
    "accounts_directory": Call("Every colleague", "[Account]", "order limit offset local"),
    "accounts_drop_avatar": Call("Changes nothing: nobody has a picture", "CredentialAccount"),
    "accounts_drop_header": Call("Changes nothing: nobody has a picture", "CredentialAccount"),
    "accounts_familiar_followers": Call("Empty for each: that is private", "[Any]", "id[]"),
    "accounts_followers": Call("You, if you follow; of others nobody", "[Account]"),
    "accounts_following": Call("Whom you follow; of others nobody", "[Account]", PART),
    "accounts_lookup": Call("A colleague by username", "Account", "acct!"),
    "accounts_muted": Call("Whom you leave out", "[Account]", PART),
    "accounts_own": Call("Who you are", "CredentialAccount"),
    "accounts_relationships": Call("How you stand to colleagues", "[Relationship]", "id[]"),
    "accounts_search": Call("Colleagues by name", "[Account]", "q limit offset following"),
    "accounts_several": Call("Colleagues by their ids", "[Account]", "id[]"),
    "accounts_statuses": Call(
        "A colleague's posts", "[Status]",
        f"{PART} pinned tagged only_media exclude_replies exclude_reblogs",
    ),
    "instance_instance": Call("What this instance is", "V1Instance"),
    "instance_instance_v2": Call("What this instance is", "Instance"),
    "joining_confirm_again": Call("Changes nothing: who joined is in", "Empty"),
    "joining_join": Call(
        "Join, where anybody may", "Token",
        "username! email! password! agreement! locale reason department",
    ),
    "marked_endorsements": Call("Whom you name on your profile", "[Account]", PART),
    "marked_endorsements_of": Call("Whom a colleague names", "[Account]", PART),
    "marked_feature": Call("Name a tag on your profile", "Tag"),
    "marked_feature_one": Call("The same", "FeaturedTag", "name!"),
    "marked_featured": Call("The tags that you name on your profile", "[FeaturedTag]"),
    "marked_featured_of": Call("The tags that a colleague names", "[FeaturedTag]"),
    "marked_proposed": Call("The tags that you use most", "[Tag]"),
    "marked_unfeature": Call("Name a tag no longer", "Tag"),
    "marked_unfeature_one": Call("The same", "Empty"),
    "media_describe_media": Call("Describe a photo", "MediaAttachment", "description focus"),
    "media_forget_media": Call("Drop a photo that is on no post", "Empty"),
    "media_one_media": Call("A photo that is on no post yet", "MediaAttachment"),
    "media_send_media": Call("Send a photo ahead of its post", "MediaAttachment",
                             "file! description focus"),
    "media_send_media_v1": Call("The same", "MediaAttachment", "file! description focus"),
    "notifications_clear": Call("Empty your inbox", "Empty"),
    "notifications_dismiss": Call("Take one thing out of your inbox", "Empty"),
    "notifications_mark": Call("Mark how far you read", "Markers",
                               "home[last_read_id] notifications[last_read_id]"),
    "notifications_markers": Call("How far you read", "Markers", "timeline[]"),
    "notifications_notification": Call("One thing in your inbox", "Notification"),
    "notifications_notifications": Call(
        "Your inbox", "[Notification]", f"{PART} types[] exclude_types[] account_id"
    ),
    "notifications_unread_count": Call("What is new in your inbox", "Count"),
    "oauth_metadata": Call("Where to log in (RFC 8414)", "Any"),
    "oauth_own_application": Call("The client that calls", "Application"),
    "oauth_register": Call(
        "Register a client", "CredentialApplication",
        "client_name! redirect_uris[]! scopes website",
    ),
    "oauth_revoke": Call("Give a token back", "Empty", "client_id client_secret token"),
    "oauth_token": Call(
        "Change a code, or the client's secret, for a token", "Token",
        "grant_type client_id client_secret code redirect_uri code_verifier scope",
    ),
    "quiet_activity": Call("The last weeks, without numbers", "[Any]"),
    "quiet_extended_description": Call("Empty: what this is stands in the help", "Any"),
    "quiet_languages": Call("The languages of the pages", "[Any]"),
    "quiet_nodeinfo": Call("What runs here", "Any"),
    "quiet_nodeinfo_links": Call("Where that is told", "Any"),
    "quiet_preferences": Call("How you post", "Any"),
    "quiet_translation_languages": Call("None: nothing is translated", "Any"),
    "openapi_document": Call("This description", "Any"),
    "reports_report": Call(
        "Tell who manages of a colleague or their posts", "Report",
        "account_id! status_ids[] comment category rule_ids[] forward",
    ),
    "search_search": Call(
        "Posts, colleagues and tags", "Search",
        "q! type resolve following account_id max_id min_id limit offset",
    ),
    "statuses_bookmark": Call("Save a post", "Status"),
    "statuses_context": Call("What a post answers, and what answers it", "Context"),
    "statuses_edit": Call(
        "Edit a post", "Status",
        "status spoiler_text media_ids[] media_attributes[][id] media_attributes[][description] "
        "language sensitive",
    ),
    "statuses_favourite": Call("Thank for a post", "Status"),
    "statuses_favourited_by": Call("Who thanked", "[Account]", PART),
    "statuses_history": Call("What a post said before", "[StatusEdit]"),
    "statuses_mute": Call("Leave out a thread", "Status"),
    "statuses_pin": Call("Pin an own post to your profile", "Status"),
    "statuses_publish": Call("Post, or reply", "Status", POST),
    "statuses_reblog": Call("Refused: there are no boosts here", "Status"),
    "statuses_reblogged_by": Call("Nobody: there are no boosts here", "[Account]"),
    "statuses_several": Call("Posts by their ids", "[Status]", "id[]"),
    "statuses_source": Call("A post as it was typed", "StatusSource"),
    "statuses_status": Call("A post", "Status"),
    "statuses_unbookmark": Call("Save a post no longer", "Status"),
    "statuses_unfavourite": Call("Take thanks back", "Status"),
    "statuses_unmute": Call("Let a thread in again", "Status"),
    "statuses_unpin": Call("Pin it no longer", "Status"),
    "statuses_unreblog": Call("Changes nothing", "Status"),
    "statuses_withdraw": Call("Withdraw a post", "DeletedStatus", "delete_media"),
    "tags_follow": Call("Follow a tag", "Tag"),
    "tags_followed": Call("The tags that you follow", "[Tag]", PART),
    "tags_tag": Call("A tag", "Tag"),
    "tags_trends": Call("The tags most used of late", "[Tag]", "limit offset"),
    "tags_trends_v0": Call("The same", "[Tag]", "limit offset"),
    "tags_unfollow": Call("Follow a tag no longer", "Tag"),
    "timelines_bookmarks": Call("What you saved", "[Status]", PART),
    "timelines_favourites": Call("What you thanked for", "[Status]", PART),
    "timelines_home": Call("Your feed", "[Status]", PART),
    "timelines_public": Call("Every post", "[Status]", f"{PART} local remote only_media"),
    "timelines_tagged": Call(
        "The posts under a tag", "[Status]", f"{PART} any[] all[] none[] local only_media"
    ),
}  # fmt: skip
EMPTY = Call("Empty: there is none of this here", "[Any]")  # of every `quiet_no_…`
ABSENT = Call("Not found: there is none of this here", "Any")  # of every `quiet_absent_…`
