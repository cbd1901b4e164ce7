"""Print views as DuckDB has them after dlt copied them: a line of JSON for each.

The arguments are the views; PGHOST and its like say where.
"""

import datetime
import json
import os
import sys
import tempfile

os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "RUNTIME__LOG_LEVEL": "ERROR"}

import dlt
import duckdb
import sqlalchemy
from dlt.sources.sql_database import sql_database


def text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime.datetime):
        return value.astimezone(datetime.timezone.utc).isoformat(timespec="microseconds")
    return value.isoformat() if isinstance(value, datetime.date) else repr(value)


def types(values, column_type):
    return sorted({type(value).__name__ for value in values if value is not None}) or [f"no value of {column_type}"]


def known_type(column_type):
    """dlt 1.31 does not know SQLAlchemy 2.1's type of fractions: it would leave out such a column with only NULL."""
    return sqlalchemy.Numeric(asdecimal=False) if isinstance(column_type, sqlalchemy.Float) else column_type


schema = "analytics"
names = [relation.removeprefix(schema + ".") for relation in sys.argv[1:]]
with tempfile.TemporaryDirectory() as folder:
    os.environ["DLT_DATA_DIR"] = folder
    file = os.path.join(folder, "file.duckdb")
    # Without include_views dlt finds nothing.
    source = sql_database(
        "postgresql+psycopg://", schema=schema, table_names=names, include_views=True, reflection_level="full", type_adapter_callback=known_type
    )
    pipeline = dlt.pipeline("copy", destination=dlt.destinations.duckdb(file), dataset_name="copy", pipelines_dir=folder)
    pipeline.run(source, write_disposition="replace")
    with duckdb.connect(file) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        copied = {name for (name,) in connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'copy'").fetchall()}
        for name in filter(copied.__contains__, names):  # dlt makes no table of a view without rows
            answer = connection.execute(f"SELECT * EXCLUDE (_dlt_load_id, _dlt_id) FROM copy.{name}")
            described, rows = answer.description, answer.fetchall()
            columns = [{"name": c[0], "types": types([row[i] for row in rows], c[1])} for i, c in enumerate(described)]
            print(json.dumps({"relation": f"{schema}.{name}", "columns": columns, "rows": [[text(v) for v in row] for row in rows]}))
