"""The MUSTs of each revision for a server with tools, resources and prompts: the clause, what it wants, the test that holds us to it.

Left out is what asks nothing of this server: MUSTs of clients, and of what it does not have (authorization by OAuth, tasks,
elicitation and other requests to the client, binary contents, `x-mcp-header`). 2024-11-05 is spoken on stdio and over Streamable HTTP,
not over the two endpoints that were its transport.
"""

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
    (ALL, "basic", "a response has a result or an error, and the server asks nothing of its client", "protocol::test_every_result_has_what_its_revision_wants"),
    (NEW, "basic", "error codes are those that the specification knows", "protocol::test_error_codes_are_those_that_there_are"),
    (NEW, "basic", "no request rests on an earlier one of the connection", "protocol::test_no_request_rests_on_another"),
    (NEW, "basic", "schemas are of JSON Schema 2020-12, and valid", "protocol::test_schemas_are_schemas_and_answers_conform"),
    ("2025-03-26", "basic", "a batch is received", "bad_input::test_batches_belong_to_one_revision"),
    ("since 2025-06-18", "basic", "there are no batches", "bad_input::test_batches_belong_to_one_revision"),
    ("2025-03-26", "basic/transports", "a batch of notifications is 202", "protocol::test_batches_over_http"),
    ("2025-03-26", "basic/lifecycle", "initialize is not part of a batch", "protocol::test_a_batch_before_the_beginning"),
    (SESSIONS, "basic/lifecycle", "initialize comes first", "bad_input::test_requests_before_initialize"),
    (SESSIONS, "basic/lifecycle", "a supported version is echoed, else another one is named", "musts::test_the_version_is_negotiated"),
    (SESSIONS, "basic/lifecycle", "only negotiated capabilities are used", "resources::test_capabilities"),
    (SESSIONS, "basic/utilities/ping", "ping is answered with an empty result", "bad_input::test_requests_before_initialize"),
    (ALL, "basic/utilities/cancellation", "a cancelled request gets no response", "bad_input::test_cancelling_frees_the_worker_at_once"),
    (ALL, "basic/utilities/cancellation", "an unknown request may be cancelled", "bad_input::test_what_wants_no_answer_gets_none"),
    (NEW, "basic/patterns/cancellation", "the server tells of a subscription that it ends, and cancels nothing else", "protocol::test_a_subscription_that_the_server_ends"),
    (ALL, "basic/utilities/progress", "progress stops with the answer", "protocol::test_progress_ends_with_the_answer"),
    (ALL, "basic/utilities/progress", "progress has the token of the request, and grows", "bad_input::test_progress_only_where_it_is_wanted"),
    (ALL, "basic/transports", "stdout has nothing but messages, one a line", "tools::test_query_traces"),
    (ALL, "basic/transports", "the end of input ends the server", "bad_input::test_it_ends_within_a_second"),
    (ALL, "basic/transports", "there is one endpoint", "http::test_what_is_refused"),
    (ALL, "basic/transports", "Origin is checked; 403", "http::test_a_page_of_somebody_elses"),
    (SESSIONS, "basic/transports", "a notification gets 202 without a body", "http::test_a_session_from_beginning_to_end"),
    (SESSIONS, "basic/transports", "a response gets 202 without a body", "protocol::test_what_is_no_request_gets_no_body_or_an_error"),
    (ALL, "basic/transports", "a request is answered as application/json or text/event-stream", "protocol::test_names_of_headers_in_any_case"),
    (SESSIONS, "basic/transports", "ids of events are unique in their session", "protocol::test_events_of_a_session_have_ids_of_their_own"),
    (SESSIONS, "basic/transports", "no response comes on the stream of notifications", "http::test_a_listening_stream_stays_open"),
    (SESSIONS, "basic/transports", "an unknown session is 404", "http::test_what_is_refused"),
    (SESSIONS, "basic/transports", "a session id is visible ASCII, and secret", "http::test_a_session_from_beginning_to_end"),
    (SESSIONS, "basic/transports", "a broken stream goes on behind Last-Event-ID, and with its own events only", "http::test_who_comes_back_gets_what_was_missed"),
    (SINCE_0618, "basic/transports", "a bad MCP-Protocol-Version is 400", "http::test_what_is_refused"),
    (SESSIONS, "basic/transports", "a message goes to one stream only", "http::test_a_listening_stream_stays_open"),
    (NEW, "basic/versioning", "server/discover names the versions", "http::test_stateless_statuses"),
    (NEW, "basic/versioning", "an unknown version is -32022 with what is supported", "http::test_stateless_statuses"),
    (NEW, "basic", "_meta without version or capabilities is -32602", "http::test_stateless_statuses"),
    (NEW, "basic", "every result has resultType", "protocol::test_every_result_has_what_its_revision_wants"),
    (NEW, "basic/transports/streamable-http", "headers agree with the body, else -32020", "http::test_headers_agree_with_the_body"),
    (NEW, "basic/transports/streamable-http", "names of headers in any case, =?base64?..?= decoded", "protocol::test_names_of_headers_in_any_case"),
    (NEW, "basic/transports/streamable-http", "the body is one request or notification; 202 or an error status", "protocol::test_what_is_no_request_gets_no_body_or_an_error"),
    (NEW, "basic/transports/streamable-http", "an unknown method is 404 with -32601", "http::test_stateless_statuses"),
    (NEW, "basic/transports/streamable-http", "GET and DELETE are 405", "http::test_stateless_statuses"),
    (NEW, "basic/transports/streamable-http", "no session id is made", "http::test_headers_agree_with_the_body"),
    (NEW, "basic/transports/streamable-http", "a client that goes away cancels", "http::test_who_goes_away_cancels_in_the_stateless_revision"),
    (NEW, "basic/patterns/subscriptions", "the acknowledgement comes first, and all carry the subscription", "resources::test_new_traces_are_told"),
    (NEW, "basic/patterns/subscriptions", "nothing is told that was not asked for", "resources::test_who_did_not_ask_hears_nothing"),
    (NEW, "server/utilities/caching", "lists, reads and discover have ttlMs, not negative, and cacheScope", "protocol::test_every_result_has_what_its_revision_wants"),
    (NEW, "server/utilities/caching", "what is not for all is private", "protocol::test_every_result_has_what_its_revision_wants"),
    (NEW, "server/tools, prompts, resources", "lists do not depend on the connection or on what was asked", "protocol::test_lists_are_the_same_for_everybody"),
    (ALL, "server/utilities/logging", "no capability, no message", "protocol::test_nothing_is_logged_to_the_client"),
    (ALL, "server/tools", "capability tools is declared", "resources::test_capabilities"),
    (ALL, "server/tools", "inputs are validated", "tools::test_errors_say_what_to_do"),
    (ALL, "server/tools", "an unknown tool is -32602", "bad_input::test_a_bad_message_gets_its_error"),
    (ALL, "server/tools", "access is controlled", "http::test_without_the_token_nobody_is_answered"),
    (ALL, "server/tools", "calls are limited", "bad_input::test_many_waiting_requests_are_bounded"),
    (ALL, "server/tools", "output is made harmless", "tools::test_captured_text_stays_data"),
    (SINCE_0618, "server/tools", "structured results conform to outputSchema", "protocol::test_schemas_are_schemas_and_answers_conform"),
    (ALL, "server/utilities/pagination", "an invalid cursor is -32602", "resources::test_resources"),
    (ALL, "server/prompts, resources, completion", "the capability is declared", "resources::test_capabilities"),
    (NEW, "server/resources", "what does not exist is -32602 and no empty list", "resources::test_a_resource_that_is_not_there"),
    (ALL, "server/resources", "URIs are validated; what is not there is an error", "resources::test_a_resource_that_is_not_there"),
    (SESSIONS, "server/resources", "who subscribed hears of changes", "resources::test_a_program_that_still_runs"),
    (ALL, "server/prompts", "arguments are validated against injection", "resources::test_prompts"),
    (ALL, "server/utilities/completion", "at most 100 values", "resources::test_completion"),
    (ALL, "server/utilities/completion", "inputs are validated", "resources::test_completion"),
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
