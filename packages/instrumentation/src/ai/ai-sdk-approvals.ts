// ai-sdk-approvals.ts: approvals of the AI SDK. They are in no span: a step's content asks, the messages of a later call answer, and what was approved is
// executed before that call's first step.

import { type ApprovedCall, ToolApprovals } from "./tool-approvals.ts";

type Fields = Readonly<Record<string, unknown>>;

export class AiSdkApprovals extends ToolApprovals {
  /** What a step's content asks for; and what a policy of the application's answered and let be executed, in the same step. */
  step(result: unknown): void {
    const parts = partsOf(fields(result));
    for (const part of parts) {
      if (part.type === "tool-approval-request") this.#ask(part);
      if (part.type === "tool-approval-response") this.#answer(part, fields(part.toolCall));
    }
    for (const { type, toolCallId, input } of parts)
      if ((type === "tool-result" || type === "tool-error") && typeof toolCallId === "string")
        this.executed(toolCallId, input, type === "tool-error");
  }

  /** What the messages of a call answer: as the SDK itself reads them, only the last message counts. */
  answers(messages: unknown): void {
    const all = (Array.isArray(messages) ? messages : []).map(fields);
    const last = all.at(-1);
    if (last?.role !== "tool") return;
    const asked = all.filter(({ role }) => role === "assistant").flatMap(partsOf);
    for (const answer of partsOf(last)) {
      if (answer.type !== "tool-approval-response") continue;
      const request = asked.find(({ type, approvalId }) => type === "tool-approval-request" && approvalId === answer.approvalId);
      const call = asked.find(({ type, toolCallId }) => type === "tool-call" && toolCallId === request?.toolCallId);
      if (call !== undefined) this.#answer(answer, call);
    }
  }

  #ask(part: Fields): void {
    const call = approvedCall(part.approvalId, fields(part.toolCall));
    if (call !== undefined) this.asked(call);
  }

  #answer({ approvalId, approved, reason }: Fields, toolCall: Fields): void {
    const call = approvedCall(approvalId, toolCall);
    if (call !== undefined) this.decided(call, approved === true, text(reason));
  }
}

function approvedCall(approvalId: unknown, { toolName, toolCallId, input }: Fields): ApprovedCall | undefined {
  if (typeof approvalId !== "string") return undefined;
  return { approvalId, callId: text(toolCallId), tool: text(toolName), input };
}

/** A message's or a result's content, where it is a list of parts. */
function partsOf({ content }: Fields): Fields[] {
  return Array.isArray(content) ? content.map(fields) : [];
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}
