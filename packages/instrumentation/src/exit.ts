// exit.ts: the ways in which a process ends, and what is still done in each. Nothing is lost by skipping it: what is not delivered
// lies in the spool. So it never hangs the application, and never decides how it ends.

/** Something that should be closed before the process ends. */
export interface Leaver {
  readonly exitTimeoutMs: number;
  /** false when there is nothing to close. */
  isOpen(): boolean;
  /** Delivers what it can in the time, closes; may be opened again. Never rejects. */
  leave(timeoutMs: number): Promise<void>;
  /** The same without waiting. */
  leaveNow(): void;
}

const leavers = new Set<Leaver>();
const SIGNALS = ["SIGTERM", "SIGINT"] as const;
let leaving: Promise<unknown> | undefined;

/** @returns takes it away again */
export function beforeExit(leaver: Leaver): () => void {
  if (leavers.size === 0) install();
  leavers.add(leaver);
  return () => {
    if (leavers.delete(leaver) && leavers.size === 0) uninstall();
  };
}

function install(): void {
  process.on("beforeExit", onBeforeExit);
  process.on("exit", onExit);
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function uninstall(): void {
  process.off("beforeExit", onBeforeExit);
  process.off("exit", onExit);
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** The event loop is empty: waiting here fills it again, and then this comes again and finds nothing open. */
function onBeforeExit(): void {
  void leaveAll();
}

function onExit(): void {
  for (const leaver of leavers) leaver.leaveNow();
}

function onSignal(signal: NodeJS.Signals): void {
  // The application has its own way of ending, and ends with `exit` or an empty loop: both are ours too.
  if (process.listenerCount(signal) > 1) return;
  const impatient = leaving !== undefined;
  const end = (): void => {
    process.off(signal, onSignal);
    process.kill(process.pid, signal);
  };
  if (impatient) end();
  else void leaveAll().then(end);
}

function leaveAll(): Promise<unknown> {
  leaving ??= Promise.all(
    [...leavers].filter((leaver) => leaver.isOpen()).map((leaver) => leaver.leave(leaver.exitTimeoutMs)),
  ).finally(() => {
    leaving = undefined;
  });
  return leaving;
}
