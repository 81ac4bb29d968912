// health.js: exit status 0 when the receiver of this container takes requests. For HEALTHCHECK, where there is neither shell nor curl.

const port = /:(\d+)$/.exec(process.env.PROOFLINE_ADMIN_HTTP ?? "")?.[1] ?? "9464";
try {
  const answer = await fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(4000) });
  process.stdout.write(await answer.text());
  process.exitCode = answer.status === 200 ? 0 : 1;
} catch (error) {
  process.stdout.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
