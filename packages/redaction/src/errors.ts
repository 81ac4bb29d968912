// errors.ts: the one error of this room. It names the place in the policy, what stands there and what was expected;
// it never holds a key, a redacted value or anything else that is secret.

/** One thing that is wrong with a policy. `path` is written as in `keys[2].action`; "" is the policy itself. */
export interface PolicyProblem {
  readonly path: string;
  /** What was found, shortened, as JSON; "nothing" when it is absent. */
  readonly value: string;
  readonly expected: string;
}

export type PolicyErrorCode = "INVALID_POLICY" | "BAD_KEY";

/** The policy (or the token key) cannot be used. `problems` lists everything that is wrong; the fields are those of the first. */
export class PolicyError extends Error {
  readonly code: PolicyErrorCode;
  readonly path: string;
  readonly value: string;
  readonly expected: string;
  readonly problems: readonly PolicyProblem[];

  constructor(code: PolicyErrorCode, problems: readonly PolicyProblem[]) {
    super(
      problems.map((problem) => `${problem.path || "policy"}: expected ${problem.expected}, found ${problem.value}`).join("\n"),
    );
    this.name = "PolicyError";
    this.code = code;
    this.problems = problems;
    const first = problems[0];
    this.path = first?.path ?? "";
    this.value = first?.value ?? "nothing";
    this.expected = first?.expected ?? "";
  }
}
