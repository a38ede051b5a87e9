"""Build companies, measure the product with them, and write the report.

    python -m bench --posts 10000,100000 --database sqlite

See docs/benchmark.md.
"""

import argparse
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from bench.effort import Effort
from bench.processes import Ended
from bench.runs import PARTS, Asked, run

RESULTS = Path(__file__).parent / "results"


def asked(given: Sequence[str]) -> Asked:
    """What the command line asks for."""
    usual = Effort()
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    add = parser.add_argument
    add("--posts", type=_sizes, default=[10_000], help="one size or several: 10000,100000,1000000")
    add("--database", choices=("sqlite", "postgresql"), default="sqlite")
    add("--only", type=_parts, default=PARTS, help=f"some of {','.join(PARTS)}")
    add("--keep", type=Path, help="a folder where companies and figures stay for the next run")
    add("--plain", action="store_true", help="plain Whoosh above 100,000 posts too (slow to build)")
    add("--rounds", type=int, default=usual.rounds, help="figures are medians of so many rounds")
    add("--patience", type=float, default=usual.patience, help="seconds for each bulk load")
    add("--seed", type=int, default=1)
    add("--results", type=Path, default=RESULTS, help="the folder of the report")
    found = parser.parse_args(given)
    return Asked(
        sizes=found.posts,
        database=found.database,
        results=found.results,
        parts=found.only,
        keep=found.keep,
        plain=found.plain,
        seed=found.seed,
        effort=replace(usual, rounds=found.rounds, patience=found.patience),
    )


def _sizes(written: str) -> list[int]:
    sizes = [int(one) for one in written.split(",")]
    if min(sizes) < 300:
        raise argparse.ArgumentTypeError("a company has at least 300 posts")
    return sizes


def _parts(written: str) -> list[str]:
    wanted = written.split(",")
    if unknown := sorted(set(wanted) - set(PARTS)):
        raise argparse.ArgumentTypeError(f"there is no part {unknown[0]}")
    return wanted


def _stopped(signal_number: int, frame: object) -> NoReturn:
    """A kill ends us as Ctrl-C does: what we started ends too."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    wanted = asked(sys.argv[1:])
    signal.signal(signal.SIGTERM, _stopped)
    try:
        run(wanted)
    except KeyboardInterrupt:
        sys.exit("\nstopped")
    except Ended as error:
        sys.exit(f"\n{error}")
