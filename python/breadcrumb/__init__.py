"""Breadcrumb: a flight recorder for Python.

Programs are recorded with the command ``breadcrumb run -t SECONDS COMMAND...``; nothing has to be imported for that.
This package carries what that command puts into each Python process, and says its version.
"""

__version__: str = "0.1.0"

__all__ = ["__version__"]
