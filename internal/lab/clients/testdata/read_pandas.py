"""Print relations as pandas reads them over SQLAlchemy: a line of JSON for each.

The arguments are what stands after FROM; PGHOST and its like say where.
"""

import json
import sys

import pandas
import sqlalchemy


def type_of(column, oid):
    """The type of a column's values for pandas, and that of the column for Postgres."""
    return f"{type(column.dtype).__name__ if column.notna().any() else 'no value'} of {oid}"


def text(value):
    if pandas.isna(value):
        return None
    if isinstance(value, pandas.Timestamp):
        return value.tz_convert("UTC").isoformat(timespec="microseconds")
    return str(value)


with sqlalchemy.create_engine("postgresql+psycopg://").connect() as connection:
    for relation in sys.argv[1:]:
        query = f"SELECT * FROM {relation}"
        described = connection.exec_driver_sql(query + " LIMIT 0").cursor.description
        # Without dtype_backend, whole numbers beside NULL become fractions. It makes texts of dates.
        frame = pandas.read_sql(query, connection, dtype_backend="numpy_nullable")
        columns = [{"name": name, "types": [type_of(frame[name], column.type_code)]} for name, column in zip(frame.columns, described)]
        rows = [[text(value) for value in row] for row in frame.itertuples(index=False, name=None)]
        print(json.dumps({"relation": relation, "columns": columns, "rows": rows}))
