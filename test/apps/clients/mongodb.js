// Changes and reads documents with mongodb; knows nothing of audit. The argument is the server's port.
import { MongoClient } from "mongodb";

const client = new MongoClient(`mongodb://127.0.0.1:${process.argv[2]}/?directConnection=true&retryWrites=false`);
const invoices = client.db("shop").collection("invoices");
await invoices.insertOne({ _id: 1, mail: "ann@example.com" });
await invoices.updateOne({ mail: "ann@example.com" }, { $set: { mail: "bob@example.com" } });
await invoices.findOne({ mail: "ann@example.com" });
await invoices.deleteOne({ mail: "bob@example.com" });
await client
  .db("shop")
  .collection("missing")
  .deleteOne({ mail: "bob@example.com" })
  .catch(() => {});
await client.close();
console.log("done");
