// What an application may use.
export { type Audit, type AuditOptions, type CommitOptions, createAudit } from "./audit.ts";
export type { DeliveryOptions } from "./config.ts";
export { audit } from "./default-audit.ts";
export { stockExporter } from "./deliver/exporter-sink.ts";
export type { AuditStats } from "./deliver/sink.ts";
export type { Action, Actor, ActorType, AuditEvent, Outcome, Receipt, Source, Target } from "./emit/audit-event.ts";
export { type AuditContext, auditContext, setAuditActor, withAuditContext } from "./emit/context.ts";
export { AuditError, type AuditErrorCode } from "./errors.ts";
export { auditIncoming, type IncomingOptions } from "./http/incoming.ts";
export type { Measure } from "./measure.ts";
export type { StepOptions } from "./step/step.ts";
export { auditStep } from "./step/wrap.ts";
