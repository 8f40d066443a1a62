#!/bin/sh
# Lays out what one image holds: image_parts.sh SERVICE SOURCE TARGET. A service gets its own folder and what it stands
# on; `operator` what sets a platform up and tries it from outside.
set -eu
service=$1 source=$2 target=$3
case "$service" in
    operator) parts="contracts service_kit stack bench auth_service" ;;
    monitoring) parts="contracts service_kit monitoring docs/runbooks" ;;
    *) parts="contracts service_kit $service" ;;
esac
for part in $parts; do
    mkdir -p "$target/$(dirname "$part")"
    cp -R "$source/$part" "$target/$part"
done
