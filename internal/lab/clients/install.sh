#!/usr/bin/env bash
# Installs clients of npm (some seconds) and of PyPI (some minutes) into a folder, whose name
# the tests get in PUSHLOSS_TEST_CLIENTS: install.sh FOLDER npm|pypi ...
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

for registry; do
    case $registry in
    npm)
        [ -d node_modules/pg ] && [ -d node_modules/postgres ] && continue
        npm install --no-audit --no-fund --silent --prefix . pg@8.23.1 postgres@3.4.9
        ;;
    pypi)
        [ -f python/complete ] && continue
        python3 -m venv python
        python/bin/pip install --quiet --disable-pip-version-check SQLAlchemy==2.1.9 psycopg2-binary==2.9.13 'psycopg[binary]==3.3.9' \
            pandas==3.1.1 'dlt[duckdb]==1.31.0' duckdb==2.0.1
        touch python/complete
        ;;
    *)
        echo "unknown registry: $registry" >&2
        exit 2
        ;;
    esac
done
