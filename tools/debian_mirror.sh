#!/bin/sh
# Prints the mirror of Debian that apt uses here; nothing where it has none.
set -eu
# shellcheck disable=SC2016
mirror=$(apt-get indextargets --format '$(ORIGIN) $(SITE) $(REPO_URI)' 2>/dev/null | awk '$1 == "Debian" { print $NF; exit }')
[ -n "$mirror" ] || mirror=$(awk '$1 == "URIs:" { print $2; exit } $1 == "deb" { for (i = 2; i < NF; i++) if ($i ~ /^https?:/) { print $i; exit } }' \
    /etc/apt/sources.list.d/debian.sources /etc/apt/sources.list 2>/dev/null | grep -E '/debian/?$' || true)
echo "$mirror"
