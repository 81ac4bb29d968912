// guarded.ts: for what others call: a channel's subscriber that throws ends the process, a hook that throws fails the application's own call.

/** Like `run`, but gives undefined where that would throw. What could not be recorded has been counted and said already: see stats().thrown. */
export function guarded<A extends unknown[], R>(run: (...args: A) => R): (...args: A) => R | undefined {
  return (...args) => {
    try {
      return run(...args);
    } catch {
      return undefined;
    }
  };
}
