// What the other rooms may use of the receiver.
export type { Config } from "./config/config.ts";
export { environmentName, readEnvironment } from "./config/environment.ts";
export { configSchema, formatConfigSchema } from "./config/json-schema.ts";
export type { KeyDoc } from "./config/leaf.ts";
export { type ConfigSources, loadConfig } from "./config/load.ts";
export { formatConfigPage } from "./config/page.ts";
export { ConfigError, type Problem } from "./config/problem.ts";
export { keyTable } from "./config/schema.ts";
export type { LokiConfig, OtlpSinkConfig, SinksConfig } from "./config/sinks.ts";
export { type Address, formatAddress, formatBytes, parseAddress } from "./config/units.ts";
export {
  type Decoded,
  type DecodedRecord,
  DecodeError,
  type DecodeErrorCode,
  type DecodeLimits,
  defaultDecodeLimits,
} from "./decode/decoded.ts";
export { decodeLogsJson } from "./decode/json.ts";
export { decodeLogsProtobuf } from "./decode/protobuf.ts";
export { type Advice, type DoctorReport, examine, type Level } from "./doctor/examine.ts";
export { RecordRedactor } from "./pipeline/redact.ts";
export { openSeal } from "./pipeline/seal.ts";
export { StartError, type StartErrorCode } from "./server/errors.ts";
export { exposures } from "./server/exposure.ts";
export { createLogWithKey, keyFile, type LogPlace, readSigner } from "./server/open-log.ts";
export type { Receiver } from "./server/receiver.ts";
export { resend } from "./server/resend.ts";
export { createSecret } from "./server/secret-files.ts";
export { startReceiver } from "./server/start.ts";
export type { World } from "./server/world.ts";
export { type DeadLetter, type DeadLetters, deadLetterFile, deadLetterPath, readDeadLetters } from "./sinks/dead-letter.ts";
export { LokiSinkError, type LokiSinkErrorCode } from "./sinks/loki/errors.ts";
export { LOKI_DEFAULT_LIMITS, type LokiLimits } from "./sinks/loki/limits.ts";
export type { LokiMetrics } from "./sinks/loki/metrics.ts";
export type { Resent } from "./sinks/loki/resend.ts";
export { OtlpSinkError, type OtlpSinkErrorCode } from "./sinks/otlp/errors.ts";
export type { RetryCause, SinkCursor, SinkLedger, SinkLog, SinkMetrics, SinkWorld } from "./sinks/ports.ts";
export type { SinkState, SinkStatus } from "./sinks/status.ts";
