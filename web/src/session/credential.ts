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
  /** Called with every board: the token was good. */
  accepted(): void;
}

export const noCredential: Credential = {
  renewable: false,
  whenNone: 'TOKEN_MISSING',
  whenExpired: 'TOKEN_MISSING',
  bearer: async () => ({ kind: 'NONE' }),
  accepted: () => undefined,
};
