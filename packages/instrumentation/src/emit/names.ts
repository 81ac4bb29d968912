// names.ts: attribute names that only emitting code needs, beside those of @proofline/event; most are OpenTelemetry's own.

export const ATTR_PROOFLINE_TENANT = "proofline.tenant";
export const ATTR_PROOFLINE_RUN_ID = "proofline.run.id";
/** Step id of the audited call that made this one. */
export const ATTR_PROOFLINE_STEP_PARENT_ID = "proofline.step.parent_id";
/** int: what an audited generator yielded. */
export const ATTR_PROOFLINE_STEP_YIELDED = "proofline.step.yielded";
/** true: the consumer of an audited generator stopped before its end. */
export const ATTR_PROOFLINE_STEP_STOPPED = "proofline.step.stopped";
/** int: how many events were dropped, and between which times (Unix ms), by a full spool whose policy is to drop. */
export const ATTR_PROOFLINE_DROPPED_COUNT = "proofline.dropped.count";
export const ATTR_PROOFLINE_DROPPED_REASON = "proofline.dropped.reason";
export const ATTR_PROOFLINE_DROPPED_SINCE_MS = "proofline.dropped.since_ms";
/** Where a refused or damaged record stood: its stream and number. */
export const ATTR_PROOFLINE_LOST_STREAM = "proofline.lost.stream";
export const ATTR_PROOFLINE_LOST_NUMBER = "proofline.lost.number";
export const ATTR_PROOFLINE_LOST_BYTES = "proofline.lost.bytes";

export const ATTR_ERROR_TYPE = "error.type";
export const ATTR_ERROR_MESSAGE = "error.message";
export const ATTR_HTTP_REQUEST_METHOD = "http.request.method";
export const ATTR_HTTP_RESPONSE_STATUS_CODE = "http.response.status_code";
export const ATTR_HTTP_ROUTE = "http.route";
export const ATTR_HTTP_REQUEST_HEADER_X_REQUEST_ID = "http.request.header.x-request-id";
/** int, bytes that came. */
export const ATTR_HTTP_REQUEST_BODY_SIZE = "http.request.body.size";
/** The body of a mutation, redacted. */
export const ATTR_PROOFLINE_HTTP_REQUEST_BODY = "proofline.http.request.body";
/** Why it is not there: `upload`, `encoded`, `too_large`, `unfinished`, `unreadable`. */
export const ATTR_PROOFLINE_HTTP_REQUEST_BODY_OMITTED = "proofline.http.request.body.omitted";
/** A statement without its values. */
export const ATTR_PROOFLINE_DB_QUERY_SHAPE = "proofline.db.query.shape";
/** Keyed digest of its values. */
export const ATTR_PROOFLINE_DB_VALUES_DIGEST = "proofline.db.values.digest";
export const ATTR_NETWORK_PEER_ADDRESS = "network.peer.address";
export const ATTR_URL_PATH = "url.path";
export const ATTR_CLIENT_ADDRESS = "client.address";
export const ATTR_USER_AGENT_ORIGINAL = "user_agent.original";

/** Events of our own. */
export const EVENT_STREAM_ENDED = "proofline.stream.ended";
export const EVENT_EVENTS_DROPPED = "proofline.events.dropped";
export const EVENT_EVENT_REFUSED = "proofline.event.refused";
export const EVENT_SPOOL_DAMAGED = "proofline.spool.damaged";
export const EVENT_HTTP_REQUEST = "http.request";
