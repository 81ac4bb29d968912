// counting-sender.ts: a sender that knows what it was told: numbered audit records in OTLP/HTTP JSON, each request sent once, its ids kept by
// what came of it. It never sends again, so that what is answered with success stands for itself.

const CONCURRENCY = 4;
const RECORDS_IN_REQUEST = 10;

export interface Told {
  /** Ids whose request was answered with success. */
  readonly acknowledged: ReadonlySet<string>;
  /** Ids whose request failed, was refused, or had no answer: their records may have arrived all the same. */
  readonly refused: ReadonlySet<string>;
}

export class CountingSender {
  readonly #acknowledged = new Set<string>();
  readonly #refused = new Set<string>();
  readonly #ending = new AbortController();
  readonly #senders: Promise<void>[];
  #requests = 0;

  /**
   * Sends from now on, until it is ended.
   * @param url an OTLP/HTTP endpoint, with its path
   * @param prefix of every id
   */
  constructor(url: string, prefix: string, headers: Readonly<Record<string, string>> = {}) {
    const send = (): Promise<void> => this.#send(url, prefix, { "content-type": "application/json", ...headers });
    this.#senders = Array.from({ length: CONCURRENCY }, send);
  }

  get acknowledged(): number {
    return this.#acknowledged.size;
  }

  /** Begins no more requests; resolves when those under way are answered, or broken. */
  async end(): Promise<Told> {
    this.#ending.abort();
    await Promise.all(this.#senders);
    return { acknowledged: this.#acknowledged, refused: this.#refused };
  }

  async #send(url: string, prefix: string, headers: Record<string, string>): Promise<void> {
    while (!this.#ending.signal.aborted) {
      const first = this.#requests * RECORDS_IN_REQUEST;
      this.#requests += 1;
      const ids = Array.from({ length: RECORDS_IN_REQUEST }, (_, i) => `${prefix}-${first + i}`);
      const isTaken = await fetch(url, { method: "POST", headers, body: requestOf(ids) }).then(isWhole, () => false);
      for (const id of ids) (isTaken ? this.#acknowledged : this.#refused).add(id);
      // Some pause, for there is more to run here; a longer one after a refusal, which may come at once.
      await new Promise((resolve) => setTimeout(resolve, isTaken ? 20 : 100));
    }
  }
}

/** Success for every record of a request. */
async function isWhole(response: Response): Promise<boolean> {
  const text = await response.text();
  if (response.status !== 200) return false;
  const { partialSuccess } = JSON.parse(text) as { partialSuccess?: { rejectedLogRecords?: string | number } };
  return Number(partialSuccess?.rejectedLogRecords ?? 0) === 0;
}

function requestOf(ids: readonly string[]): string {
  const text = (value: string): { stringValue: string } => ({ stringValue: value });
  const logRecords = ids.map((id) => ({
    timeUnixNano: String(BigInt(Date.now()) * 1_000_000n),
    eventName: "record.read",
    body: text("read"),
    attributes: Object.entries({
      "audit.record.id": id,
      "audit.actor.id": "ann",
      "audit.action": "READ",
      "audit.outcome": "success",
    }).map(([key, value]) => ({ key, value: text(value) })),
  }));
  return JSON.stringify({ resourceLogs: [{ resource: {}, scopeLogs: [{ logRecords }] }] });
}
