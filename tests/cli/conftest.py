"""The fixtures of filled.py. They are not defined here, as other folders have a module of this name too."""

from filled import cli, db, empty_db, empty_store, filled_store

__all__ = ["cli", "db", "empty_db", "empty_store", "filled_store"]
