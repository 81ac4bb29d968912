// What the other rooms may use to verify logs.
export { couldNotRead, type Progress, type VerifyDataOptions, verifyData } from "./data.ts";
export { VerifyError, type VerifyErrorCode } from "./errors.ts";
export { formatReport } from "./format-report.ts";
export { type VerifyLokiOptions, verifyLoki } from "./loki.ts";
export type { Fetch } from "./loki-client.ts";
export {
  type BrokenCode,
  type CheckpointReport,
  type Finding,
  type FindingCode,
  type Report,
  type ReportDetails,
  type Result,
  reportToJson,
  type UnknownCode,
} from "./report.ts";
