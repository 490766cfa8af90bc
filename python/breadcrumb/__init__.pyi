from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property
from os import PathLike
from typing import Any, Literal, TypedDict, TypeVar, overload

_Method = property | staticmethod[..., Any] | classmethod[Any, ..., Any] | cached_property[Any]
_Subject = TypeVar("_Subject", bound=Callable[..., Any] | type | _Method)

__version__: str
__all__ = [
    "SettingError",
    "get_backend",
    "get_config",
    "get_events",
    "init",
    "note",
    "pause",
    "reset_config",
    "resume",
    "shutdown",
    "trace",
]

class SettingError(ValueError): ...

class _Event(TypedDict):
    id: str
    trace_id: str
    timestamp: str
    event_type: Literal["call", "return", "line", "exception"]
    function_name: str
    module_name: str
    file_path: str
    line_number: int | None
    data: dict[str, Any]
    created_at: str
    call_id: int | None
    parent_id: int | None
    thread_id: int
    task_id: int | None
    depth: int
    duration_ns: int | None
    at_ns: int

# made by tools/settings_faces.py from the table of settings
class _Settings(TypedDict):
    enabled: bool
    include: list[str]
    exclude: list[str]
    default_excludes: bool
    workspace_only: bool
    workspace: list[str]
    sample_rate: float
    db_path: str | None
    backend: Literal["auto", "pep669", "settrace"]
    silent: bool
    values: Literal["structure", "repr", "names", "off"]
    max_chars: int
    max_value_bytes: int
    max_items: int
    max_depth: int
    max_attributes: int
    redact: bool
    redact_names: list[str]
    redact_patterns: list[str]
    lines: bool
    locals: bool
    hot_threshold: int
    hot_window_s: int
    hot_reset_s: int
    hot_timed_calls: int
    seed: int
    quota_mb: int
    ingest_mb: int
    retention_days: int
    retention_mb: int
    max_result_mb: int
    query_timeout_s: int

def init(
    *,
    config: str | None = None,
    enabled: bool | None = None,
    include: Sequence[str] | None = None,
    exclude: Sequence[str] | None = None,
    default_excludes: bool | None = None,
    workspace_only: bool | None = None,
    workspace: Sequence[str | PathLike[str]] | None = None,
    sample_rate: float | None = None,
    db_path: str | PathLike[str] | None = None,
    backend: Literal["auto", "pep669", "settrace"] | None = None,
    silent: bool | None = None,
    values: Literal["structure", "repr", "names", "off"] | None = None,
    max_chars: int | None = None,
    max_value_bytes: int | None = None,
    max_items: int | None = None,
    max_depth: int | None = None,
    max_attributes: int | None = None,
    redact: bool | None = None,
    redact_names: Sequence[str] | None = None,
    redact_patterns: Sequence[str] | None = None,
    lines: bool | None = None,
    locals: bool | None = None,
    hot_threshold: int | None = None,
    hot_window_s: int | None = None,
    hot_reset_s: int | None = None,
    hot_timed_calls: int | None = None,
    seed: int | None = None,
    quota_mb: int | None = None,
    ingest_mb: int | None = None,
    retention_days: int | None = None,
    retention_mb: int | None = None,
    max_result_mb: int | None = None,
    query_timeout_s: int | None = None,
) -> None: ...

# end of what was made

class _Trace:
    def __call__(self, subject: _Subject) -> _Subject: ...
    def __enter__(self) -> _Trace: ...
    def __exit__(self, *exc_info: object) -> None: ...

def shutdown(timeout: float = 5.0) -> bool: ...
def reset_config() -> None: ...
def get_config() -> _Settings | None: ...
def get_backend() -> Literal["pep669", "settrace"] | None: ...
def get_events(
    limit: int = 100, since: datetime | float | None = None, function: str | None = None
) -> list[_Event]: ...
def pause() -> None: ...
def resume() -> None: ...
def note(**fields: object) -> None: ...
@overload
def trace(subject: _Subject) -> _Subject: ...
@overload
def trace(subject: None = None) -> _Trace: ...
