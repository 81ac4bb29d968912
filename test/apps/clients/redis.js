// Sets, reads and deletes keys with redis; knows nothing of audit. The argument is the server's port.
import { createClient } from "redis";

const client = createClient({ url: `redis://127.0.0.1:${process.argv[2]}`, RESP: 2 });
await client.connect();
await client.set("session:ann@example.com", "4111111111111111");
await client.get("session:ann@example.com");
await client.hSet("user:1", "mail", "ann@example.com");
await client.multi().set("a", "ann@example.com").del("b").exec();
await client.del("session:ann@example.com");
client.destroy();
console.log("done");
