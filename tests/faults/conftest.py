"""Runs that are killed: nothing they might still do has an effect."""

from contextlib import contextmanager, suppress

import pytest

from spark_smote.io import lock as lock_module
from spark_smote.io.paths import Location

CHANGES = ["move_to", "delete_directory", "delete_file", "write_bytes", "create_directory"]


class Killed(BaseException):
    """Not an Exception, so that no error handling may mend what a kill leaves."""


@pytest.fixture
def killed_at(monkeypatch):
    """`with killed_at(n) as left:` from the n-th change of files on, none takes effect any more.

    `left["steps"]` is above 0 if the block came to its end before that.
    """

    @contextmanager
    def killed(step, moment="after"):
        left = {"steps": step}

        def dying(change):
            def changed(self, *args):
                if left["steps"] == 0:
                    raise Killed
                left["steps"] -= 1
                if left["steps"] == 0 and moment == "before":
                    raise Killed
                done = change(self, *args)
                if left["steps"] == 0:
                    raise Killed
                return done

            return changed

        with monkeypatch.context() as patch:
            for name in CHANGES:
                patch.setattr(Location, name, dying(getattr(Location, name)))
            with suppress(Killed):
                yield left
        # What a killed process forgets.
        lock_module._alive_here.clear()

    return killed
