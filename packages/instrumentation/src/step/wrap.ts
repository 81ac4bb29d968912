// wrap.ts: auditStep: a function like the one given, whose every run is recorded. Each of the four kinds of function has its own
// way of ending; the rest is step.ts.

import { audit } from "../default-audit.ts";
import { Step, type StepOptions } from "./step.ts";

type AnyFunction = (...args: never[]) => unknown;

/**
 * Wraps a function, async function, generator or async generator; `this`, name, length and types stay. Each run leaves
 * `<event>.started` (outcome unknown) and `<event>` (success or failure; a failure is thrown on unchanged), joined by
 * `proofline.step.id`; runs within a run name it as their parent. Inputs and outputs are recorded as size and keyed digest.
 * A generator's run begins with its first `next`. A thenable that is no Promise (a lazy query) is returned untouched.
 * @throws {AuditError} from the wrapped function, before it runs, when the start cannot be recorded
 */
export function auditStep<F extends AnyFunction>(options: StepOptions<Parameters<F>>, fn: F): F;
/** The same as a decorator of a method, as ECMAScript has them: `@auditStep({ event: "invoice.scored" })`. */
export function auditStep(options: StepOptions): <F extends AnyFunction>(method: F, context: ClassMethodDecoratorContext) => F;
export function auditStep(options: StepOptions, fn?: AnyFunction): unknown {
  return fn === undefined ? (method: AnyFunction): AnyFunction => audited(options, method) : audited(options, fn);
}

function audited<F extends AnyFunction>(options: StepOptions<Parameters<F>>, fn: F): F {
  const original = fn as unknown as (this: unknown, ...args: unknown[]) => unknown;
  const begin = (args: unknown[]): Step => new Step(options.audit ?? audit, options as StepOptions, args);
  const wrapped = wrapperFor(original, begin);
  Object.defineProperty(wrapped, "name", { value: fn.name, configurable: true });
  Object.defineProperty(wrapped, "length", { value: fn.length, configurable: true });
  return wrapped as unknown as F;
}

type Original = (this: unknown, ...args: unknown[]) => unknown;
type Begin = (args: unknown[]) => Step;

function wrapperFor(original: Original, begin: Begin): Original {
  switch (Object.prototype.toString.call(original)) {
    case "[object GeneratorFunction]":
      return function* (this: unknown, ...args: unknown[]) {
        const step = begin(args);
        return yield* follow(step, step.run(() => original.apply(this, args)) as Generator<unknown, unknown, unknown>);
      };
    case "[object AsyncGeneratorFunction]":
      return async function* (this: unknown, ...args: unknown[]) {
        const step = begin(args);
        return yield* followAsync(step, step.run(() => original.apply(this, args)) as AsyncGenerator<unknown, unknown, unknown>);
      };
    default:
      return function (this: unknown, ...args: unknown[]) {
        return call(begin(args), () => original.apply(this, args));
      };
  }
}

function call(step: Step, run: () => unknown): unknown {
  let result: unknown;
  try {
    result = step.run(run);
  } catch (thrown) {
    step.end({ error: { thrown } });
    throw thrown;
  }
  if (!(result instanceof Promise)) {
    step.end({ output: result });
    return result;
  }
  const settled = result.then(
    (output: unknown) => {
      step.end({ output });
      return output;
    },
    (thrown: unknown) => {
      step.end({ error: { thrown } });
      throw thrown;
    },
  );
  if (result.constructor === Promise) return settled;
  // A promise with methods of its own must stay what it is; its rejection is the caller's to handle.
  settled.catch(() => undefined);
  return result;
}

/** Each resumption runs within the step; an early `return` by the consumer ends it as stopped. */
function* follow(step: Step, inner: Generator<unknown, unknown, unknown>): Generator<unknown, unknown, unknown> {
  let yielded = 0;
  let at: "running" | "waiting" = "running";
  try {
    let next = step.run(() => inner.next());
    while (!next.done) {
      yielded++;
      at = "waiting";
      let resume: () => IteratorResult<unknown, unknown>;
      try {
        const sent = yield next.value;
        resume = () => inner.next(sent);
      } catch (thrown) {
        resume = () => inner.throw(thrown);
      }
      at = "running";
      next = step.run(resume);
    }
    step.end({ output: next.value, yielded });
    return next.value;
  } catch (thrown) {
    step.end({ error: { thrown }, yielded });
    throw thrown;
  } finally {
    if (at === "waiting") stop(step, yielded, () => inner.return(undefined));
  }
}

async function* followAsync(
  step: Step,
  inner: AsyncGenerator<unknown, unknown, unknown>,
): AsyncGenerator<unknown, unknown, unknown> {
  let yielded = 0;
  let at: "running" | "waiting" = "running";
  try {
    let next = await step.run(() => inner.next());
    while (!next.done) {
      yielded++;
      at = "waiting";
      let resume: () => Promise<IteratorResult<unknown, unknown>>;
      try {
        const sent = yield next.value;
        resume = () => inner.next(sent);
      } catch (thrown) {
        resume = () => inner.throw(thrown);
      }
      at = "running";
      next = await step.run(resume);
    }
    step.end({ output: next.value, yielded });
    return next.value;
  } catch (thrown) {
    step.end({ error: { thrown }, yielded });
    throw thrown;
  } finally {
    if (at === "waiting") await stopAsync(step, yielded, () => inner.return(undefined));
  }
}

function stop(step: Step, yielded: number, end: () => unknown): void {
  try {
    step.run(end);
    step.end({ yielded, stopped: true });
  } catch (thrown) {
    step.end({ error: { thrown }, yielded, stopped: true });
    throw thrown;
  }
}

async function stopAsync(step: Step, yielded: number, end: () => Promise<unknown>): Promise<void> {
  try {
    await step.run(end);
    step.end({ yielded, stopped: true });
  } catch (thrown) {
    step.end({ error: { thrown }, yielded, stopped: true });
    throw thrown;
  }
}
