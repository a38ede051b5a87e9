import ast
import re
import sqlite3
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy.exc import OperationalError

from microshare import db, errors, sentences
from microshare.errors import Forbidden, Missing, Refusal, Refused, Unavailable
from tests import sources

KINDS = {kind.__name__: kind for kind in (Refused, Forbidden, Missing, Unavailable)}
WORDS = {Refused: sentences.REFUSALS, Forbidden: sentences.REFUSALS, Missing: sentences.MISSING,
         Unavailable: sentences.UNAVAILABLE}
# Why the database does not answer is worked out in `db.outage`: each word that it knows.
OUTAGES = {
    str(db.outage(OperationalError("", {}, sqlite3.OperationalError(said))).facts["why"])
    for said in (*db._SIGNS, "something else")
}


class Site(NamedTuple):
    """A place in the code that says no."""

    where: str
    kind: type[Refusal]
    code: str
    facts: dict[str, str | None]  # by name; None where the value is worked out

    def __str__(self) -> str:
        return f"{self.where}: {self.kind.__name__}({self.code!r})"


def _sites() -> Iterator[Site]:
    for module, tree in sources.modules().items():
        for node in ast.walk(tree):
            name = getattr(getattr(node, "func", None), "id", "")
            if not isinstance(node, ast.Call) or name not in KINDS:
                continue
            where = f"{module}:{node.lineno}"
            code = node.args[0] if node.args else None
            assert isinstance(code, ast.Constant), f"{where}: a code is written out"
            assert len(node.args) == 1, f"{where}: facts have names"
            facts = {}
            for keyword in node.keywords:
                assert keyword.arg, f"{where}: facts are written out"
                value = keyword.value
                facts[keyword.arg] = (
                    value.value if isinstance(value, ast.Constant)
                    and isinstance(value.value, str) else None)
            yield Site(where, KINDS[name], str(code.value), facts)


SITES = list(_sites())


def codes(*kinds: type[Refusal]) -> set[str]:
    return {site.code for site in SITES if site.kind in kinds}


def refusals(site: Site) -> Iterator[Refusal]:
    """What may be raised there, with some text for each fact that is worked out."""
    facts = {name: value or "something" for name, value in site.facts.items()}
    if site.code == "database" and site.facts.get("why", "") is None:
        for why in sorted(OUTAGES):
            yield site.kind(site.code, **{**facts, "why": why})
    else:
        yield site.kind(site.code, **facts)


def test_there_are_sites_of_every_kind() -> None:
    assert len(SITES) > 60
    assert {site.kind for site in SITES} == set(KINDS.values())


def test_refusal_itself_is_never_raised() -> None:
    made = [
        module for module, tree in sources.modules().items() for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Refusal"
    ]
    assert made == []
    assert all(issubclass(kind, errors.Refusal) for kind in KINDS.values())


@pytest.mark.parametrize("kinds", [(Refused, Forbidden), (Missing,), (Unavailable,)],
                         ids=["refusals", "missing", "unavailable"])
def test_every_code_has_its_words_and_all_words_have_a_code(kinds: tuple[type[Refusal]]) -> None:
    raised, told = codes(*kinds), set(WORDS[kinds[0]])
    assert raised - told == set(), "these codes are raised and have no words"
    assert told - raised == set(), "these words are for no code"


def test_every_way_in_which_the_database_is_away_has_its_words_and_the_other_way_round() -> None:
    literal = {
        str(site.facts["why"]) for site in SITES
        if site.code == "database" and site.facts.get("why") is not None
    }
    assert OUTAGES | literal == set(sentences.UNAVAILABLE["database"])


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_sentence_can_be_told_with_the_facts_of_each_place_that_raises_it(
    app: Flask, language: str
) -> None:
    with app.app_context(), force_locale(language):
        for site in SITES:
            for refusal in refusals(site):
                try:
                    told = sentences.reason(refusal)
                except KeyError as fact:
                    pytest.fail(f"{site} lacks the fact {fact}")
                assert told, site
                assert told != "None", f"{site} has no words"
                assert "%(" not in told, f"{site}: {told}"


def test_a_sentence_uses_its_facts(app: Flask) -> None:
    with app.app_context():
        told = sentences.reason(Refused("post-too-long", over=3, limit=140))
        near = sentences.reason(Refused("setting-unknown", name="X", near="Y"))
        none = sentences.reason(Refused("setting-unknown", name="X", near=""))
    assert "3" in told
    assert "140" in told
    assert "Y?" in near
    assert "?" not in none


def test_the_facts_of_a_refusal_are_told_to_the_log_by_name() -> None:
    assert str(Refused("post-too-long", over=3, limit=140)) == "post-too-long(over=3, limit=140)"
    assert str(Forbidden("suspended")) == "suspended"


def test_every_reason_has_its_words_and_all_words_have_a_reason(app: Flask) -> None:
    kinds = {
        str(node.args[0].value) for tree in sources.modules().values() for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Reason"
        and node.args and isinstance(node.args[0], ast.Constant)
    }
    assert kinds == set(sentences.REASONS)
    with app.app_context():
        for kind in kinds:
            told = sentences.why(sentences.Reason(kind, "Pumps", "pumps"))
            assert "%(" not in told
            assert ("Pumps" in told) == (kind != "own")


def test_no_sentence_has_a_percent_sign_that_is_no_fact() -> None:
    spoken = [*sentences.REFUSALS.values(), *sentences.MISSING.values(),
              *sentences.UNAVAILABLE["database"].values(), sentences.UNAVAILABLE["index"],
              sentences.UNAVAILABLE["mail"]]
    for words in spoken:
        assert not re.search(r"%(?!\(\w+\)s)", words._args[0]), words._args[0]
