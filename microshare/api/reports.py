"""Reports: a client tells who manages the community of a post or a colleague."""

from flask import Response

from microshare import people, profiles, reports
from microshare.api import entities
from microshare.api.asked import params
from microshare.api.door import now, route
from microshare.api.said import answer
from microshare.db import saving
from microshare.errors import Missing
from microshare.web.asked import user


@route("/api/v1/reports", method="POST", scope="write:reports")
def report() -> Response:
    """There are no rules here and nowhere to forward to: neither is kept."""
    asked = params()
    asked.needed("account_id")
    about_id = asked.needed_id("account_id")
    post_ids = asked.needed_ids("status_ids")
    with saving():
        about = people.by_id(about_id)
        if about is None:
            raise Missing("person", name=str(about_id))
        made = reports.report(
            user(), about, post_ids, asked.text("comment"), asked.text("category") or "other", now()
        )
        told = {
            "id": str(made.id),
            "action_taken": made.settled_at is not None,
            "action_taken_at": entities.moment(made.settled_at) if made.settled_at else None,
            "category": made.category,
            "comment": made.comment,
            "forwarded": False,
            "created_at": entities.moment(made.created_at),
            "status_ids": [str(post.id) for post in made.posts],
            "rule_ids": [],
        }
    profile = profiles.one(about_id, now())
    return answer({**told, "target_account": entities.account(profile, entities.around())})
