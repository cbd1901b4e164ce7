"""Print relations as ODBC gives them, by way of pyodbc: a line of JSON for each.

The arguments are what stands after FROM; PGHOST and its like say where.
"""

import datetime
import json
import os
import sys

import pyodbc

# Without BoolsAsChar=0 the driver makes texts of booleans.
CONNECTION = "Driver={{PostgreSQL Unicode}};Server={PGHOST};Port={PGPORT};Database={PGDATABASE};Uid={PGUSER};Pwd={PGPASSWORD};BoolsAsChar=0"


def text(value):
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime.datetime):  # in the session's time zone
        return value.replace(tzinfo=datetime.timezone.utc).isoformat(timespec="microseconds")
    if isinstance(value, datetime.date):
        return value.isoformat()
    return repr(value)


connection = pyodbc.connect(CONNECTION.format(**os.environ))
connection.execute("SET TIME ZONE 'UTC'")
for relation in sys.argv[1:]:
    cursor = connection.execute(f"SELECT * FROM {relation}")
    columns = [{"name": column[0], "types": [column[1].__name__]} for column in cursor.description]
    print(json.dumps({"relation": relation, "columns": columns, "rows": [[text(value) for value in row] for row in cursor]}))
