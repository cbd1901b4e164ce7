#!/usr/bin/env bash
# SQLAlchemy Core and peewee take the columns of an insert from its first row: what only a later row has is not stored, without an error.
#
# Guess: an error, as SQLAlchemy has for a row that lacks a column of the first one, or the union of the columns, as its ORM and node's knex make it.
# Seen: the count and the note of the second row are not stored: its n is the default, 0. As an upsert the same rows overwrite a stored 3 with that default, though the row brings a 5. In the other
# order SQLAlchemy refuses them. peewee stores the columns that have a default in Python, and loses the others. Give each row all keys.
. "$(dirname "$0")/lib.bash"
python_packages sqlalchemy==2.1.9 psycopg==3.3.9 psycopg-binary==3.3.9 peewee==4.5.3 psycopg2-binary==2.9.13
postgres 18.4.0-beta.17
echo "SQLAlchemy 2.1.9, psycopg 3.3.9, peewee 4.5.3, PostgreSQL 18.4"

cat >"$dir/ask.py" <<'PYTHON'
import os
import sys

import peewee
import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects.postgresql import insert

SHORT, LONG = {"code": "a"}, {"code": "b", "n": 5, "note": "restated"}
engine = sa.create_engine(f"postgresql+psycopg://postgres@127.0.0.1:{os.environ['PGPORT']}/postgres")
database = peewee.PostgresqlDatabase("postgres", host="127.0.0.1", port=int(os.environ["PGPORT"]), user="postgres")
Base = orm.declarative_base()


class Loss(Base):
    __tablename__ = "loss"
    code = sa.Column(sa.Text, primary_key=True)
    n = sa.Column(sa.Integer, server_default="0")
    note = sa.Column(sa.Text)


class PeeweeLoss(peewee.Model):
    code = peewee.TextField(primary_key=True)
    n = peewee.IntegerField(default=0)
    note = peewee.TextField(null=True)

    class Meta:
        database, table_name = database, "loss"


def store(how):
    table = Loss.__table__
    with engine.begin() as connection:
        if how == "core":
            connection.execute(table.insert(), [SHORT, LONG])
        elif how == "values":
            connection.execute(table.insert().values([SHORT, LONG]))
        elif how == "reversed":
            connection.execute(table.insert(), [LONG, SHORT])
        elif how == "upsert":
            connection.execute(table.insert(), [{"code": "b", "n": 3}])
            upsert = insert(table)
            connection.execute(upsert.on_conflict_do_update(index_elements=["code"], set_={"n": upsert.excluded.n}), [SHORT, LONG])
        elif how == "orm":
            with orm.Session(connection) as session:
                session.execute(sa.insert(Loss), [SHORT, LONG])
                session.flush()
    if how == "peewee":
        PeeweeLoss.insert_many([SHORT, LONG]).execute()


Base.metadata.drop_all(engine)
Base.metadata.create_all(engine)
try:
    store(sys.argv[1])
    with engine.connect() as connection:
        print(*(f"{code} {n} {note}" for code, n, note in connection.execute(sa.text("SELECT code, n, coalesce(note, '-') FROM loss ORDER BY code"))), sep=", ")
except sa.exc.StatementError as error:
    print(str(error.orig or error).split(", in ")[0])
PYTHON
ask() { python3 "$dir/ask.py" "$1" 2>&1; }
expect "SQLAlchemy, execute(insert, [rows]) of {a} and {b, 5, restated}" "$(ask core)" "a 0 -, b 0 -"
expect "SQLAlchemy, insert().values([rows])" "$(ask values)" "a 0 -, b 0 -"
expect "SQLAlchemy, the upsert of the same on {b, 3}" "$(ask upsert)" "a 0 -, b 0 -"
expect "SQLAlchemy, the rows in the other order" "$(ask reversed)" "A value is required for bind parameter 'n'"
expect "SQLAlchemy's ORM, execute(insert, [rows])" "$(ask orm)" "a 0 -, b 5 restated"
expect "peewee, insert_many([rows])" "$(ask peewee)" "a 0 -, b 5 -"
verdict
