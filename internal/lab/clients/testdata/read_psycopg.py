"""Print relations as psycopg 3 reads them: a line of JSON for each.

The arguments are what stands after FROM; PGHOST and its like say where.
"""

import datetime
import json
import sys

import psycopg


def text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime.datetime):
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(datetime.timezone.utc).isoformat(timespec="microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return repr(value)


def types(column, values):
    """The types of a column's values, or of the column where there is none."""
    found = {type(value).__name__ for value in values if value is not None}
    return sorted(found) or [f"no value of {psycopg.adapters.types[column.type_code].name}"]


with psycopg.connect("") as connection:
    for relation in sys.argv[1:]:
        cursor = connection.execute(f"SELECT * FROM {relation}")
        rows = cursor.fetchall()
        columns = [
            {"name": column.name, "types": types(column, [row[i] for row in rows])}
            for i, column in enumerate(cursor.description)
        ]
        print(json.dumps({"relation": relation, "columns": columns, "rows": [[text(value) for value in row] for row in rows]}))
