// labels.ts: the few labels that make a Loki stream: service_name, log, type, class when it is wanted, and what the operator adds. Checked once, at start:
// a label that Loki cannot read fails every request, and no bisecting would find the guilty line.

import { EVENT_CLASSES } from "@proofline/event";
import { LokiSinkError } from "./errors.ts";
import type { LokiLimits } from "./limits.ts";

const MAX_LABEL_VALUE_BYTES = 2048;
const MAX_SERVICE_CHARS = 128;
const OWN_LABELS = ["service_name", "log", "type"];
const CLASS_LABEL = "class";
const CLASSES: ReadonlySet<string> = new Set(EVENT_CLASSES);
/** The class of a line that names none, or one that the registry does not know: what a producer sends opens no stream. */
export const OTHER_CLASS = "other";
/** Where lines go whose service came after the last one that may have a stream of its own. Their metadata has `service`. */
export const OTHER_SERVICES = "other_services";

export class StreamLabels {
  readonly #log: string;
  readonly #fixed: Readonly<Record<string, string>>;
  readonly #maxServices: number;
  readonly #classLabel: boolean;
  readonly #services = new Set<string>();
  readonly #lines = new Map<string, string>();

  /** @throws {LokiSinkError} BAD_LABEL, TOO_MANY_LABELS, BAD_LOG_NAME */
  constructor(log: string, fixed: Readonly<Record<string, string>>, limits: LokiLimits, classLabel = false) {
    if (log.includes("\uFFFD") || Buffer.byteLength(log) > MAX_LABEL_VALUE_BYTES) {
      throw new LokiSinkError("BAD_LOG_NAME", `log: ${JSON.stringify(log.slice(0, 80))} cannot be a label value in Loki`);
    }
    const own = classLabel ? [...OWN_LABELS, CLASS_LABEL] : OWN_LABELS;
    for (const [name, value] of Object.entries(fixed)) checkLabel(name, value, own);
    const count = Object.keys(fixed).length + own.length;
    if (count > limits.maxLabels) {
      const most = limits.maxLabels - own.length;
      throw new LokiSinkError(
        "TOO_MANY_LABELS",
        `labels: ${count - own.length} given; Loki takes ${most} beside ${own.join(", ")}`,
      );
    }
    this.#log = log;
    this.#fixed = fixed;
    this.#maxServices = limits.maxServices;
    this.#classLabel = classLabel;
  }

  /** The value of `service_name` for a service: its name, cut and cleaned as Loki needs it, while there is room for its stream. */
  serviceLabel(service: string): string {
    const label = service.slice(0, MAX_SERVICE_CHARS).toWellFormed().replaceAll("\uFFFD", "?");
    if (this.#services.has(label)) return label;
    return this.#services.size < this.#maxServices ? label : OTHER_SERVICES;
  }

  /** The labels, as JSON, of the lines of a service that are of an event class, `` for none. */
  line(serviceLabel: string, eventClass = ""): string {
    const label = CLASSES.has(eventClass) ? eventClass : OTHER_CLASS;
    const key = this.#classLabel ? `${label} ${serviceLabel}` : serviceLabel;
    let json = this.#lines.get(key);
    if (json === undefined) {
      json = this.#json(serviceLabel, "line", this.#classLabel ? { [CLASS_LABEL]: label } : {});
      this.#services.add(serviceLabel);
      this.#lines.set(key, json);
    }
    return json;
  }

  /** The labels, as JSON, of this log's checkpoints. */
  checkpoint(): string {
    return this.#json("proofline", "checkpoint");
  }

  #json(service: string, type: string, more: Readonly<Record<string, string>> = {}): string {
    return JSON.stringify({ ...this.#fixed, service_name: service, log: this.#log, type, ...more });
  }
}

function checkLabel(name: string, value: string, own: readonly string[]): void {
  const shown = `labels: ${JSON.stringify(name.slice(0, 80))}`;
  if (own.includes(name)) throw new LokiSinkError("BAD_LABEL", `${shown} is set by Proofline itself; choose another name`);
  if (!/^[a-zA-Z_][a-zA-Z0-9_]{0,1023}$/.test(name) || name.startsWith("__")) {
    throw new LokiSinkError(
      "BAD_LABEL",
      `${shown} is not a label name; expected letters, digits and _, not beginning with a digit or __`,
    );
  }
  if (value === "" || value.includes("\uFFFD") || !value.isWellFormed() || Buffer.byteLength(value) > MAX_LABEL_VALUE_BYTES) {
    throw new LokiSinkError(
      "BAD_LABEL",
      `${shown} has a value that Loki does not take; expected 1 to ${MAX_LABEL_VALUE_BYTES} bytes of text`,
    );
  }
}
