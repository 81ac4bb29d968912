// Changes and reads rows with mysql2, knows nothing of audit. The argument is the server's port.
import mysql from "mysql2/promise";

const connection = await mysql.createConnection({
  host: "127.0.0.1",
  port: Number(process.argv[2]),
  user: "app",
  database: "shop",
});
await connection.query("INSERT INTO invoices VALUES (?, ?)", [4711, "ann@example.com"]);
await connection.query({ sql: "INSERT INTO invoices VALUES (?, ?)", values: [4711, "eve@example.com"] });
await connection.query("UPDATE invoices SET mail = 'bob@example.com' WHERE id = 4711");
await connection.query("SELECT mail FROM invoices WHERE mail = 'ann@example.com'");
await connection.query('DELETE FROM missing WHERE mail = "ann@example.com"').catch(() => {});
await connection.end();
console.log("done");
