// tls.ts: whether the certificate can be used, and for how long.

import type { Config } from "../config/config.ts";
import { readTlsMaterial, TlsMaterialError } from "../tls/material.ts";
import type { Advice, DoctorWorld } from "./examine.ts";

const DAY_MS = 86_400_000;
/** Long enough for a person to act, and beyond what renewals leave: Let's Encrypt and cert-manager renew at a third of the lifetime. */
const SOON_MS = 14 * DAY_MS;

export async function examineTls({ otlp }: Config, { nowMs }: Pick<DoctorWorld, "nowMs">): Promise<Advice[]> {
  if (otlp.tls === undefined) return [];
  const check = "otlp.tls";
  try {
    const { certificate } = await readTlsMaterial(otlp.tls);
    const { notBeforeMs, notAfterMs } = certificate;
    const leftMs = notAfterMs - nowMs();
    const days = (ms: number): string => `${Math.floor(Math.abs(ms) / DAY_MS)} days`;
    const until = new Date(notAfterMs).toISOString().slice(0, 10);
    const todo = "renew it; the service takes the new files without a restart";
    if (leftMs <= 0) return [{ check, level: "hurts", found: `the certificate ended on ${until}, ${days(leftMs)} ago`, todo }];
    if (notBeforeMs > nowMs()) {
      return [
        {
          check,
          level: "hurts",
          found: `the certificate begins on ${new Date(notBeforeMs).toISOString()}`,
          todo: "set the clock, or wait",
        },
      ];
    }
    const found = `the certificate is good until ${until}, ${days(leftMs)}`;
    return [leftMs < SOON_MS ? { check, level: "hurts", found, todo } : { check, level: "fine", found }];
  } catch (error) {
    if (!(error instanceof TlsMaterialError)) throw error;
    return [
      {
        check,
        level: "hurts",
        found: error.message,
        todo: "put certificate and key in PEM there; the service will not start without them",
      },
    ];
  }
}
