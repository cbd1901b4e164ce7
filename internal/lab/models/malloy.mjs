// Compiles the Malloy model against a database, and compares its sums with plain SQL:
//   node malloy.mjs MODEL DATABASE_URL
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const { SingleConnectionRuntime } = require("@malloydata/malloy");
const { PostgresConnection } = require("@malloydata/db-postgres");

const [model, url] = process.argv.slice(2);
const text = readFileSync(model, "utf8");
const connection = new PostgresConnection({ name: "pushloss", connectionString: url });
const runtime = new SingleConnectionRuntime({ urlReader: { readURL: async () => text }, connection });
const questions = [
  ["run: app_stage_loss -> { aggregate: n is sum_err_count }", "SELECT sum(err_count) AS n FROM analytics.app_stage_loss"],
  ["run: app_platform_loss -> { group_by: platform; aggregate: n is sum_err_count; order_by: platform; limit: 1 }",
    "SELECT sum(err_count) AS n FROM analytics.app_platform_loss WHERE platform = (SELECT min(platform) FROM analytics.app_platform_loss)"],
  ["run: calendar -> { aggregate: n is sum_lost }", "SELECT sum(lost) AS n FROM analytics.calendar"],
  // A join by app and day multiplies nothing. A new database has no final day yet.
  ["run: app_stage_loss -> { where: calendar.final = false; aggregate: n is sum_err_count }", "SELECT sum(err_count) AS n FROM analytics.app_stage_loss WHERE NOT final"],
  ["run: app_stage_rates -> { where: stage = 'ready_to_send'; aggregate: n is loss_rate_of_sums }",
    "SELECT sum(coded_loss)::float8 / sum(denominator) AS n FROM analytics.loss_rates WHERE grain = 'app_stage' AND stage = 'ready_to_send' AND loss_rate IS NOT NULL"],
];
let wrong = 0;
for (const [question, sql] of questions) {
  const got = (await runtime.loadQuery(`${text}\n${question}`).run()).data.value[0].n;
  const want = (await connection.runSQL(`SELECT row_to_json(answer) AS row FROM (${sql}) AS answer`)).rows[0].n;
  const same = Math.abs(Number(got) - Number(want)) <= 1e-9 * Math.abs(Number(want)) && Number(want) > 0;
  wrong += same ? 0 : 1;
  console.log(same ? "ok  " : "FAIL", question, got, want);
}
await connection.close();
process.exit(wrong ? 1 : 0);
