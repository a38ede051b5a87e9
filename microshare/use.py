"""Of how much use a post is to a reader: the rule by which a digest chooses its lines."""

REPLIES = 5  # that count


def of(
    departments: int,
    replies: int,
    *,
    is_answer: bool = False,
    by_own_tag: bool = False,
    is_familiar: bool = False,
) -> int:
    """The use of a post, by use and not by noise; of equals the newest comes first.

    Departments, other than the author's, that thanked: three each. The applause of one should not
    drown what several could use, so how many of it thanked counts for nothing.

    >>> of(departments=2, replies=0) > of(departments=1, replies=2)
    True

    Replies: one each, up to five. What is talked about may be of use; a quarrel is noise.

    >>> of(0, 5) == of(0, 40) < of(2, 0)
    True

    What its asker took as the answer was of use to one without doubt, and is to all who ask the
    same: more than what one department thanked for.

    >>> of(1, 0) < of(0, 0, is_answer=True) < of(2, 0)
    True

    What carries a tag that the reader chose comes before what came with a person or a department.

    >>> of(0, 1) < of(0, 0, by_own_tag=True) < of(1, 0)
    True

    A conversation that the reader has opened is half known: it steps back by a department.

    >>> of(1, 0, is_familiar=True) == of(0, 0)
    True
    """
    said = min(replies, REPLIES)
    return 3 * departments + said + 4 * is_answer + 2 * by_own_tag - 3 * is_familiar
