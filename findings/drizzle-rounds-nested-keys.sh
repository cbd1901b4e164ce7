#!/usr/bin/env bash
# Drizzle reads the key 7301234567890123457 rightly by select(), and as 7301234567890123776 if the row is nested in another one, also as a BigInt.
#
# Guess: a bigint with mode "bigint" and a numeric are exact wherever they are read, since that is what the modes are for.
# Seen: a relational query (with: …) lets Postgres make JSON of the nested rows, and reads that with JSON.parse, whose numbers are doubles. BigInt() and the text come after that: the key is another one, of which no row exists, and
# numeric keeps some 16 digits. A top row of the same query is exact. No error, and the type is what the schema says. Keys up to 9007199254740991 are right, so small test keys show nothing.
. "$(dirname "$0")/lib.bash"
need psql node
node_package drizzle-orm@0.45.4
node_package pg@8.23.1
postgres 18.4.0-beta.17
echo "drizzle-orm 0.45.4, pg 8.23.1, PostgreSQL 18.4, node $(node --version)"

psql -Xqc "CREATE TABLE tasks (id int PRIMARY KEY); CREATE TABLE pushes (id bigint PRIMARY KEY, task int REFERENCES tasks, cost numeric)" \
    -c "INSERT INTO tasks VALUES (1); INSERT INTO pushes VALUES (7301234567890123457, 1, 12345678901234567.89), (42, 1, 12.50)"
cat >"$dir/ask.mjs" <<'JS'
import { eq, relations } from "drizzle-orm";
import { drizzle } from "drizzle-orm/node-postgres";
import { bigint, integer, numeric, pgTable } from "drizzle-orm/pg-core";
import pg from "pg";

const tasks = pgTable("tasks", { id: integer().primaryKey() });
const pushes = pgTable("pushes", { id: bigint({ mode: "bigint" }).primaryKey(), task: integer(), cost: numeric() });
const taskRelations = relations(tasks, ({ many }) => ({ pushes: many(pushes) }));
const pushRelations = relations(pushes, ({ one }) => ({ task: one(tasks, { fields: [pushes.task], references: [tasks.id] }) }));
const db = drizzle(new pg.Pool(), { schema: { tasks, pushes, taskRelations, pushRelations } });
const text = (row) => `${row.id} ${row.cost}`;
const nested = async () => (await db.query.tasks.findFirst({ with: { pushes: { orderBy: (push, { desc }) => desc(push.id) } } })).pushes;
const answers = {
  select: async () => text((await db.select().from(pushes).where(eq(pushes.task, 1)).orderBy(pushes.id))[1]),
  top: async () => text(await db.query.pushes.findFirst({ with: { task: true }, orderBy: (push, { desc }) => desc(push.id) })),
  nested: async () => text((await nested())[0]),
  type: async () => typeof (await nested())[0].id + ", " + typeof (await nested())[0].cost,
  small: async () => text((await nested())[1]),
  found: async () => String((await db.select().from(pushes).where(eq(pushes.id, (await nested())[0].id))).length),
};
console.log(await answers[process.argv[2]]());
process.exit();
JS
ask() { (cd "$dir" && node ask.mjs "$1" 2>&1 | tail -1); }
expect "key and cost by select()" "$(ask select)" "7301234567890123457 12345678901234567.89"
expect "the same by a relational query, as its top row" "$(ask top)" "7301234567890123457 12345678901234567.89"
expect "nested in the row of its task" "$(ask nested)" "7301234567890123776 12345678901234568"
expect "their types" "$(ask type)" "bigint, string"
expect "rows with this key" "$(ask found)" "0"
expect "the key 42, nested" "$(ask small)" "42 12.5"
verdict
