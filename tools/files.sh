#!/bin/sh
# Prints the project's own files with these endings, one a line: what format and checks look at.
# usage: tools/files.sh c h
set -eu
cd "$(dirname "$0")/.."

for ending in "$@"; do
    find .ci src python tests bench examples tools -name "*.$ending" -type f -not -path '*/.breadcrumb/*' 2>/dev/null
done | sort
