// Changes and reads rows with pg; knows nothing of audit.
import pg from "pg";

const client = new pg.Client(process.argv[2]);
await client.connect();
await client.query("CREATE TABLE invoices (id int, mail text)");
await client.query("INSERT INTO invoices VALUES ($1, $2)", [4711, "ann@example.com"]);
await client.query("UPDATE invoices SET mail = 'bob@example.com' WHERE id = 4711");
await client.query("SELECT * FROM invoices");
await client.query("DELETE FROM missing").catch(() => {});
await client.end();
console.log("done");
