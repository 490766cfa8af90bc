-- What maker.py runs, with the words in braces put in.

CREATE TEMP MACRO le(v, digits) AS list_aggregate(list_transform(range(0, digits // 2),
    x -> printf('%02x', (v >> (8 * x)) & 255)), 'string_agg', '');

INSERT INTO traces BY NAME SELECT ('01990000-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::UUID AS id, id AS run_id,
    make_timestamp({start} // 1000 - ({traces} - i) * 600000000) AS started_at,
    started_at + INTERVAL 9 MINUTE AS ended_at, 'completed' AS status, 'exit' AS end_reason, 0 AS exit_code, 1000 + i AS pid,
    1 AS ppid, 1 AS thread_id, 'host' AS host, 'python app.py --day ' || i AS command, '3.12.1' AS python_version,
    '0.1.0' AS breadcrumb_version, '{}' AS metadata FROM range(1, {traces} + 1) t(i);

INSERT INTO functions BY NAME SELECT i::INTEGER AS id, CASE WHEN i % 3 = 0 THEN 'Class' || i % 97 || '.f' || i
        ELSE 'f' || i END AS function_name, function_name AS qualified_name, 'app.m' || i % 50 AS module_name,
    '/srv/app/m' || i % 50 || '.py' AS file_path, (i // 50)::INTEGER AS line_number, false AS is_async, false AS is_generator,
    'app' AS category, 'host' AS host FROM range({functions}) t(i);

-- Of call number i: b the request, j the call in it, head the one of the nine; kind 0 is outermost, 1 below it, 2 below that.
CREATE TEMP VIEW made AS SELECT i, b, j, head, top, thread, kind, function_id, raised, start_ns, took,
        CASE kind WHEN 0 THEN i + 100 WHEN 1 THEN i + 10.5 ELSE i END AS ends,
        ((thread + 1)::UBIGINT << 40) + n AS call_id, CASE kind WHEN 1 THEN call_id - j WHEN 2 THEN call_id - (j - 1) % 11 END AS parent_id,
        CASE kind WHEN 1 THEN top WHEN 2 THEN {tops} + head END AS parent_function_id FROM (
    SELECT i, i // 100 AS b, i % 100 AS j, b % {tops} AS top, (j - 1) // 11 * {tops} + top AS head, b % {threads} AS thread,
        b // {threads} * 100 + j AS n, CASE WHEN j = 0 THEN 0 WHEN j % 11 = 1 THEN 1 ELSE 2 END AS kind,
        CASE kind WHEN 0 THEN top WHEN 1 THEN {tops} + head
            ELSE {tops} + {heads} + i * 7919 % {leaves} * {heads} + head END::INTEGER AS function_id,
        (kind = 2 AND i % 10007 = 2) AS raised, {start} + b * 100000 + j * 1000 AS start_ns,
        CASE kind WHEN 0 THEN 99900 WHEN 1 THEN 10900 ELSE 100 + {spread} % 800 END AS took FROM range({calls}) t(i));

-- The other traces have a few calls each.
INSERT INTO call_rows BY NAME SELECT t.id AS trace_id, (1::UBIGINT << 40) + i AS call_id,
    CASE WHEN i > 0 THEN (1::UBIGINT << 40) END AS parent_id, (i % 5)::INTEGER AS function_id, 1 AS thread_id,
    (i > 0)::INTEGER AS depth, epoch_ns(t.started_at) + i * 1000000 AS start_ns, 900000 AS duration_ns, 0 AS child_ns,
    0 AS suspended_ns, 0 AS resumes, 0::UTINYINT AS outcome, '{"x":' || i || '}' AS args, '1' AS result
    FROM traces t, range({small}) c(i) WHERE t.id <> '{trace}'::UUID;

INSERT INTO call_rows BY NAME SELECT '{trace}'::UUID AS trace_id, call_id, parent_id, function_id, 1 + thread AS thread_id,
    kind AS depth, start_ns, took AS duration_ns, CASE kind WHEN 0 THEN 9 * 10900 WHEN 1 THEN 5000 ELSE 0 END AS child_ns,
    0 AS suspended_ns, 0 AS resumes, raised::UTINYINT AS outcome,
    '{"order_id":' || i || ',"name":"customer ' || i % 5000 || '"}' AS args,
    CASE WHEN NOT raised THEN '"' || 'order ' || i || '"' END AS result,
    CASE WHEN raised THEN call_id END AS exception_id, 10 + j AS caller_line, parent_function_id AS caller_function_id
    FROM made ORDER BY thread, ends;

INSERT INTO exception_rows BY NAME SELECT trace_id, exception_id, call_id, parent_id, function_id, thread_id, depth,
    start_ns AS at_ns, CASE WHEN exception_id % 2 = 0 THEN 'ValueError' ELSE 'app.errors.Gone' END AS exception_type,
    'order ' || exception_id || ' is gone' AS message, 'Traceback (most recent call last)' AS stack_trace, 1 AS line_number,
    1::UTINYINT AS handled, 2 AS handled_by, 3 AS handled_line FROM call_rows WHERE exception_id IS NOT NULL;

INSERT INTO threads BY NAME SELECT '{trace}'::UUID AS trace_id, 1 + i AS stream, 1 + i AS thread_id, i AS ident,
    CASE WHEN i = 0 THEN 'MainThread' ELSE 'worker-' || i END AS name, make_timestamp({start} // 1000) AS first_at,
    first_at + INTERVAL 8 MINUTE AS last_at FROM range({threads}) t(i);

-- src/base/histogram.h: 32 buckets for each power of two; docs/store.md: u16 first, u16 n, n u32 counts, little-endian.
INSERT INTO stat_rows BY NAME WITH
    counted AS (SELECT trace_id, function_id, CASE WHEN duration_ns < 32 THEN duration_ns ELSE
        (floor(log2(duration_ns))::INTEGER - 5) * 32 + (duration_ns >> (floor(log2(duration_ns))::INTEGER - 5)) END AS bucket,
        count(*) AS n FROM call_rows GROUP BY ALL),
    spans AS (SELECT trace_id, function_id, min(bucket) AS first, max(bucket) AS last FROM counted GROUP BY ALL),
    bars AS (SELECT s.trace_id, s.function_id, s.first, s.last, b.bucket, coalesce(c.n, 0) AS n FROM
        (SELECT *, unnest(range(first, last + 1)) AS bucket FROM spans) b JOIN spans s USING (trace_id, function_id)
        LEFT JOIN counted c ON c.trace_id = b.trace_id AND c.function_id = b.function_id AND c.bucket = b.bucket),
    blobs AS (SELECT trace_id, function_id, unhex(any_value(le(first, 4) || le(last - first + 1, 4)) ||
        string_agg(le(n, 8), '' ORDER BY bucket)) AS histogram FROM bars GROUP BY ALL)
    SELECT c.trace_id, c.function_id, count(*) AS call_count, call_count AS recorded_calls, call_count AS timed_calls,
        sum(outcome)::BIGINT AS exception_count, sum(duration_ns)::BIGINT AS total_ns, sum(duration_ns - child_ns)::BIGINT AS self_ns,
        min(duration_ns) AS min_ns, max(duration_ns) AS max_ns, quantile_disc(duration_ns, 0.5) AS p50_ns,
        quantile_disc(duration_ns, 0.95) AS p95_ns, quantile_disc(duration_ns, 0.99) AS p99_ns, any_value(b.histogram) AS histogram,
        'full' AS gear FROM call_rows c JOIN blobs b USING (trace_id, function_id) GROUP BY c.trace_id, c.function_id
    ORDER BY c.trace_id, hash(c.function_id);

INSERT INTO edge_rows SELECT c.trace_id, c.function_id, c.caller_function_id, p.function_id, count(*),
    sum(c.duration_ns)::BIGINT FROM call_rows c LEFT JOIN (SELECT trace_id, call_id, function_id FROM call_rows WHERE depth < 2) p
    ON p.trace_id = c.trace_id AND p.call_id = c.parent_id 
    GROUP BY c.trace_id, c.function_id, c.caller_function_id, p.function_id ORDER BY c.trace_id, hash(c.function_id);

INSERT INTO node_rows SELECT '{trace}'::UUID, hash(kind, thread, function_id), CASE kind WHEN 0 THEN 0
    ELSE hash(kind - 1, thread, parent_function_id) END, kind, function_id, 1 + thread, count(*), sum(took)::BIGINT,
    sum(took - CASE kind WHEN 0 THEN 98100 WHEN 1 THEN 5000 ELSE 0 END)::BIGINT, sum(raised::BIGINT)::BIGINT, min(call_id),
    min(start_ns) FROM made GROUP BY kind, thread, function_id, parent_function_id ORDER BY min(i) LIMIT {most};
