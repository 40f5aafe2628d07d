/**
 * Client secrets that look like Entra's.
 */
import { randomInt } from 'node:crypto';

/** Forty characters as Entra makes them: three, `8Q~`, and the rest. */
export function makeSecret() {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789~._-';
  const some = (count) => Array.from({ length: count }, () => alphabet[randomInt(62)]).join('');
  return `${some(3)}8Q~${some(10)}.${some(8)}_${some(14)}`;
}
