// What the other rooms may use of the receiver.
export type { Config, LokiConfig } from "./config/config.ts";
export { environmentName, readEnvironment } from "./config/environment.ts";
export { type ConfigSources, loadConfig } from "./config/load.ts";
export { ConfigError, type Problem } from "./config/problem.ts";
export { type KeyDoc, keyTable } from "./config/schema.ts";
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
export { openSeal } from "./pipeline/seal.ts";
export { StartError, type StartErrorCode } from "./server/errors.ts";
export { createLogWithKey, keyFile, type LogPlace } from "./server/open-log.ts";
export type { Receiver } from "./server/receiver.ts";
export { createSecret } from "./server/secret-files.ts";
export { startReceiver } from "./server/start.ts";
export type { World } from "./server/world.ts";
export { type DeadLetter, type DeadLetters, deadLetterFile, lokiDeadLetterPath } from "./sinks/loki/dead-letter.ts";
export { LokiSinkError, type LokiSinkErrorCode } from "./sinks/loki/errors.ts";
export { LOKI_DEFAULT_LIMITS, type LokiLimits } from "./sinks/loki/limits.ts";
export type { LokiLog, LokiMetrics, LokiWorld, RetryCause, SinkCursor, SinkLedger } from "./sinks/loki/ports.ts";
export type { LokiState, LokiStatus } from "./sinks/loki/status.ts";
