/** What a ward screen shows at the door: its own key, or the session of the person who opened it. */
import type { Refusal } from '../ward/watch';

export type Bearer = { kind: 'TOKEN'; token: string } | { kind: 'NONE' } | { kind: 'UNREACHABLE' };

export interface Credential {
  /** Whether an expired token can be exchanged for a new one without a person. */
  readonly renewable: boolean;
  readonly whenNone: Refusal;
  readonly whenExpired: Refusal;
  /** The token to present now; `renew` asks for another than the one just refused. */
  bearer(renew: boolean): Promise<Bearer>;
}

const KEPT = 'wardgrid.screen.';

/** Takes `#token=` out of the address bar before anybody can photograph it, and keeps it for this tab only. */
export function takeScreenToken(ward: string): string | null {
  const given = new URLSearchParams(location.hash.slice(1)).get('token');
  if (given) {
    sessionStorage.setItem(KEPT + ward, given);
    history.replaceState(null, '', location.pathname + location.search);
  }
  return sessionStorage.getItem(KEPT + ward);
}

export function screenCredential(token: string): Credential {
  return {
    renewable: false,
    whenNone: 'TOKEN_MISSING',
    whenExpired: 'TOKEN_EXPIRED',
    bearer: async () => ({ kind: 'TOKEN', token }),
  };
}

export const noCredential: Credential = {
  renewable: false,
  whenNone: 'TOKEN_MISSING',
  whenExpired: 'TOKEN_MISSING',
  bearer: async () => ({ kind: 'NONE' }),
};
