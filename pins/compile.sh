#!/bin/sh
# Writes the pins anew: `make pins` keeps versions that still fit, `make pins UPGRADE=1` takes the newest.
# Locks name hashes and no registry, so that they hold wherever the packages come from.
set -eu
cd "$(dirname "$0")/.."
upgrade=${1:+--upgrade}
compile() {
    # shellcheck disable=SC2086 # an empty $upgrade is no argument
    .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-header --no-annotate $upgrade "$@"
}
compile --extra dev pyproject.toml -o pins/dev.txt
# What one image installs, and what all of them do (kit): the same versions, and nothing of its neighbours.
for service in auth_service transaction_service notification_service analytics_service monitoring operator kit; do
    compile --extra "$service" --constraint pins/dev.txt pyproject.toml -o "pins/$service.txt"
done
compile pins/mongod.in -o pins/mongod.txt
compile pins/build.in -o pins/build.txt

# What the jars of stack/pom.xml must hash to. Maven checks them against their registry when it fetches them here.
jars=$(mktemp -d)
trap 'rm -rf "$jars"' EXIT
mvn --quiet --batch-mode --file stack/pom.xml dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory="$jars"
mvn --quiet --batch-mode --file stack/pom.xml dependency:copy -DoutputDirectory="$jars"
(cd "$jars" && sha256sum -- *.jar) >pins/jars.sha256
git diff --stat -- pins
