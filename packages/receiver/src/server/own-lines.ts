// own-lines.ts: what the service says of itself in the log that it writes: that it started, stopped, and took up another configuration or
// policy. Ordinary audit lines, of a writer that no sender can be. They hold names and digests, no values and no secrets.

import { hostname } from "node:os";
import {
  ATTR_AUDIT_ACTION,
  ATTR_AUDIT_ACTOR_ID,
  ATTR_AUDIT_ACTOR_TYPE,
  ATTR_AUDIT_OUTCOME,
  ATTR_AUDIT_TARGET_ID,
  ATTR_AUDIT_TARGET_TYPE,
  ATTR_PROOFLINE_CHANGE_NEW,
  ATTR_PROOFLINE_CHANGE_OLD,
  ATTR_PROOFLINE_POLICY_VERSION,
  ATTR_PROOFLINE_REASON,
  emptyRecord,
  type Fields,
  formatTail,
  type Value,
} from "@proofline/event";
import type { Ledger } from "@proofline/ledger";

/** The `writer` of these lines. Names that begin with `proofline.` are refused for anybody else. */
export const OWN_WRITER = "proofline.receiver";
const INFO = 9;

export interface RunFacts {
  readonly log: string;
  readonly version: string;
  /** ULID of this run of the process: its start, its changes and its stop have it in common. */
  readonly run: string;
}

export interface OwnLinesOptions extends RunFacts {
  readonly ledger: Pick<Ledger, "append">;
  readonly nextId: () => string;
  /** Unix milliseconds. */
  readonly nowMs: () => number;
}

export interface ConfigChange {
  /** Keys whose new values are in force now, or whose files have other contents. */
  readonly keys: readonly string[];
  /** Keys whose new values wait for a restart. */
  readonly waiting: readonly string[];
  readonly oldDigest: string;
  readonly newDigest: string;
}

/** Each resolves when its line is durable, and rejects with the ledger's error. */
export class OwnLines {
  readonly #o: OwnLinesOptions;
  readonly #resource: { schemaUrl: string; attributes: Fields; droppedAttributes: number };

  constructor(o: OwnLinesOptions) {
    this.#o = o;
    const attributes = new Map<string, Value>([
      ["service.name", "proofline-receiver"],
      ["service.version", o.version],
      ["host.name", hostname()],
      ["process.pid", process.pid],
    ]);
    this.#resource = { schemaUrl: "", attributes, droppedAttributes: 0 };
  }

  started(facts: {
    config: string;
    policy: string;
    created: boolean;
    size: number;
    tls: boolean;
    writers: boolean;
  }): Promise<void> {
    return this.#write("proofline.receiver.started", "START", "success", {
      "proofline.config.digest": facts.config,
      [ATTR_PROOFLINE_POLICY_VERSION]: facts.policy,
      "proofline.log.created": facts.created,
      "proofline.log.size": facts.size,
      "proofline.config.tls": facts.tls,
      "proofline.config.writers": facts.writers,
    });
  }

  /** Only of an orderly stop: a run without it ended otherwise. */
  stopped(): Promise<void> {
    return this.#write("proofline.receiver.stopped", "STOP", "success", {});
  }

  /** Nothing else was written for a while. */
  heartbeat(size: number): Promise<void> {
    return this.#write("proofline.receiver.heartbeat", "HEARTBEAT", "success", { "proofline.log.size": size });
  }

  policyChanged(oldVersion: string, newVersion: string): Promise<void> {
    return this.#write("proofline.policy.changed", "UPDATE", "success", {
      [ATTR_PROOFLINE_CHANGE_OLD]: oldVersion,
      [ATTR_PROOFLINE_CHANGE_NEW]: newVersion,
      [ATTR_PROOFLINE_POLICY_VERSION]: newVersion,
    });
  }

  configChanged(change: ConfigChange): Promise<void> {
    return this.#write("proofline.config.changed", "UPDATE", "success", {
      "proofline.config.keys": [...change.keys],
      ...(change.waiting.length > 0 && { "proofline.config.waiting": [...change.waiting] }),
      [ATTR_PROOFLINE_CHANGE_OLD]: change.oldDigest,
      [ATTR_PROOFLINE_CHANGE_NEW]: change.newDigest,
    });
  }

  /** Somebody asked for another configuration, and it could not be used. @param reason names keys, not values */
  configRefused(reason: string): Promise<void> {
    return this.#write("proofline.config.changed", "UPDATE", "failure", { [ATTR_PROOFLINE_REASON]: reason });
  }

  async #write(event: string, action: string, outcome: string, more: Readonly<Record<string, Value>>): Promise<void> {
    const { log, version, run, nextId, nowMs, ledger } = this.#o;
    const record = {
      ...emptyRecord(),
      id: nextId(),
      event,
      time: BigInt(nowMs()) * 1_000_000n,
      severity: INFO,
      scope: { name: "@proofline/receiver", version, schemaUrl: "", attributes: new Map(), droppedAttributes: 0 },
      resource: this.#resource,
      writer: OWN_WRITER,
      attributes: new Map<string, Value>(
        Object.entries({
          [ATTR_AUDIT_ACTOR_ID]: OWN_WRITER,
          [ATTR_AUDIT_ACTOR_TYPE]: "system",
          [ATTR_AUDIT_ACTION]: action,
          [ATTR_AUDIT_OUTCOME]: outcome,
          [ATTR_AUDIT_TARGET_TYPE]: "log",
          [ATTR_AUDIT_TARGET_ID]: log,
          "proofline.run.id": run,
          ...more,
        }),
      ),
    };
    await ledger.append([{ tail: formatTail(record) }]);
  }
}
