"""The threads that bring messages to webhooks: a slow receiver holds up nobody else's."""

import threading
from concurrent.futures import ThreadPoolExecutor

from flask import Flask

from microshare import clock, webhook_messages, webhook_status, webhooks
from microshare.db import OUTAGES, let_go, outage
from microshare.errors import Refusal

THREADS = 12
SLOW = 2.0  # seconds for a message; who takes longer shares half of the threads


class Couriers:
    """Brings what waits, each webhook's by one thread at a time."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._pool = ThreadPoolExecutor(THREADS, "webhook")
        self._busy: set[int] = set()
        self._slow: set[int] = set()
        self._changing = threading.Lock()
        self._stopping = threading.Event()

    def tell_webhooks(self) -> None:
        """One round: what happened becomes messages, and who is free brings what waits."""
        now = clock.now()
        webhook_messages.spread(now, webhook_status.statuses)
        for webhook_id in webhooks.due(now):
            if self._may_begin(webhook_id):
                self._pool.submit(self._bring, webhook_id)

    def _may_begin(self, webhook_id: int) -> bool:
        with self._changing:
            is_late = webhook_id in self._slow and len(self._busy & self._slow) >= THREADS // 2
            if webhook_id in self._busy or is_late or len(self._busy) >= THREADS:
                return False
            self._busy.add(webhook_id)
            return True

    def _bring(self, webhook_id: int) -> None:
        took = SLOW  # what ends with an outage is not called quick
        with self._app.app_context():
            try:
                took = webhook_messages.deliver(webhook_id, clock.now, self._stopping.is_set)
            except Refusal as refusal:
                self._app.logger.warning("webhook %d waits: %s", webhook_id, refusal.code)
            except OUTAGES as error:
                self._app.logger.warning("webhook %d waits: %s", webhook_id, outage(error))
            finally:
                let_go()
                with self._changing:
                    self._busy.discard(webhook_id)
                    (self._slow.add if took >= SLOW else self._slow.discard)(webhook_id)

    def stop(self) -> None:
        """After the messages that are in somebody's hands."""
        self._stopping.set()
        self._pool.shutdown(cancel_futures=True)
