// What the other rooms may use to verify logs.
export { couldNotRead, type Progress, type VerifyDataOptions, verifyData } from "./data.ts";
export { VerifyError, type VerifyErrorCode } from "./errors.ts";
export { formatReport } from "./format-report.ts";
export { type VerifyLinesOptions, verifyLines } from "./lines.ts";
export { type VerifyLokiOptions, verifyLoki } from "./loki.ts";
export { type Fetch, LokiClient } from "./loki-client.ts";
export { type VerifyReceiptsOptions, verifyReceipts } from "./receipts.ts";
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
export { type VerifyUrlOptions, verifyUrl } from "./url.ts";
