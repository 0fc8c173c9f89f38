/** The secret that makes this device itself: a screen's key is tied to it and is worth nothing elsewhere. */

const KEPT = 'wardgrid.device';

/** Hexadecimal text of random bytes; works without the secure context that `crypto.randomUUID` asks for. */
export function randomText(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Made at the first use, kept until the browser's storage is cleared. */
export function deviceSecret(): string {
  const known = localStorage.getItem(KEPT);
  if (known) return known;
  const made = randomText(32);
  localStorage.setItem(KEPT, made);
  return made;
}
