#!/usr/bin/env bash
# In Pony, one query of the losses 5, 5, 5, 7, 7 has the sum 29, the count 2 and the average 5.8, and Python's sum() of its list is 12.
#
# Guess: select() of columns lists equal rows once, as Pony's reference says, and so do its sum, average and count: 12, 6 and 2.
# Seen: sum() and avg() are over all rows, count() of a column is COUNT(DISTINCT …), also in a query by day, and the list has each value once. The sum divided by the count is 14.5. A day with the same count for two codes
# has one row in the list. A primary key among the columns hides it. without_distinct() brings the rows of the list back, but not those of the count.
. "$(dirname "$0")/lib.bash"
need python3
python_packages pony==0.7.20
echo "Pony 0.7.20, SQLite $(python3 -c 'import sqlite3; print(sqlite3.sqlite_version)')"

cat >"$dir/ask.py" <<'PYTHON'
import sys

from pony.orm import Database, PrimaryKey, Required, count, db_session, select, sum as total

db = Database(provider="sqlite", filename=":memory:")


class Loss(db.Entity):
    id = PrimaryKey(int)
    day = Required(str)
    code = Required(str)
    n = Required(int)


db.generate_mapping(create_tables=True)
with db_session:
    for id, (day, code, n) in enumerate([("10", "a", 5), ("10", "b", 5), ("11", "a", 5), ("11", "b", 7), ("12", "a", 7)]):
        Loss(id=id, day=day, code=code, n=n)
    query = select(l.n for l in Loss)
    answers = {
        "rows": lambda: sorted(query),
        "python": lambda: sum(list(query)),
        "sum": lambda: query.sum(),
        "avg": lambda: query.avg(),
        "total": lambda: total(l.n for l in Loss),
        "days": lambda: sorted(select((l.day, l.n) for l in Loss)),
        "count": lambda: (query.count(), count(l.n for l in Loss)),
        "by day": lambda: sorted(select((l.day, count(l.n)) for l in Loss)),
        "all": lambda: (sorted(query.without_distinct()), query.without_distinct().count()),
        "id": lambda: len(list(select((l.id, l.n) for l in Loss))),
        "objects": lambda: sum(l.n for l in list(Loss.select())),
    }
    print(answers[sys.argv[1]]())
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1 | tail -1; }
expect "the losses 5, 5, 5, 7, 7: select(l.n for l in Loss)" "$(ask rows)" "[5, 7]"
expect "Python's sum() of its list" "$(ask python)" "12"
expect "its own sum()" "$(ask sum)" "29"
expect "its own avg()" "$(ask avg)" "5.8"
expect "sum(l.n for l in Loss)" "$(ask total)" "29"
expect "select((l.day, l.n) …), where day 10 has 5 for two codes" "$(ask days)" "[('10', 5), ('11', 5), ('11', 7), ('12', 7)]"
expect "its own count(), and count(l.n for l in Loss)" "$(ask count)" "(2, 2)"
expect "select((l.day, count(l.n)) …), where day 10 has two rows" "$(ask "by day")" "[('10', 1), ('11', 2), ('12', 1)]"
expect "without_distinct(), and its count()" "$(ask all)" "([5, 5, 5, 7, 7], 2)"
expect "rows of select((l.id, l.n) …)" "$(ask id)" "5"
expect "the sum over whole rows" "$(ask objects)" "29"
verdict
