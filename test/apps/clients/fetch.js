// Sends requests with fetch and with node:http; knows nothing of audit.
import { request } from "node:http";

const target = process.argv[2];
await (await fetch(`${target}/orders?token=secret`, { method: "POST", body: "{}" })).text();
await (await fetch(`${target}/orders`)).text();
await new Promise((resolve) => {
  const sent = request(`${target}/orders/1`, { method: "DELETE" }, (response) => response.resume().on("end", resolve));
  sent.end();
});
console.log("done");
