"""What `/openapi.json` says is so: schemathesis calls everything that it describes."""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from microshare import indexing
from tests.company import Caller, company

# Answered by one and the same view as another that is called.
ALIKE = {
    f"GET /api/v1/{one}"
    for one in (
        "announcements", "blocks", "conversations", "domain_blocks", "filters", "follow_requests",
        "suggestions", "instance/peers", "instance/rules", "lists", "scheduled_statuses",
        "trends/links", "trends/statuses", "custom_emojis",
    )
}  # fmt: skip
# What a text or a photo may be, which photos there are, and whose a post is, no schema says.
UNTOLD = {
    "POST /api/v1/reports",
    "POST /api/v1/statuses", "PUT /api/v1/statuses/{post_id}",
    "POST /api/v1/media", "POST /api/v2/media", "POST /api/v1/featured_tags",
}  # fmt: skip
EXAMPLES = 1  # of each call, one that fits and one that does not


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, installed: Path) -> Iterator[Flask]:
    with company(tmp_path_factory.mktemp("openapi"), installed, api_rate=1_000_000) as app:
        yield app


@pytest.fixture(scope="module")
def grace(site: Flask) -> Caller:
    caller = Caller(site, "grace")
    for line in "First #pumps", "Second @ada":
        assert caller.post("statuses", json={"status": line}).status_code == 200
    with site.app_context():
        indexing.catch_up()
    return caller


def test_schemathesis_finds_nothing(site: Flask, grace: Caller) -> None:
    """A few calls each; where a schema says all that there is to say, what fits is not refused."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", site)
    headers = {"Authorization": f"Bearer {grace.token}", "Accept-Encoding": "identity"}
    called = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.label in ALIKE:
            continue
        # What fits nowhere in an address is read as nothing; a body has to be right.
        wrong = [GenerationMode.NEGATIVE] if operation.method != "get" else []
        for mode in (GenerationMode.POSITIVE, *wrong):

            @settings(
                max_examples=EXAMPLES, deadline=None, database=None, derandomize=True,
                phases=[Phase.generate], suppress_health_check=list(HealthCheck),
            )  # fmt: skip
            @given(case=operation.as_strategy(generation_mode=mode))
            def call(case: Any) -> None:
                untold = [positive_data_acceptance] if case.operation.label in UNTOLD else []
                case.call_and_validate(headers=headers, excluded_checks=untold)

            # A call that takes nothing cannot be made wrongly.
            with suppress(Unsatisfiable):
                call()
                called += 1
    assert called > 80


def test_each_answer_is_as_it_is_described(site: Flask, grace: Caller) -> None:
    """The description is one of ours, and so is what it describes: the fields of a post, say."""
    document = json.loads(grace("GET", "/openapi.json").get_data())
    status = document["components"]["schemas"]["Status"]
    told = grace.get("statuses/1").json
    assert set(status["required"]) <= set(told)
    assert document["paths"]["/api/v1/timelines/home"]["get"]["security"] == [{"bearer": []}]
