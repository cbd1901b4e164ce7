"""Ask a question by psycopg 3 on two connections by turns, as a tool's pool does.

The arguments are the question, the app, and the keyword arguments of each way to
connect, as JSON; PGHOST and its like say where. A line for each way: the rows, cells
separated by a bar, rows by a semicolon, or the error that came.
"""

import json
import sys

import psycopg

TURNS = 8  # a statement is prepared when it was sent five times


def ask(question, app, keywords):
    with psycopg.connect("", **keywords) as one, psycopg.connect("", **keywords) as other:
        for connection in [one, other] * TURNS:
            answer = ";".join("|".join(map(str, row)) for row in connection.execute(question, (app,)))
            connection.commit()
    return answer


question, app, *ways = sys.argv[1:]
for way in ways:
    try:
        print(ask(question, int(app), json.loads(way)))
    except psycopg.Error as error:
        print(f"error {error.sqlstate}: {' '.join(str(error).split())}")
