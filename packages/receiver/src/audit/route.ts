// route.ts: POST /v1/audit: an ExportLogsServiceRequest in, receipts out. Source: OTEP 0267 (draft); the answers' encoding is OTLP's.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { answerBytes } from "../http/answer.ts";
import { writerOf } from "../http/authenticate.ts";
import { type ExchangeOptions, exchange } from "../http/exchange.ts";
import type { RequestError } from "../otlp/failure.ts";
import type { Encoding } from "../otlp/media-type.ts";
import { toRequestError } from "../pipeline/intake.ts";
import type { AuditIntake } from "./intake.ts";
import { type ProofOptions, prove } from "./proofs.ts";
import { encodeReceipts, formatReceipts, type Receipt } from "./receipt.ts";
import { waitOf } from "./wait.ts";

export interface AuditRouteOptions extends ProofOptions {
  readonly intake: AuditIntake;
  /** Longest wait for a checkpoint. */
  readonly maxWaitMs: number;
}

export const AUDIT_PATH = "/v1/audit";

export function addAudit(app: FastifyInstance, o: ExchangeOptions, audit: AuditRouteOptions): void {
  app.post(AUDIT_PATH, (request, reply) => {
    const refusal = (): RequestError | undefined => o.gate.refusal() ?? badWait(request, audit.maxWaitMs);
    return exchange(request, reply, o, ({ body, encoding }) => answer(request, reply, body, encoding, o, audit), { refusal });
  });
}

async function answer(
  request: FastifyRequest,
  reply: FastifyReply,
  body: Buffer,
  encoding: Encoding,
  o: ExchangeOptions,
  audit: AuditRouteOptions,
): Promise<() => FastifyReply> {
  const waitMs = waitOf(request.url, request.headers.prefer, audit.maxWaitMs);
  const receipts = await audit.intake.take(body, encoding, writerOf(request));
  const shown = waitMs === 0 ? receipts : await proven(receipts, waitMs, o, audit);
  if (request.headers.prefer !== undefined && shown.some(({ inclusion }) => inclusion !== undefined))
    reply.header("preference-applied", "wait");
  const answerIn = acceptsJson(request.headers.accept) ? "json" : encoding;
  return () => answerBytes(reply, answerIn, answerIn === "json" ? formatReceipts(shown) : encodeReceipts(shown));
}

/** What is durable is acknowledged, also when it cannot be proven at this moment. */
async function proven(
  receipts: readonly Receipt[],
  waitMs: number,
  o: ExchangeOptions,
  audit: AuditRouteOptions,
): Promise<readonly Receipt[]> {
  try {
    return await prove(receipts, waitMs, audit);
  } catch (error) {
    o.log.error({ err: error }, "no inclusion proof could be made; the receipts were given without");
    return receipts;
  }
}

/** Only who asks for JSON by name: what an exporter's HTTP client sends by itself must not change the answer's type. */
function acceptsJson(accept: string | undefined): boolean {
  return accept?.split(",").some((range) => range.split(";", 1)[0]!.trim().toLowerCase() === "application/json") ?? false;
}

function badWait(request: FastifyRequest, maxWaitMs: number): RequestError | undefined {
  try {
    waitOf(request.url, request.headers.prefer, maxWaitMs);
    return undefined;
  } catch (error) {
    return toRequestError(error);
  }
}
