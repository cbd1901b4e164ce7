#!/usr/bin/env bash
# When a connection breaks in the middle of an answer, undici's RetryAgent asks for the rest, and glues the halves of two different answers together.
#
# Guess: what it has is given up or reported as an error; a rest is only asked for if an ETag proves that the answer is still the same.
# Seen: without an ETag it sends `Range: bytes=24-` all the same, and takes the 206 if the length is right. The table has one day's count from before a correction and the next day's from after it, with status 200.
# With another ETag it is an error. And a PUT whose body is a generator is repeated after a 503 with an empty body, which is reported as sent.
. "$(dirname "$0")/lib.bash"
need node
node_package undici@7.30.2
echo "undici 7.30.2, node $(node --version)"

cat >"$dir/ask.mjs" <<'JS'
import http from "node:http";
import { Agent, request, RetryAgent } from "undici";

const [, , what] = process.argv;
const before = "day,lost\n2025-03-10,111\n2025-03-11,111\n";
const after = before.replaceAll("111", "222");
const bodies = [];
let requests = 0;
const server = http.createServer(async (question, answer) => {
  let body = "";
  for await (const part of question) body += part;
  bodies.push(body);
  const first = ++requests === 1;
  if (what.startsWith("put")) {
    answer.writeHead(first ? 503 : 200).end();
    return;
  }
  const etag = what === "etag" ? { etag: first ? '"1"' : '"2"' } : {};
  if (first) {
    answer.writeHead(200, { "content-length": before.length, ...etag });
    answer.write(before.slice(0, 24), () => setTimeout(() => answer.socket.destroy(), 200));
    return;
  }
  const start = Number(/bytes=(\d+)-/.exec(question.headers.range)?.[1] ?? 0);
  answer.writeHead(start ? 206 : 200, { "content-range": `bytes ${start}-${after.length - 1}/${after.length}`, "content-length": after.length - start, ...etag });
  answer.end(after.slice(start));
});
server.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}/`;
  const generator = async function* () {
    yield "counts";
  };
  const put = what.startsWith("put") && { method: "PUT", body: what === "put-text" ? "counts" : generator() };
  try {
    const { statusCode, body } = await request(url, { dispatcher: new RetryAgent(new Agent()), ...put });
    const text = await body.text();
    console.log(statusCode, put ? `after ${bodies.map((body) => `'${body}'`).join(" ")}` : text.trim().split("\n").slice(1).join(" "));
  } catch (error) {
    console.log("an error");
  }
  process.exit();
});
JS
ask() { (cd "$dir" && node ask.mjs "$1" 2>&1); }
expect "the rest of another answer, without an ETag" "$(ask table)" "200 2025-03-10,111 2025-03-11,222"
expect "the same with another ETag" "$(ask etag)" "an error"
expect "the bodies of a PUT from a generator, after a 503" "$(ask put-generator)" "200 after 'counts' ''"
expect "the bodies of a PUT of a text" "$(ask put-text)" "200 after 'counts' 'counts'"
verdict
