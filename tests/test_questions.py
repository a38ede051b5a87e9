from datetime import timedelta

import pytest

from microshare import departments, feeds, inbox, indexing, posts, questions, search, tags
from microshare.db import saving
from microshare.errors import Forbidden, Missing, Refused
from microshare.models import Post, User
from tests.acts import ids, publish
from tests.conftest import NOON, House

LATER = NOON + timedelta(hours=1)


def accept(question: Post, reply: Post, asker: User) -> None:
    with saving():
        questions.accept(posts.get(question.id), posts.get(reply.id), asker, LATER)


def test_the_answer_that_the_asker_accepts_solves_the_question(house: House) -> None:
    question = publish(house.ada, "Who knows? #pumps")
    assert question.is_open
    reply = publish(house.grace, "I do", reply_to=question)
    accept(question, reply, house.ada)
    question = posts.get(question.id)
    assert (question.answer_id, question.solved_at, question.is_open) == (reply.id, LATER, False)
    newest = inbox.of(house.grace).entries[0]
    assert (newest.kind, newest.item.post.id, newest.actors) == ("answer", reply.id, [house.ada])


def test_an_answer_may_stand_anywhere_in_the_thread(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    reply = publish(house.grace, "Grace may", reply_to=question)
    deeper = publish(house.linus, "Like this", reply_to=reply)
    accept(question, deeper, house.ada)
    assert posts.get(question.id).answer_id == deeper.id


def test_the_askers_own_reply_may_be_the_answer_and_tells_nobody(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    reply = publish(house.ada, "Found it", reply_to=question)
    accept(question, reply, house.ada)
    assert posts.get(question.id).answer_id == reply.id
    assert inbox.of(house.ada).entries == []


def test_another_answer_takes_the_place_of_the_first(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    first = publish(house.grace, "I do", reply_to=question)
    better = publish(house.linus, "I do better", reply_to=question)
    accept(question, first, house.ada)
    accept(question, better, house.ada)
    assert posts.get(question.id).answer_id == better.id
    assert [entry.kind for entry in inbox.of(house.linus).entries] == ["answer"]


def test_an_answer_that_is_one_no_longer_leaves_the_inbox(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    first = publish(house.grace, "I do", reply_to=question)
    better = publish(house.linus, "I do better", reply_to=question)
    accept(question, first, house.ada)
    accept(question, better, house.ada)
    assert inbox.of(house.grace).entries == []


def test_what_stands_elsewhere_is_no_answer(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    other = publish(house.grace, "another thread")
    for reply in (other, question):
        with pytest.raises(Refused) as refused:
            accept(question, reply, house.ada)
        assert refused.value.code == "answer-elsewhere"
    assert posts.get(question.id).is_open


def test_a_withdrawn_reply_is_no_answer(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    reply = publish(house.grace, "I do", reply_to=question)
    with saving():
        posts.withdraw(reply, house.grace, NOON)
    with pytest.raises(Missing):
        accept(question, reply, house.ada)


def test_linus_settles_nothing_that_ada_asked(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    reply = publish(house.linus, "I do", reply_to=question)
    for act in (lambda: questions.accept(question, reply, house.linus, NOON),
                lambda: questions.solve(question, house.linus, NOON),
                lambda: questions.reopen(question, house.linus)):
        with pytest.raises(Forbidden) as forbidden, saving():
            act()
        assert forbidden.value.code == "not-the-asker"


def test_only_a_question_that_is_there_can_be_settled(house: House) -> None:
    update, gone = publish(house.ada, "no question"), publish(house.ada, "Who knows?")
    with saving():
        posts.withdraw(gone, house.ada, NOON)
    with pytest.raises(Refused) as refused, saving():
        questions.solve(update, house.ada, NOON)
    assert refused.value.code == "not-a-question"
    with pytest.raises(Missing), saving():
        questions.solve(gone, house.ada, NOON)


def test_solved_keeps_its_first_moment_and_can_be_taken_back(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    reply = publish(house.grace, "I do", reply_to=question)
    for hours in (0, 5):
        with saving():
            questions.solve(question, house.ada, NOON + timedelta(hours=hours))
    assert posts.get(question.id).solved_at == NOON
    accept(question, reply, house.ada)
    assert posts.get(question.id).solved_at == NOON
    with saving():
        questions.reopen(question, house.ada)
    question = posts.get(question.id)
    assert (question.is_open, question.answer_id) == (True, None)


def test_the_board_has_open_questions_by_tag_department_and_age(house: House) -> None:
    old = publish(house.ada, "Old? #pumps", now=NOON - timedelta(days=30))
    new = publish(house.grace, "New? #heat")
    solved = publish(house.ada, "Solved? #pumps")
    gone = publish(house.ada, "Gone? #pumps")
    publish(house.ada, "no question #pumps")
    with saving():
        questions.solve(solved, house.ada, NOON)
        posts.withdraw(gone, house.ada, NOON)
    assert ids(feeds.questions(house.linus)) == [new.id, old.id]
    assert ids(feeds.questions(house.linus, tag=tags.get("heat"))) == [new.id]
    assert ids(feeds.questions(house.linus, department=departments.get("sales"))) == [old.id]
    assert ids(feeds.questions(house.linus, until=NOON - timedelta(days=7))) == [old.id]
    assert ids(feeds.questions(house.linus, before=new.id)) == [old.id]


def test_search_hears_when_a_question_is_settled_or_open_again(house: House) -> None:
    question = publish(house.ada, "Who knows?")
    reply = publish(house.grace, "I do", reply_to=question)
    for act, is_open in (
        (lambda: questions.solve(question, house.ada, NOON), False),
        (lambda: questions.reopen(question, house.ada), True),
        (lambda: questions.accept(question, reply, house.ada, NOON), False),
    ):
        with saving():
            act()
        indexing.catch_up()
        assert search.find("is:open", limit=9).ids == [question.id] * is_open
