"""`hot`: what a hot function has left in a database of its own."""

from __future__ import annotations

import pytest


@pytest.fixture
def hot(bench, trace):
    """trace, into a database that has nothing but this run."""

    def record(source: str, *options: str, **more):
        for left in bench.database.parent.glob("*.duckdb*"):
            left.unlink()
        return trace(source, *options, harmless=False, **more)

    return record
