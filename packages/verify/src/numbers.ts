// numbers.ts: numbers as a person reads them. Without Intl: to load its tables takes longer than to verify a small log.

/** `1,234,567` */
export function formatCount(n: number): string {
  return String(n).replaceAll(/\B(?=(?:[0-9]{3})+$)/g, ",");
}

/** `1 line`, `2,000 lines` */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? "" : "s"}`;
}
