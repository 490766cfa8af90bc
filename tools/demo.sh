#!/bin/sh
# Traces two real programs, shows the reports, and asks questions of what was recorded.
# usage: tools/demo.sh        works in build/demo, which it makes anew
#   BREADCRUMB_BIN, BREADCRUMB_TEST_PYTHONS, BREADCRUMB_DEMO_TOOLS: see tools/with_env.sh
set -eu
cd "$(dirname "$0")/.."

program=${BREADCRUMB_BIN:-$PWD/build/bin/breadcrumb}
docutils=${BREADCRUMB_DEMO_TOOLS:?says where docutils is: start this with make demo}
python=$(echo "${BREADCRUMB_TEST_PYTHONS:-$(tools/pythons.sh | tr '\n' ':')}" | tr ':' '\n' | grep . | tail -n 1)
place=$PWD/build/demo

rm -rf "$place"
mkdir -p "$place/.breadcrumb"
cp -R examples/orders "$place/orders"
PATH=$(dirname "$program"):$(dirname "$python"):$PATH
export PATH
python=$(basename "$python")

bold() { if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then printf '\033[1m%s\033[0m\n' "$1"; else printf '%s\n' "$1"; fi; }
say() { printf '\n%s\n' "$1"; }
# Prints a command the way a person would type it, and runs it. What it says on stderr is part of the show.
show() {
    echo
    bold "\$ $1"
    sh -c "$1" 2>&1
}

bold "Breadcrumb: a flight recorder for Python"
say "To repeat any of this by hand:"
echo "    export PATH=$(dirname "$program"):\$PATH"
echo "    cd $place/orders"

cd "$place/orders"
say "1. An order service with threads and asyncio (examples/orders). One order fails, and the log does not say why.
   It is run as it is, with 'breadcrumb run -t SECONDS' before its command; the report comes after its own output."
show "breadcrumb run -t 60 $python main.py"

say "2. Why did order 17 fail? What was raised, where, and by which call with which arguments:"
show "breadcrumb query --format table \"
    SELECT e.exception_type, e.message, c.function_name, c.args
    FROM exceptions e JOIN calls c USING (trace_id, call_id)
    WHERE e.exception_type = 'LedgerError'\""

say "   There is no 0.65 of a yen. So where did it come from? All calls below the handling of that order, however deep,
   that gave back a sum of yen with a fraction, in their sequence:"
show "breadcrumb query --format table \"
    WITH RECURSIVE below AS (
        SELECT * FROM calls WHERE function_name = 'Workers.handle' AND (args->'order'->>'number') = '17'
        UNION ALL
        SELECT c.* FROM calls c JOIN below b ON c.parent_id = b.call_id AND c.trace_id = b.trace_id)
    SELECT depth, function_name, result->'amount'->>'value' AS amount FROM below
    WHERE result->'currency'->>'name' = 'JPY' AND amount LIKE '%.%' ORDER BY start_ns\""

say "   It began in convert(). All its calls, with what they were given and what they gave back:"
show "breadcrumb query --format table \"
    SELECT args->'money'->'amount'->>'value' AS amount, args->'money'->'currency'->>'name' AS currency,
           args->'target'->>'name' AS target, result->'amount'->>'value' AS result
    FROM calls WHERE function_name = 'convert' ORDER BY start_ns\""
say "   convert() rounds to the unit of the currency it comes from, a cent, where it should take the one it goes to.
   Euros and crowns have the same; only order 17 pays in yen with a voucher in euros."

cd "$place"
say "3. A program that nobody here wrote: docutils turns its own quick start guide into HTML. Only the project's own code
   is recorded unless one says otherwise: --all-code is everything, --include narrows that to the packages named."
PYTHONPATH=$docutils PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH PYTHONDONTWRITEBYTECODE
echo "    cd $place; export PYTHONPATH=$docutils"
show "breadcrumb run -t 60 --all-code --include 'docutils.*' $python -m docutils \$PYTHONPATH/docs/user/rst/quickstart.rst quickstart.html"
unset PYTHONPATH PYTHONDONTWRITEBYTECODE

say "4. Where did the time go? The functions with the most time of their own:"
show "breadcrumb query --format table \"
    SELECT function_name, module_name, call_count, round(self_ms, 1) AS self_ms, round(p95_ms, 3) AS p95_ms
    FROM function_stats WHERE function_name <> '<module>'
        AND trace_id = (SELECT id FROM traces ORDER BY started_at DESC LIMIT 1)
    ORDER BY self_ms DESC LIMIT 8\""

say "5. What did it see in the document? The sections, from the arguments of the method that makes them:"
show "breadcrumb query --format table \"
    SELECT args->>'lineno' AS line, args->>'style' AS style, args->>'title' AS title
    FROM calls WHERE function_name = 'RSTState.section' ORDER BY start_ns\""

say "That was all of it: 'breadcrumb --help' lists the commands, docs/store.md the tables."
