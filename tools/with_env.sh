#!/bin/sh
# Runs a command that wants to know where the built program and the set-up's folders are.
# usage: [BREADCRUMB_BUILD=build] tools/with_env.sh COMMAND...
#
#   BREADCRUMB_BIN            the program
#   BREADCRUMB_TEST_PYTHONS   the Pythons that the extension is built for, separated by colons
#   BREADCRUMB_TOOLS_PYTHON   the Python of the test tools' virtual environment
#   BREADCRUMB_DEMO_TOOLS     docutils as its source package has it, with its documents
#   BREADCRUMB_PYPERFORMANCE  pyperformance as its source package has it, with its benchmarks
#   BREADCRUMB_PLUGGY         pluggy as its source package has it, with its tests
#   BREADCRUMB_HARM_CACHE     where make harm keeps packages and virtual environments
#   BREADCRUMB_NEIGHBOURS     debuggers, coverage and instrumentation: common/, and for each Python 3.12/ and so on
#   BREADCRUMB_MCP_CLIENTS    MCP clients of others: python/ and, where there is Node, node_modules/
#   BREADCRUMB_DUCKDB         libduckdb, a folder with include/ and lib/, or the word system
set -eu
cd "$(dirname "$0")/.."

# shellcheck source=/dev/null
. build/setup.env
BREADCRUMB_BUILD=$PWD/${BREADCRUMB_BUILD:-build}
BREADCRUMB_BIN=$BREADCRUMB_BUILD/bin/breadcrumb
BREADCRUMB_TEST_PYTHONS=$(tools/pythons.sh | tr '\n' ':')
BREADCRUMB_TEST_PYTHONS=${BREADCRUMB_TEST_PYTHONS%:}
BREADCRUMB_TOOLS_PYTHON=$BREADCRUMB_VENV/bin/python
export BREADCRUMB_BUILD BREADCRUMB_BIN BREADCRUMB_TEST_PYTHONS BREADCRUMB_TOOLS_PYTHON
export BREADCRUMB_DEMO_TOOLS BREADCRUMB_PYPERFORMANCE BREADCRUMB_PLUGGY BREADCRUMB_HARM_CACHE BREADCRUMB_NEIGHBOURS BREADCRUMB_DUCKDB BREADCRUMB_MCP_CLIENTS
exec "$@"
