#!/bin/sh
# Renders each .dot here to an .svg that keeps the hash of its source. Needs graphviz: apt-get install graphviz
set -eu
cd "$(dirname "$0")"
for source in *.dot; do
    target=${source%.dot}.svg
    dot -Tsvg "$source" >"$target"
    printf '<!-- source %s -->\n' "$(sha256sum "$source" | cut -d' ' -f1)" >>"$target"
    echo "$target"
done
