// default-policy.ts: the policy in force when a site says nothing. Every word of it is held by the corpus in
// test/corpus, both ways: what must be redacted, and what an audit trail cannot do without.

import type { ContentRule, KeyRule, Policy, ValueRule } from "./policy.ts";

// `*_tokens` counts tokens of a model, except where it does not. Also a few names that are never anything but secret.
const plainSecrets: KeyRule = {
  names: [
    ...["access_tokens", "refresh_tokens", "auth_tokens", "api_tokens", "bearer_tokens", "secret_tokens", "reset_tokens"],
    ...[
      "csrf_tokens",
      "push_tokens",
      "device_tokens",
      "identity_tokens",
      "passphrase",
      "pwd",
      "account_key",
      "access_key",
      "signing_key",
    ],
    ...["encryption_key", "client_assertion"],
  ],
  allow: ["access_key_id", "signing_key_id", "encryption_key_id", "encryption_key_arn", "signing_key_algorithm"],
  action: "mask",
};

// Words around `auth` that say how, whether and by whom, never with what. Each stands for itself in any key:
// `auth_method` excuses `user.auth.method` and `authMethod`.
const authenticationFacts: readonly string[] = [
  "auth",
  "authentication",
  "authorization",
  "authorisation",
  "oauth",
  "oauth2",
].flatMap((word) =>
  [
    "method",
    "methods",
    "type",
    "scheme",
    "provider",
    "result",
    "outcome",
    "status",
    "time",
    "level",
    "decision",
    "policy",
    "mode",
  ]
    .concat([
      "reason",
      "required",
      "enabled",
      "success",
      "failed",
      "failure",
      "failures",
      "error",
      "attempts",
      "duration",
      "duration_ms",
    ])
    .concat([
      "grant_type",
      "token_type",
      "token_endpoint",
      "client_id",
      "scope",
      "scopes",
      "flow",
      "endpoint",
      "url",
      "version",
      "strength",
      "factor",
      "factors",
    ])
    .concat(["protocol", "service", "server", "realm", "event", "role", "roles", "model", "latency_ms"])
    .map((fact) => `${word}_${fact}`),
);

const secretKeys: KeyRule = {
  names: [
    ...["password", "passwd", "secret", "token", "api_key", "apikey", "credential", "private_key", "auth", "ssn", "credit_card"],
    ...["cvv", "cookie", "session_key"],
  ],
  allow: [
    // people and powers
    ...[
      "author",
      "authors",
      "authored",
      "authoring",
      "authorship",
      "coauthor",
      "coauthors",
      "authorid",
      "authorname",
      "authoremail",
    ],
    ...[
      "authority",
      "authorities",
      "authoritative",
      "authorized_by",
      "authorised_by",
      "authorized_at",
      "authorised_at",
      "authorizer",
    ],
    ...["authoriser", "authorized", "authorised", "unauthorized", "unauthorised", "preauthorized", "authentic", "authenticity"],
    ...[
      "authenticated",
      "unauthenticated",
      "authenticated_by",
      "authenticated_at",
      "authenticator_type",
      "authz_decision",
      "authz_policy",
    ],
    ...["authz_result", "authz_reason", "authn_method", "authn_result", ...authenticationFacts],
    ...[
      "www_authenticate",
      "proxy_authenticate",
      "authn_context",
      "authorization_id",
      "authorization_context",
      "execute_authorization",
    ],
    // counting and shaping of model tokens
    ...["*_tokens", "gen_ai.usage.*", "token_type", "token_types", "token_count", "token_counts", "token_limit", "token_limits"],
    ...[
      "token_budget",
      "token_usage",
      "token_cost",
      "token_price",
      "token_rate",
      "tokens_per_second",
      "tokens_used",
      "tokens_total",
    ],
    ...["tokens_in", "tokens_out", "tokens_limit", "tokens_remaining", "tokens_consumed", "tokens_per_minute", "token_index"],
    ...["token_position", "token_length", "time_per_output_token", "time_to_first_token", "time_per_token", "ms_per_token"],
    ...["time_between_tokens", "per_token", "first_token_ms", "last_token_ms", "first_token_latency", "stop_token_count"],
    ...[
      "tokenizer",
      "tokenizers",
      "tokenize",
      "tokenized",
      "tokenised",
      "tokenization",
      "tokenisation",
      "detokenize",
      "detokenized",
    ],
    ...["tokenomics", "token_endpoint", "token_expiry", "token_expires_at", "token_expires_in", "token_expired", "token_issuer"],
    ...[
      "token_lifetime",
      "token_ttl",
      "token_valid",
      "token_format",
      "token_scope",
      "token_scopes",
      "token_revoked",
      "token_issued_at",
    ],
    ...["token_status", "token_rotation", "token_bucket"],
    // names and states of secrets, never the secret
    ...[
      "secretary",
      "secretariat",
      "secretion",
      "secretions",
      "secret_name",
      "secret_version",
      "secret_arn",
      "secret_type",
      "secretsmanager",
    ],
    ...[
      "secret_rotation",
      "secret_rotated_at",
      "secret_count",
      "k8s.secret.*",
      "password_policy",
      "password_changed",
      "password_changed_at",
    ],
    ...[
      "password_last_changed",
      "password_expires_at",
      "password_expired",
      "password_age_days",
      "password_strength",
      "password_reset_at",
    ],
    ...[
      "password_reset_required",
      "password_reset_requested",
      "password_length",
      "password_attempts",
      "password_set",
      "has_password",
    ],
    ...["passwordless", "credential_type", "credential_provider", "credential_status", "credentials_expired", "credential_count"],
    ...["access_control_allow_credentials", "api_key_id", "api_key_name", "apikey_id", "api_key_count", "api_key_expires_at"],
    ...[
      "private_key_id",
      "cookie_consent",
      "cookie_policy",
      "cookies_accepted",
      "cookies_enabled",
      "cookie_banner",
      "cookie_count",
    ],
    ...["credit_card_type", "credit_card_brand", "session_key_id"],
    // `ssn` inside words written together
    ...[
      "classname",
      "classnames",
      "subclassname",
      "processname",
      "processnumber",
      "businessname",
      "businessnumber",
      "accessnumber",
    ],
    ...[
      "accessnode",
      "addressnumber",
      "witnessname",
      "glassnode",
      "crossnode",
      "compressname",
      "passname",
      "bossname",
      "lossnet",
    ],
  ],
  action: "mask",
};

const content: ContentRule = {
  names: [
    ...["gen_ai.input.messages", "gen_ai.input.messages_delta", "gen_ai.output.messages", "gen_ai.system_instructions"],
    ...["gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "gen_ai.tool.message", "gen_ai.prompt", "gen_ai.prompt.*"],
    ...["gen_ai.completion", "gen_ai.completion.*", "gen_ai.content.*", "gen_ai.event.content", "gen_ai.choice"],
    ...["gen_ai.retrieval.query.text", "gen_ai.retrieval.documents", "gen_ai.memory.content"],
    ...["ai.prompt", "ai.prompt.*", "ai.response.text", "ai.response.object", "ai.response.toolcalls", "ai.response.reasoning"],
    ...[
      "ai.result.text",
      "ai.result.object",
      "ai.result.toolcalls",
      "ai.toolcall.args",
      "ai.toolcall.result",
      "ai.value",
      "ai.values",
    ],
    ...[
      "traceloop.entity.input",
      "traceloop.entity.output",
      "input.value",
      "output.value",
      "llm.input_messages",
      "llm.input_messages.*",
    ],
    ...["llm.output_messages", "llm.output_messages.*", "llm.prompts", "llm.prompts.*", "llm.completions", "llm.completions.*"],
    ...["llm.prompt_template.variables", "llm.prompt_template.template", "tool.parameters", "tool_call.function.arguments"],
    ...["retrieval.documents", "retrieval.documents.*", "embedding.text", "mcp.tool.arguments", "mcp.tool.result"],
    ...["mcp.request.argument", "mcp.request.argument.*", "mlflow.spaninputs", "mlflow.spanoutputs"],
    ...["langfuse.trace.input", "langfuse.trace.output", "langfuse.observation.input", "langfuse.observation.output"],
    ...["gcp.vertex.agent.llm_request", "gcp.vertex.agent.llm_response", "gcp.vertex.agent.tool_call_args"],
    ...["gcp.vertex.agent.tool_response"],
  ],
  allow: [
    ...["gen_ai.prompt.name", "gen_ai.prompt.version", "gen_ai.prompt.id", "gen_ai.prompt.*.role", "gen_ai.completion.*.role"],
    ...[
      "gen_ai.completion.*.finish_reason",
      "ai.prompt.toolchoice",
      "llm.*_messages.*.message.role",
      "retrieval.documents.*.document.id",
    ],
    ...["retrieval.documents.*.document.score"],
  ],
  action: "digest",
};

const values: readonly ValueRule[] = [
  { detect: ["pem", "jwt", "api_key", "bearer", "basic", "url_credentials", "assignment", "ssn"], action: "mask" },
  { detect: ["email", "card", "iban"], action: "token" },
];

export const defaultPolicy: Required<Omit<Policy, "version">> & Policy = { keys: [plainSecrets, secretKeys], values, content };
