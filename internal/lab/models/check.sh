#!/usr/bin/env bash
# Runs dbt and Malloy on the models of docs/models, over a database that has figures: DATABASE_URL, a URL.
# Both are installed by pip and npm into WORK.
set -euo pipefail
cd "$(dirname "$0")/../../.."
work=${WORK:-/tmp/pushloss-models}
mkdir -p "$work/malloy" "$work/dbt"

if [ ! -x "$work/venv/bin/dbt" ]; then
	python3 -m venv "$work/venv"
	"$work/venv/bin/pip" install -q 'dbt-core>=1.9,<1.12' 'dbt-postgres>=1.9,<2'
fi
# The demo's URL names a file with the password, which these clients read from a variable.
if [[ $DATABASE_URL =~ [?\&]passfile=([^\&]+) ]]; then
	export PGPASSFILE=${PGPASSFILE:-${BASH_REMATCH[1]}}
fi
"$work/venv/bin/python" - "$DATABASE_URL" > "$work/dbt/profiles.yml" <<'PYTHON'
import json, sys, urllib.parse
url = urllib.parse.urlsplit(sys.argv[1])
print(json.dumps({"pushloss": {"target": "check", "outputs": {"check": {
    "type": "postgres", "host": url.hostname, "port": url.port or 5432, "user": urllib.parse.unquote(url.username or ""),
    "password": urllib.parse.unquote(url.password or ""), "dbname": url.path.lstrip("/"), "schema": "public", "threads": 2}}}}))
PYTHON
"$work/venv/bin/dbt" --no-send-anonymous-usage-stats --quiet test --project-dir docs/models/dbt --profiles-dir "$work/dbt" \
	--target-path "$work/dbt/target" --log-path "$work/dbt/logs"
echo 'dbt: all tests of the sources pass'

if [ ! -d "$work/malloy/node_modules/@malloydata/malloy" ]; then
	(cd "$work/malloy" && npm init -y >/dev/null && npm install --silent @malloydata/malloy @malloydata/db-postgres antlr4ts@0.5.0-alpha.4)
fi
model=$PWD/docs/models/malloy/pushloss.malloy check=$PWD/internal/lab/models/malloy.mjs
cd "$work/malloy" && node "$check" "$model" "$DATABASE_URL"
