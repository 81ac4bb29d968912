// Specifies what the register hook records of outgoing calls and data, made with the real clients by applications that know nothing of audit.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { startPostgres } from "../../../../test/support/postgres.ts";
import { apps, REGISTER, runApp } from "../kit/app.ts";
import { startChild } from "../kit/child.ts";
import { fakeDynamo, fakeMongo, fakeMysql, fakeRedis } from "../kit/fake-databases.ts";
import { fixture } from "../kit/fixture.ts";
import type { SeenRecord } from "../kit/otlp-receiver.ts";

test("pg: what changes the database is an event, with the statement's shape and a digest of its values", async (t) => {
  const postgres = await startPostgres();
  t.after(() => postgres.stop());
  const records = await runApp(t, ["clients/pg.js", postgres.url]);
  assert.deepEqual(
    records.map(({ event, attributes: a }) => [event, a["audit.action"], a["audit.outcome"], a["proofline.db.query.shape"]]),
    [
      ["db.change", "CREATE", "success", "CREATE TABLE invoices (id int, mail text)"],
      ["db.change", "CREATE", "success", "INSERT INTO invoices VALUES ($1, $2)"],
      ["db.change", "UPDATE", "success", "UPDATE invoices SET mail = ? WHERE id = ?"],
      ["db.change", "DELETE", "failure", "DELETE FROM missing"],
    ],
  );
  const insert = records[1]!.attributes;
  assert.match(String(insert["proofline.db.values.digest"]), /^hmac-sha256:/);
  assert.equal(insert["db.system.name"], "postgresql");
  assert.equal(insert["proofline.derivation.scope"], "@opentelemetry/instrumentation-pg");
  assert.match(records[1]!.traceId, /^(?!0{32})/);
  assert.ok(!JSON.stringify(records).includes("example.com"), "no value is in any record");
});

const shapes = (records: readonly SeenRecord[]) =>
  records.map(({ attributes: a }) => [
    a["audit.action"],
    a["audit.outcome"],
    a["audit.target.id"],
    a["proofline.db.query.shape"],
  ]);
const digests = (records: readonly SeenRecord[]) => records.map(({ attributes: a }) => String(a["proofline.db.values.digest"]));

/** Whatever they are, no value is in a record, and each has a digest of them. */
function withoutValues(records: readonly SeenRecord[]): void {
  assert.ok(!/example\.com|4111/.test(JSON.stringify(records)), "no value is in any record");
  for (const digest of digests(records)) assert.match(digest, /^hmac-sha256:/);
}

test("mysql2: changes are events, reading is none; other values have another digest", async (t) => {
  const records = await runApp(t, ["clients/mysql2.js", String(await fakeMysql(t))]);
  assert.deepEqual(shapes(records), [
    ["CREATE", "success", "shop", "INSERT INTO invoices VALUES (?, ?)"],
    ["CREATE", "success", "shop", "INSERT INTO invoices VALUES (?, ?)"],
    ["UPDATE", "success", "shop", "UPDATE invoices SET mail = ? WHERE id = ?"],
    ["DELETE", "failure", "shop", "DELETE FROM missing WHERE mail = ?"],
  ]);
  withoutValues(records);
  assert.equal(new Set(digests(records)).size, 4);
});

test("redis: commands that change something are events, in a transaction, too; a key is a value", async (t) => {
  const records = await runApp(t, ["clients/redis.js", String(await fakeRedis(t))]);
  assert.deepEqual(
    shapes(records).map(([action, outcome, , shape]) => [action, outcome, shape]),
    [
      ["WRITE", "success", "SET"],
      ["WRITE", "success", "HSET"],
      ["WRITE", "success", "SET"],
      ["DELETE", "success", "DEL"],
      ["DELETE", "success", "DEL"],
    ],
  );
  withoutValues(records);
});

test("mongodb: commands that change something are events, with the command's keys", async (t) => {
  const records = await runApp(t, ["clients/mongodb.js", String(await fakeMongo(t))]);
  assert.deepEqual(
    shapes(records).map(([action, outcome, target]) => [action, outcome, target]),
    [
      ["CREATE", "success", "shop.invoices"],
      ["UPDATE", "success", "shop.invoices"],
      ["DELETE", "success", "shop.invoices"],
      ["DELETE", "failure", "shop.missing"],
    ],
  );
  const update = records[1]!.attributes["proofline.db.query.shape"];
  assert.equal(update, '{"update":"?","updates":[{"q":{"mail":"?"},"u":{"$set":{"mail":"?"}}}],"ordered":"?"}');
  withoutValues(records);
});

test("@aws-sdk: calls that are no reading are events, with the table; the HTTP request is part of them", async (t) => {
  const records = await runApp(t, ["clients/dynamodb.js", await fakeDynamo(t)]);
  assert.deepEqual(
    records.map(({ event, attributes: a }) => [event, a["audit.target.id"], a["aws.dynamodb.table_names"], a["error.type"]]),
    [
      ["cloud.call", "DynamoDB.PutItem", ["invoices"], undefined],
      ["cloud.call", "DynamoDB.DeleteItem", ["missing"], "ResourceNotFoundException"],
    ],
  );
  withoutValues(records);
});

test("fetch and node:http: requests that change something are events, without query; reading is none", async (t) => {
  const server = createServer((request, response) => response.writeHead(request.method === "DELETE" ? 404 : 201).end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const records = await runApp(t, ["clients/fetch.js", target]);
  assert.deepEqual(
    records.map(({ event, attributes: a }) => [event, a["audit.action"], a["audit.outcome"], a["audit.target.id"]]),
    [
      ["http.client.request", "CREATE", "success", `POST ${target}/orders`],
      ["http.client.request", "DELETE", "failure", `DELETE ${target}/orders/1`],
    ],
  );
});

test("a site chooses which kinds of spans become events", async (t) => {
  const server = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { receiver, spool } = await fixture(t);
  const child = startChild(t, {
    args: [REGISTER, join(apps, "clients/fetch.js"), target],
    env: { PROOFLINE_ENDPOINT: receiver.endpoint, PROOFLINE_SPOOL: spool, PROOFLINE_SPANS: "tool,database" },
  });
  assert.deepEqual(await child.ended, { code: 0, signal: null }, child.err());
  assert.deepEqual(receiver.accepted, []);
});
