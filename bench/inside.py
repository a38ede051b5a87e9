"""What runs inside the application, in a process of its own: `processes.inside` asks for it.

A process of its own has a memory of its own to be measured, and leaves none in the driver.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from bench import building, counting, digests, engines, floor, loads
from microshare import create_app, search
from microshare.db import db

TASKS: dict[str, Callable[..., Any]] = {
    "build": building.build,
    "queries": counting.queries,
    "digests": digests.write,
    "engine": engines.product,
    "plain": engines.plain,
    "floor": floor.floors,
    "posts": counting.posts,
    "rows": loads.rows,
}
# Done by a command or the worker, or long as no web request is; the others as in a web process.
JOBS = {"build", "digests", "plain"}


def main() -> None:
    app = create_app(patient=sys.argv[1] in JOBS)
    with app.app_context():
        try:
            answer = TASKS[sys.argv[1]](**json.load(sys.stdin))
        finally:
            db.session.remove()
            db.engine.dispose()
            search.engine().close()
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
