#!/bin/sh
# Installs the MCP clients of others that tests/mcp drives the server with: Python ones always, those for Node where node and npm are,
# the one for Go where go is.
# usage: tools/get_mcp_clients.sh PYTHON CACHE        prints the folder: python/bin/python, with Node node_modules/, with Go go/client
#
# They are pinned in tools/mcp_clients, with all that they need. The folder has the hash of that in its name and a stamp when it is complete.
set -eu
cd "$(dirname "$0")/.."

say() { echo "setup: $*" >&2; }

folder=$2/mcp-clients-$(cat tools/mcp_clients/requirements.txt tools/mcp_clients/package-lock.json "$0" | sha256sum | cut -c 1-12)
echo "$folder"

# Each part has a stamp of its own: a Node that comes later gets its clients later.
if [ ! -e "$folder/python/complete" ]; then
    say "installing MCP clients for Python"
    rm -rf "$folder/python"
    mkdir -p "$folder"
    "$1" -m venv "$folder/python"
    "$folder/python/bin/pip" install --quiet --disable-pip-version-check --no-deps -r tools/mcp_clients/requirements.txt >&2 || {
        say "cannot install the MCP clients with pip: check the network, then try again"
        exit 1
    }
    touch "$folder/python/complete"
fi
if [ ! -e "$folder/node_modules/complete" ] && command -v node >/dev/null && command -v npm >/dev/null; then
    say "installing MCP clients for Node"
    rm -rf "$folder/node_modules"
    cp tools/mcp_clients/package.json tools/mcp_clients/package-lock.json "$folder/"
    npm ci --prefix "$folder" --no-audit --no-fund --loglevel=error >&2 || {
        say "cannot install the MCP clients with npm: check the network, then try again"
        exit 1
    }
    touch "$folder/node_modules/complete"
fi
# Go's pins are in its module, beside the program. A Go that is too old for it is as none.
go_source=$(cat tests/mcp/clients/go/* | sha256sum)
if [ "$go_source" != "$(cat "$folder/go/complete" 2>/dev/null)" ] && command -v go >/dev/null; then
    say "building the MCP client for Go"
    rm -rf "$folder/go"
    mkdir -p "$folder/go"
    if GOTOOLCHAIN=local go build -C tests/mcp/clients/go -trimpath -o "$folder/go/client" . >&2; then
        echo "$go_source" >"$folder/go/complete"
    else
        say "cannot build the MCP client for Go: it is not driven. It wants the Go of tests/mcp/clients/go/go.mod, and the network"
    fi
fi
