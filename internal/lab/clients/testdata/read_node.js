// Prints relations as npm's pg or postgres reads them: a line of JSON for each.
//
// The arguments are the package, then what stands after FROM; PGHOST and its like say
// where. PUSHLOSS_TEST_CLIENTS is the folder with node_modules.

const { createRequire } = require('node:module');
const load = createRequire(`${process.env.PUSHLOSS_TEST_CLIENTS}/`);

// Without these parsers both packages make a Date of a time, which has no microseconds, and
// of a date: pg at midnight in the zone of the process, postgres at midnight UTC.
const DATE = 1082;
const TIMESTAMPTZ = 1184;
const asText = (text) => text;

const readers = {
  async pg(relations) {
    const { Client, types } = load('pg');
    for (const type of [DATE, TIMESTAMPTZ]) types.setTypeParser(type, asText);
    const client = new Client();
    await client.connect();
    for (const relation of relations) {
      const answer = await client.query({ text: `SELECT * FROM ${relation}`, rowMode: 'array' });
      print(relation, answer.fields.map(({ name, dataTypeID }) => ({ name, type: dataTypeID })), answer.rows);
    }
    await client.end();
  },
  async postgres(relations) {
    const sql = load('postgres')({ ssl: false, max: 1, types: { day: { to: DATE, from: [DATE, TIMESTAMPTZ], parse: asText } } });
    for (const relation of relations) {
      const answer = await sql.unsafe(`SELECT * FROM ${relation}`).values();
      print(relation, answer.columns, answer);
    }
    await sql.end();
  },
};

// The types of a column's values, each with the column's: both packages give a bigint as a
// string, which keeps all its digits.
function typesOf(column, values) {
  const found = new Set(values.filter((value) => value !== null).map((value) => typeof value));
  return (found.size ? [...found].sort() : ['no value']).map((type) => `${type} of ${column.type}`);
}

function print(relation, columns, rows) {
  const described = columns.map((column, i) => ({ name: column.name, types: typesOf(column, rows.map((row) => row[i])) }));
  const cells = rows.map((row) => row.map((value) => (value === null ? null : String(value))));
  console.log(JSON.stringify({ relation, columns: described, rows: cells }));
}

const [reader, ...relations] = process.argv.slice(2);
readers[reader](relations);
