"""What runs by itself, and when: the index, the letters, the digests, the cleaning.

A timer and nothing more: what there is to do stands in the database, claimed there, so that a
worker that dies or two workers at once do no harm.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC
from types import FrameType

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from microshare import (
    account_letters,
    calls,
    clock,
    config,
    digest_run,
    finds,
    garbage,
    links,
    missed,
    proposals,
    remaking,
    sign_in,
    taken,
    webhook_messages,
)
from microshare.couriers import Couriers
from microshare.db import OUTAGES, let_go, outage, saving
from microshare.errors import Refusal
from microshare.mail import mailbox, receive, register

# seconds between two rounds
INDEX, FINDS, LETTERS, RELEASED, DIGESTS, LEFT, CLEANING = 1, 1, 3, 3, 30, 300, 3600
WEBHOOKS = 1
STOPPING = threading.Event()  # a run of digests, which may take hours, ends at its next letter


def run(app: Flask, parent: int | None = None) -> None:
    """Work until a signal asks to stop, or until the parent process is gone."""
    STOPPING.clear()

    def stop(signal_number: int, frame: FrameType | None) -> None:
        STOPPING.set()

    signal.signal(signal.SIGTERM, stop)
    # As a child it leaves the terminal's Ctrl-C to its parent, which then asks it to stop.
    signal.signal(signal.SIGINT, stop if parent is None else signal.SIG_IGN)
    _say_where_letters_go(app)
    # Only what went wrong: a line for every round of every job would drown the log.
    couriers = Couriers(app)
    scheduler = BackgroundScheduler(timezone=UTC, logger=_quiet(app))
    for job, seconds in (*JOBS, (couriers.tell_webhooks, WEBHOOKS), *_of_the_mail_door(app)):
        scheduler.add_job(
            _in(app, job),
            "interval",
            seconds=seconds,
            id=job.__name__,
            max_instances=1,
            coalesce=True,
            misfire_grace_time=None,
            next_run_time=clock.now(),
        )
    garbage.settle()
    scheduler.start()
    emptying = _emptying(app)
    while not STOPPING.wait(1) and (parent is None or os.getppid() == parent):
        if emptying is not None and not emptying.is_alive():
            break  # whoever started this worker starts another
    STOPPING.set()
    scheduler.shutdown()  # after the rounds that are under way
    couriers.stop()
    if emptying is not None:
        emptying.join(timeout=15)


def _of_the_mail_door(app: Flask) -> list[tuple[Callable[[], None], int]]:
    """What is to do for letters that come in, where they may."""
    settings: config.Settings = app.config["MICROSHARE"]
    return [(release_letters, RELEASED), (take_up_letters, LEFT)] if settings.mail_in else []


def _emptying(app: Flask) -> threading.Thread | None:
    """The thread that empties the mailbox, if there is one. Mostly it waits for its server."""
    settings: config.Settings = app.config["MICROSHARE"]
    if not settings.imap_url:
        return None
    if not settings.mail_in:
        app.logger.warning("MICROSHARE_MAIL_IN is not set: the mailbox is left alone.")
        return None
    thread = threading.Thread(target=mailbox.watch, args=(app, STOPPING), daemon=True)
    thread.start()
    return thread


def _quiet(app: Flask) -> logging.Logger:
    logger = logging.getLogger(f"{app.name}.worker")
    logger.parent = app.logger
    logger.setLevel(logging.ERROR)
    return logger


def _say_where_letters_go(app: Flask) -> None:
    settings: config.Settings = app.config["MICROSHARE"]
    if not settings.smtp_url:
        app.logger.warning(
            "MICROSHARE_SMTP_URL is not set: letters become files in %s and reach nobody.",
            settings.instance.absolute() / "outbox",
        )


def _in(app: Flask, job: Callable[[], None]) -> Callable[[], None]:
    """The job in the application's context; what does not answer is tried in the next round."""

    def take_turn() -> None:
        with app.app_context():
            try:
                job()
            except Refusal as refusal:
                app.logger.warning("%s waits: %s", job.__name__, _told(refusal))
            except OUTAGES as error:
                app.logger.warning("%s waits: %s", job.__name__, outage(error))
            finally:
                let_go()

    return take_turn


def _told(refusal: Refusal) -> str:
    """The code, and why where that names nobody: what a mail server says names its readers."""
    return f"{refusal.code} {refusal.facts['why']}" if refusal.code == "index" else refusal.code


def catch_up() -> None:
    """The index knows every post within two seconds."""
    remaking.follow()


def mend() -> None:
    """What is broken of the index is made anew, beside the new posts."""
    remaking.mend()


def match() -> None:
    """What the searches that are followed find stands in the feeds within two seconds."""
    finds.catch_up(clock.now())


def _goes_on() -> bool:
    return not STOPPING.is_set()


def send_letters() -> None:
    """Invitations, confirmations, new passwords."""
    account_letters.send_pending(clock.now(), goes_on=_goes_on)


def release_letters() -> None:
    """Held letters that their colleagues released are posted."""
    receive.take_released(clock.now())


def take_up_letters() -> None:
    """What a process that died had in hand is taken up, and files that nobody needs go."""
    receive.take_up(clock.now())


def send_digests() -> None:
    """The weekly letters that are due. Who joined after a period ended waits for the next."""
    digest_run.send_due(clock.now(), newcomers=False, goes_on=_goes_on)


def clean() -> None:
    """Forget what no longer counts."""
    with saving():
        sign_in.forget_old(clock.now())
        links.forget_old(clock.now())
        account_letters.forget_old(clock.now())
        missed.forget_old(clock.now().date())
        finds.forget_old()
        webhook_messages.forget_old(clock.now())
        taken.forget_old(clock.now())
        proposals.forget_old(clock.now())
        register.forget_old(clock.now())
        calls.forget_old(clock.now())


JOBS = (
    (catch_up, INDEX),
    (mend, INDEX),
    (match, FINDS),
    (send_letters, LETTERS),
    (send_digests, DIGESTS),
    (clean, CLEANING),
)
