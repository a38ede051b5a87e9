"""What Python's collector of garbage need not look at again and again."""

import gc


def settle() -> None:
    """A process has loaded what it needs: that stays, and what it makes from now on soon goes.

    Called before web processes are forked, what is loaded also stays shared between them. Python's
    own thresholds suit scripts: a page makes thousands of objects and drops all of them, and so
    does a batch of posts that are brought in.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)
