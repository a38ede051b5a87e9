"""The play of `bench.hosts`, made small."""

import pytest

from bench import hosts


@pytest.mark.timeout(300)
def test_a_web_process_and_the_database_killed_lose_nothing_and_double_nothing() -> None:
    report = hosts.run(300, 12, colleagues=4, hurry=True)
    assert (report.lost, report.doubled, report.texts_lost) == (0, 0, 0)
    assert (report.letters, report.letters_missing, report.letters_doubled) == (12, 0, 0)
    assert report.faults == 0
    assert report.refused > 0, "nobody noticed that the database was away"
    assert report.unanswered > 0, "nobody noticed that a web process was away"
    assert min(report.posts, report.thanks, report.saves) > 0
