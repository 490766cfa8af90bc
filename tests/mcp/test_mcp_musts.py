"""The MUSTs of each revision for a server with tools, resources and prompts: the clause, what it wants, the test that holds us to it."""

# ruff: noqa: E501  (a row of the table is a line)
from __future__ import annotations

import re
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
ALL, SESSIONS, SINCE_0618, NEW = "all", "to 2025-11-25", "since 2025-06-18", "2026-07-28"

# Revisions, page of the specification, the demand in our words, file::test.
MUSTS = [
    (ALL, "basic", "messages are JSON-RPC 2.0", "bad_input::test_a_bad_message_gets_its_error"),
    (ALL, "basic", "an id is a string or an integer, not null", "bad_input::test_a_bad_message_gets_its_error"),
    (ALL, "basic", "a response has the id of its request", "bad_input::test_an_id_comes_back_as_it_was"),
    (ALL, "basic", "a notification gets no response", "bad_input::test_what_wants_no_answer_gets_none"),
    ("2025-03-26", "basic", "a batch is received", "bad_input::test_batches_belong_to_one_revision"),
    ("since 2025-06-18", "basic", "there are no batches", "bad_input::test_batches_belong_to_one_revision"),
    (SESSIONS, "basic/lifecycle", "initialize comes first", "bad_input::test_requests_before_initialize"),
    (SESSIONS, "basic/lifecycle", "a supported version is echoed, else another one is named", "musts::test_the_version_is_negotiated"),
    (SESSIONS, "basic/lifecycle", "only negotiated capabilities are used", "resources::test_capabilities"),
    (SESSIONS, "basic/utilities/ping", "ping is answered with an empty result", "bad_input::test_requests_before_initialize"),
    (ALL, "basic/utilities/cancellation", "a cancelled request gets no response", "bad_input::test_cancelling_frees_the_worker_at_once"),
    (ALL, "basic/utilities/cancellation", "an unknown request may be cancelled", "bad_input::test_what_wants_no_answer_gets_none"),
    (ALL, "basic/utilities/progress", "progress has the token of the request, and grows", "bad_input::test_progress_only_where_it_is_wanted"),
    (ALL, "basic/transports", "stdout has nothing but messages, one a line", "tools::test_query_traces"),
    (ALL, "basic/transports", "the end of input ends the server", "bad_input::test_it_ends_within_a_second"),
    (SESSIONS, "basic/transports", "Origin is checked; 403", "http::test_a_page_of_somebody_elses"),
    (SESSIONS, "basic/transports", "a notification gets 202 without a body", "http::test_a_session_from_beginning_to_end"),
    (SESSIONS, "basic/transports", "an unknown session is 404", "http::test_what_is_refused"),
    (SESSIONS, "basic/transports", "a session id is visible ASCII, and secret", "http::test_a_session_from_beginning_to_end"),
    (SESSIONS, "basic/transports", "a broken stream goes on behind Last-Event-ID, and with its own events only", "http::test_who_comes_back_gets_what_was_missed"),
    (SINCE_0618, "basic/transports", "a bad MCP-Protocol-Version is 400", "http::test_what_is_refused"),
    (SESSIONS, "basic/transports", "a message goes to one stream only", "http::test_a_listening_stream_stays_open"),
    (NEW, "basic/versioning", "server/discover names the versions", "http::test_stateless_statuses"),
    (NEW, "basic/versioning", "an unknown version is -32022 with what is supported", "http::test_stateless_statuses"),
    (NEW, "basic", "_meta without version or capabilities is -32602", "http::test_stateless_statuses"),
    (NEW, "basic", "a result has resultType", "tools::test_the_object_equals_the_text"),
    (NEW, "basic/transports/streamable-http", "headers agree with the body, else -32020", "http::test_headers_agree_with_the_body"),
    (NEW, "basic/transports/streamable-http", "an unknown method is 404 with -32601", "http::test_stateless_statuses"),
    (NEW, "basic/transports/streamable-http", "GET and DELETE are 405", "http::test_stateless_statuses"),
    (NEW, "basic/transports/streamable-http", "no session id is made", "http::test_headers_agree_with_the_body"),
    (NEW, "basic/transports/streamable-http", "a client that goes away cancels", "http::test_who_goes_away_cancels_in_the_stateless_revision"),
    (NEW, "basic/patterns/subscriptions", "the acknowledgement comes first, and all carry the subscription", "resources::test_new_traces_are_told"),
    (NEW, "basic/patterns/subscriptions", "nothing is told that was not asked for", "resources::test_who_did_not_ask_hears_nothing"),
    (NEW, "server/utilities/caching", "lists and reads have ttlMs and cacheScope", "resources::test_resources"),
    (ALL, "server/tools", "capability tools is declared", "resources::test_capabilities"),
    (ALL, "server/tools", "inputs are validated", "tools::test_errors_say_what_to_do"),
    (ALL, "server/tools", "an unknown tool is -32602", "bad_input::test_a_bad_message_gets_its_error"),
    (SINCE_0618, "server/tools", "structured results conform to outputSchema", "clients::test_over_stdio"),
    (ALL, "server/utilities/pagination", "an invalid cursor is -32602", "resources::test_resources"),
    (ALL, "server/resources", "URIs are validated; what is not there is an error", "resources::test_a_resource_that_is_not_there"),
    (SESSIONS, "server/resources", "who subscribed hears of changes", "resources::test_a_program_that_still_runs"),
    (ALL, "server/prompts", "arguments are validated against injection", "resources::test_prompts"),
    (ALL, "server/utilities/completion", "at most 100 values", "resources::test_completion"),
]  # fmt: skip


@pytest.mark.parametrize(("revisions", "page", "demand", "test"), MUSTS)
def test_each_has_its_test(revisions, page, demand, test):
    file, _, name = test.partition("::")
    text = (HERE / f"test_mcp_{file}.py").read_text()
    assert re.search(rf"^def {name}\(", text, re.MULTILINE), f"{page}: {demand}"


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        *((one, one) for one in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")),
        ("2026-07-28", "2025-11-25"),
        ("1900-01-01", "2025-11-25"),
        ("", "2025-11-25"),
    ],
)
def test_the_version_is_negotiated(serve, shop, wanted, given):
    wire = serve(shop)
    client = {"name": "x", "version": "1"}
    params = {"protocolVersion": wanted, "capabilities": {}, "clientInfo": client}
    wire.send({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    assert wire.take()["result"]["protocolVersion"] == given
