#!/usr/bin/env bash
# Installs clients of npm (some seconds), of PyPI and Superset (some minutes each) into a folder,
# whose name the tests get in PUSHLOSS_TEST_CLIENTS: install.sh FOLDER npm|pypi|superset ...
set -euo pipefail
folder=$1
shift
mkdir -p "$folder"
cd "$folder"

for what; do
    case $what in
    npm)
        [ -d node_modules/pg ] && [ -d node_modules/postgres ] && continue
        npm install --no-audit --no-fund --silent --prefix . pg@8.23.1 postgres@3.4.9
        ;;
    pypi)
        [ -f python/complete ] && continue
        "${PYTHON:-python3}" -m venv python
        python/bin/pip install --quiet --disable-pip-version-check SQLAlchemy==2.1.9 psycopg2-binary==2.9.13 'psycopg[binary]==3.3.9' \
            pandas==3.1.1 'dlt[duckdb]==1.31.0' duckdb==2.0.1
        touch python/complete
        ;;
    superset)
        [ -f superset/complete ] && continue
        # Superset 6.1 takes Flask-Caching 2.5, with which it does not start, and neither rich nor cachetools, which it imports.
        "${PYTHON:-python3}" -m venv superset
        superset/bin/pip install --quiet --disable-pip-version-check apache-superset==6.1.0 psycopg2-binary==2.9.13 \
            Flask-Caching==2.3.1 rich==15.0.0 cachetools==8.0.2
        touch superset/complete
        ;;
    *)
        echo "cannot install: $what" >&2
        exit 2
        ;;
    esac
done
