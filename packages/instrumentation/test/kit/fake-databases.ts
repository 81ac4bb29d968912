// fake-databases.ts: servers that speak just enough of a database's protocol for its real client to change and read something. They keep nothing.

import type { EventEmitter } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import type { TestContext } from "node:test";
import { BSON } from "mongodb";
import mysql from "mysql2";

async function listen(t: TestContext, server: Server, sockets: Set<Socket>): Promise<number> {
  server.on("connection", (socket) => sockets.add(socket.on("error", () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

/** What mysql2's own server can do, beyond its types. */
interface MysqlServer extends EventEmitter {
  readonly _server: Server;
  listen(port: number, host: string, done: () => void): void;
  close(): void;
}
interface MysqlSession extends EventEmitter {
  sequenceId: number;
  serverHandshake(about: object): void;
  writeOk(about: object): void;
  writeError(about: object): void;
  writeTextResult(rows: readonly object[], columns: readonly object[]): void;
}

const HANDSHAKE = {
  protocolVersion: 10,
  serverVersion: "8.0.0",
  connectionId: 1,
  statusFlags: 2,
  characterSet: 8,
  capabilityFlags: 0xf7_df,
};
const COLUMN = {
  ...{ name: "mail", orgName: "mail", table: "", orgTable: "", schema: "", catalog: "def" },
  ...{ columnType: 253, characterSet: 33, columnLength: 90, flags: 0, decimals: 0 },
};

/** MySQL: any statement works but those on a table named `missing`. @returns its port */
export async function fakeMysql(t: TestContext): Promise<number> {
  const server = (mysql.createServer as unknown as () => MysqlServer)();
  server.on("connection", (session: MysqlSession) => {
    session.serverHandshake(HANDSHAKE);
    session.on("error", () => undefined);
    session.on("query", (statement: string) => {
      session.sequenceId = 1; // after the client's 0
      if (statement.includes("missing")) session.writeError({ code: 1146, message: "no such table" });
      else if (/^SELECT/i.test(statement)) session.writeTextResult([{ mail: "ann@example.com" }], [COLUMN]);
      else session.writeOk({ affectedRows: 1, insertId: 1 });
      session.sequenceId = 0;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  return (server._server.address() as AddressInfo).port;
}

/** Redis, RESP2: every command works; HELLO does not, as on an older server. @returns its port */
export async function fakeRedis(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    let waiting = "";
    socket.on("data", (chunk) => {
      waiting += chunk.toString("latin1");
      for (let found = respCommand(waiting); found !== undefined; found = respCommand(waiting)) {
        waiting = waiting.slice(found.length);
        const [name = ""] = found.words;
        if (/^GET$/i.test(name)) socket.write("$15\r\nann@example.com\r\n");
        else if (/^(DEL|HSET|LPUSH|EXPIRE)$/i.test(name)) socket.write(":1\r\n");
        else if (/^(HELLO|MISSING)$/i.test(name)) socket.write("-ERR unknown command\r\n");
        else if (/^EXEC$/i.test(name)) socket.write("*2\r\n+OK\r\n:1\r\n");
        else socket.write("+OK\r\n");
      }
    });
  });
  return await listen(t, server, new Set());
}

/** The first whole command (`*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`). */
function respCommand(given: string): { words: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(given);
  if (head === null) return undefined;
  let at = head[0].length;
  const words: string[] = [];
  for (let i = 0; i < Number(head[1]); i++) {
    const size = /^\$(\d+)\r\n/.exec(given.slice(at));
    if (size === null) return undefined;
    at += size[0].length;
    const end = at + Number(size[1]);
    if (given.length < end + 2) return undefined;
    words.push(given.slice(at, end));
    at = end + 2;
  }
  return { words, length: at };
}

const HELLO = {
  ...{ ok: 1, isWritablePrimary: true, helloOk: true, maxBsonObjectSize: 16_777_216, maxMessageSizeBytes: 48_000_000 },
  ...{ maxWriteBatchSize: 100_000, minWireVersion: 0, maxWireVersion: 25, readOnly: false },
};

/** MongoDB, OP_QUERY for the first hello and OP_MSG: every command works but on a collection named `missing`. @returns its port */
export async function fakeMongo(t: TestContext): Promise<number> {
  const server = createServer((socket) => {
    let waiting = Buffer.alloc(0);
    socket.on("data", (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      while (waiting.length >= 4 && waiting.length >= waiting.readInt32LE(0)) {
        const message = waiting.subarray(0, waiting.readInt32LE(0));
        waiting = waiting.subarray(message.length);
        socket.write(mongoAnswer(message));
      }
    });
  });
  return await listen(t, server, new Set());
}

const [OP_REPLY, OP_QUERY, OP_MSG] = [1, 2004, 2013];

function mongoAnswer(message: Buffer): Buffer {
  const requestId = message.readInt32LE(4);
  if (message.readInt32LE(12) === OP_QUERY) {
    const head = Buffer.alloc(20);
    head.writeInt32LE(1, 16); // one document
    return mongoMessage(OP_REPLY!, requestId, Buffer.concat([head, BSON.serialize(HELLO)]));
  }
  const command = BSON.deserialize(message.subarray(21, 21 + message.readInt32LE(21)));
  const [name = ""] = Object.keys(command);
  const answers: Record<string, object> = {
    ...{
      hello: HELLO,
      ismaster: HELLO,
      ping: { ok: 1 },
      endSessions: { ok: 1 },
      insert: { ok: 1, n: 1 },
      update: { ok: 1, n: 1, nModified: 1 },
    },
    ...{
      delete: { ok: 1, n: 1 },
      find: { ok: 1, cursor: { id: 0n, ns: "shop.invoices", firstBatch: [{ _id: 1, mail: "ann@example.com" }] } },
    },
  };
  const failed = { ok: 0, code: 26, codeName: "NamespaceNotFound", errmsg: "no such collection" };
  const answer = command[name] === "missing" ? failed : (answers[name] ?? { ok: 1 });
  return mongoMessage(OP_MSG!, requestId, Buffer.concat([Buffer.alloc(5), BSON.serialize(answer)]));
}

function mongoMessage(code: number, responseTo: number, body: Buffer): Buffer {
  const head = Buffer.alloc(16);
  for (const [at, value] of [16 + body.length, 1, responseTo, code].entries()) head.writeInt32LE(value, at * 4);
  return Buffer.concat([head, body]);
}

/** DynamoDB: every call works but on a table named `missing`. @returns its URL */
export async function fakeDynamo(t: TestContext): Promise<string> {
  const server = createHttpServer((request, response) => {
    void text(request).then((body) => {
      const missing = (JSON.parse(body) as { TableName?: string }).TableName === "missing";
      response.writeHead(missing ? 400 : 200, { "content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "REQ-1" });
      const error = { __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", message: "no such table" };
      response.end(JSON.stringify(missing ? error : {}));
    });
  });
  return `http://127.0.0.1:${await listen(t, server, new Set())}`;
}
