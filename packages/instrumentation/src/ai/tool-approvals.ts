// tool-approvals.ts: what libraries let be known of a person's leave for a tool's call: asked, granted, refused, executed, joined by the approval's id and
// bound to the digest of tool and arguments. What was asked in another process is known by its id and its arguments.

import { runIn, type Surroundings, surroundings } from "../emit/context.ts";
import { guarded } from "../guarded.ts";
import { type Approval, approval } from "../helpers/approval.ts";
import type { CommonFields } from "../helpers/helper.ts";
import type { SpanAuditOptions } from "../spans/derived-recorder.ts";

export interface ApprovedCall {
  readonly approvalId: string;
  readonly tool: string | undefined;
  readonly callId: string | undefined;
  readonly input: unknown;
}

interface Known {
  readonly approval: Approval;
  decided: boolean;
}

/** Beyond so many the oldest is forgotten: it may then be told twice, or its execution not be joined to it. */
const MAX_KNOWN = 10_000;

export class ToolApprovals {
  readonly #options: SpanAuditOptions;
  readonly #known = new Map<string, Known>();
  /** By the tool call's id: granted, and not yet executed. */
  readonly #granted = new Map<string, ApprovedCall>();

  constructor(options: SpanAuditOptions) {
    this.#options = options;
  }

  /** Records that it is asked for, once. Never throws. */
  readonly asked: (call: ApprovedCall) => void = guarded((call) => {
    if (this.#known.has(call.approvalId)) return;
    const asked = approval.asked({ ...this.#common(call), approvalId: call.approvalId, subject: subjectOf(call) });
    this.#remember(call, asked);
  });

  /** Records the answer, once. Never throws. @param reason as whoever decided gave it */
  readonly decided: (call: ApprovedCall, granted: boolean, reason?: string) => void = guarded((call, granted, reason) => {
    const known = this.#known.get(call.approvalId) ?? this.#remember(call, this.#rebuilt(call));
    if (known.decided) return;
    known.decided = true;
    const fields = { ...this.#common(call), approval: known.approval, reason };
    if (granted && call.callId !== undefined) bounded(this.#granted).set(call.callId, call);
    if (granted) approval.granted(fields);
    else approval.refused(fields);
  });

  /** Records that a granted call was carried out; nothing for a call that nobody was asked about. Never throws. */
  readonly executed: (callId: string, input: unknown, failed: boolean, here?: Surroundings) => void = guarded(
    (callId, input, failed, here = surroundings()) => {
      const call = this.#granted.get(callId);
      const known = call && this.#known.get(call.approvalId);
      if (call === undefined || known === undefined) return;
      this.#granted.delete(callId);
      const fields = {
        ...{ ...this.#common(call), approval: known.approval, subject: subjectOf({ ...call, input }) },
        outcome: failed ? ("failure" as const) : ("success" as const),
      };
      if (here === undefined) approval.executed(fields);
      else runIn(here, () => approval.executed(fields));
    },
  );

  /** A granted call of this tool with these arguments, for libraries that say no id when it is executed. */
  grantedCall(tool: string, input: unknown): string | undefined {
    for (const [callId, call] of this.#granted) if (call.tool === tool && call.input === input) return callId;
    return undefined;
  }

  #remember(call: ApprovedCall, about: Approval): Known {
    const known = { approval: about, decided: false };
    bounded(this.#known).set(call.approvalId, known);
    return known;
  }

  #rebuilt(call: ApprovedCall): Approval {
    return { id: call.approvalId, ...this.#options.audit.measure(subjectOf(call)), target: targetOf(call) };
  }

  #common(call: ApprovedCall): CommonFields {
    const { audit, actor } = this.#options;
    const target = targetOf(call);
    return {
      ...{ audit, actor },
      ...(target !== undefined && { target }),
      attributes: { "gen_ai.tool.name": call.tool, "gen_ai.tool.call.id": call.callId },
    };
  }
}

/** Arguments as text and as values are the same arguments. */
function subjectOf({ tool, input }: ApprovedCall): object {
  if (typeof input !== "string") return { tool, arguments: input };
  try {
    return { tool, arguments: JSON.parse(input) as unknown };
  } catch {
    return { tool, arguments: input };
  }
}

function targetOf({ tool }: ApprovedCall): { id: string; type: string } | undefined {
  return tool === undefined ? undefined : { id: tool, type: "gen_ai.tool" };
}

function bounded<V>(map: Map<string, V>): Map<string, V> {
  if (map.size >= MAX_KNOWN) for (const oldest of map.keys()) if (map.delete(oldest)) break;
  return map;
}
