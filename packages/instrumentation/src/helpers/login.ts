// login.ts: somebody proved who they are, tried to, or left.

import { ATTR_PROOFLINE_LOGIN_METHOD, ATTR_PROOFLINE_LOGIN_MFA } from "@proofline/event";
import { type AuditHelper, type CommonFields, defineHelper, type WithOutcome } from "./helper.ts";

export interface LoginFields extends CommonFields, WithOutcome {
  /** Default: LOGIN. */
  readonly action?: "LOGIN" | "LOGOUT" | undefined;
  /** `password`, `oidc`, `mtls`, …; never the secret itself. */
  readonly method?: string | undefined;
  /** Whether more than one factor was used. */
  readonly mfa?: boolean | undefined;
}

/**
 * `user.login` or `user.logout`. A failed attempt has outcome `failure`, and for its actor the name that was tried.
 * Registry class `login`.
 */
export const login: AuditHelper<LoginFields> = defineHelper<LoginFields>("login", ({ event, action = "LOGIN", ...fields }) => ({
  event: event ?? (action === "LOGOUT" ? "user.logout" : "user.login"),
  action,
  outcome: fields.outcome,
  attributes: { [ATTR_PROOFLINE_LOGIN_METHOD]: fields.method, [ATTR_PROOFLINE_LOGIN_MFA]: fields.mfa },
}));
