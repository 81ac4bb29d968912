// lines.ts: what stands in the ledger after a request, as the tests ask for it.

import { type Line, parseLine } from "@proofline/event";
import { type TestReceiver, tailOf } from "../../packages/receiver/test/support/receiver.ts";

/** The lines on disk, parsed by the format's own strict parser. Lines of the service itself are left out. */
export async function linesOf(r: TestReceiver): Promise<Line[]> {
  const lines = (await textsOf(r)).map((text) => parseLine(Buffer.from(text)));
  return lines;
}

/** The lines on disk as they are, those of the service itself left out. */
export async function textsOf(r: TestReceiver): Promise<string[]> {
  return (await r.lines()).filter((text) => !/"event":"proofline\.(receiver|config|policy)\./.test(text));
}

/** What the lines say, without the ids that tests vary. */
export async function tailsOf(r: TestReceiver): Promise<string[]> {
  return (await textsOf(r)).map((text) => tailOf(text).replace(/^"id":"[^"]*",/, ""));
}
