"""Waiting for what happens elsewhere."""

import time


def eventually(look, failure, seconds=60):
    """What `look` answers once that is something; until then it is asked again, up to a deadline."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {failure() if callable(failure) else failure}")
        time.sleep(0.1)
