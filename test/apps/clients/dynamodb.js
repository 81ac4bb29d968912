// Writes and reads items with the AWS SDK; knows nothing of audit. The argument is where the service is.
import { DeleteItemCommand, DynamoDBClient, GetItemCommand, PutItemCommand } from "@aws-sdk/client-dynamodb";

const credentials = { accessKeyId: "none", secretAccessKey: "none" };
const client = new DynamoDBClient({ endpoint: process.argv[2], region: "eu-central-1", credentials, maxAttempts: 1 });
const Key = { mail: { S: "ann@example.com" } };
await client.send(new PutItemCommand({ TableName: "invoices", Item: Key }));
await client.send(new GetItemCommand({ TableName: "invoices", Key }));
await client.send(new DeleteItemCommand({ TableName: "missing", Key })).catch((error) => console.log(error.name));
client.destroy();
console.log("done");
