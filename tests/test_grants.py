from datetime import timedelta

import pytest
from sqlalchemy import select

from microshare import grants, people
from microshare.db import db, saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Token, User
from tests.conftest import NOON, House, Queries


def create(user: User, kind: str = "feed", name: str = "reader") -> str:
    with saving():
        return grants.create(user, kind, name, NOON)


def test_a_token_stands_for_its_user_and_no_other_text_does(house: House) -> None:
    token = create(house.grace)
    assert grants.reader_of(token) is house.grace
    for other in ("", token[:-1], token + " ", token.upper(), "é", "\x00"):
        assert grants.reader_of(other) is None


def test_every_token_is_another_and_only_its_hash_is_kept(house: House) -> None:
    made = {create(house.ada) for _ in range(5)}
    assert len(made) == 5
    assert min(map(len, made)) >= 40
    rows = db.session.execute(select(Token.__table__)).all()
    told = " ".join(str(value) for row in rows for value in row)
    assert not [token for token in made if token in told]


def test_the_user_of_a_token_comes_with_the_department_in_one_query(house: House) -> None:
    token = create(house.grace)
    db.session.expunge_all()
    with Queries() as queries:
        reader = grants.reader_of(token)
        assert reader is not None
        assert reader.department.name == "Research"
    assert len(queries) == 1


def test_a_token_has_a_kind_and_a_name(house: House) -> None:
    for kind, name, code in (
        ("root", "mine", "token-kind"), ("", "mine", "token-kind"),
        ("api", " ", "name-malformed"), ("api", "x" * 81, "name-malformed"),
        ("api", "a\x00", "name-malformed"),
    ):
        with pytest.raises(Refused) as refused:
            create(house.ada, kind, name)
        assert refused.value.code == code
    assert grants.tokens_of(house.ada) == []


def test_a_revoked_token_stops_at_once_and_leaves_the_list(house: House) -> None:
    first, second = create(house.ada, name=" my  phone "), create(house.ada, "api", "script")
    assert [(t.name, t.kind) for t in grants.tokens_of(house.ada)] == [
        ("script", "api"), ("my phone", "feed")]
    with saving():
        grants.revoke(house.ada, grants.tokens_of(house.ada)[1].id, NOON)
    assert grants.reader_of(first) is None
    assert grants.reader_of(second) is house.ada
    assert [t.name for t in grants.tokens_of(house.ada)] == ["script"]


def test_revoking_twice_keeps_the_first_moment(house: House) -> None:
    create(house.ada)
    token_id = grants.tokens_of(house.ada)[0].id
    for days in (0, 1):
        with saving():
            grants.revoke(house.ada, token_id, NOON + timedelta(days=days))
    assert db.session.get_one(Token, token_id).revoked_at == NOON


def test_linus_may_not_revoke_what_ada_made(house: House) -> None:
    token = create(house.ada)
    token_id = grants.tokens_of(house.ada)[0].id
    with pytest.raises(Forbidden) as forbidden, saving():
        grants.revoke(house.linus, token_id, NOON)
    assert forbidden.value.code == "not-yours"
    assert grants.reader_of(token) is house.ada
    with pytest.raises(Missing), saving():
        grants.revoke(house.ada, 999, NOON)


def test_the_tokens_of_who_is_suspended_are_dead(house: House) -> None:
    token = create(house.linus)
    with saving():
        people.suspend(house.linus, NOON)
    assert grants.reader_of(token) is None
