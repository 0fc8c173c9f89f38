/** The session of a member of staff in this tab: log in, stay in, log out. */
import { signal } from '@preact/signals';
import { Login, Logout, Refresh } from '../graphql/documents';
import { tell } from '../graphql/send';
import type { Bearer, Credential } from './credential';
import { randomText } from './device';

interface Tokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
}

const KEPT = 'wardgrid.staff';
/** Renew this long before the end, so that no request leaves with a token that dies on the way. */
const AHEAD_MS = 60_000;

function kept(): Tokens | null {
  const text = sessionStorage.getItem(KEPT);
  return text ? (JSON.parse(text) as Tokens) : null;
}

export const session = signal<Tokens | null>(kept());
let renewing: Promise<Bearer> | null = null;

function keep(tokens: Tokens | null): void {
  session.value = tokens;
  if (tokens) sessionStorage.setItem(KEPT, JSON.stringify(tokens));
  else sessionStorage.removeItem(KEPT);
}

export interface Proof {
  loginName: string;
  password: string;
  totp: string;
  /** Asked for where somebody else chose the password. */
  newPassword: string;
}

/** Null when logged in, else the stable reason of the refusal. */
export async function logIn({ totp, newPassword, ...proof }: Proof): Promise<string | null> {
  const answer = await tell(Login, { ...proof, totp: totp || null, newPassword: newPassword || null }, null);
  if (answer.kind !== 'DATA') return answer.kind === 'REFUSED' ? answer.code : 'UNREACHABLE';
  if (answer.data.login.__typename === 'Problem') return answer.data.login.reason;
  keep(answer.data.login);
  return null;
}

/** Forgets the tokens at once; the server is told too, so that they are worth nothing to a finder. */
export function logOut(): void {
  const token = session.value?.accessToken;
  keep(null);
  if (token) void tell(Logout, { key: randomText(16) }, token);
}

async function exchange(old: Tokens): Promise<Bearer> {
  const answer = await tell(Refresh, { refreshToken: old.refreshToken }, null);
  if (answer.kind === 'UNREACHABLE') return { kind: 'UNREACHABLE' };
  if (answer.kind === 'DATA' && answer.data.refresh.__typename === 'Tokens') {
    keep(answer.data.refresh);
    return { kind: 'TOKEN', token: answer.data.refresh.accessToken };
  }
  keep(null);
  return { kind: 'NONE' };
}

/** A token with life in it. Refresh tokens are used once, so two callers share one exchange. */
export async function staffBearer(renew = false): Promise<Bearer> {
  const tokens = session.value;
  if (!tokens) return { kind: 'NONE' };
  if (!renew && Date.parse(tokens.expiresAt) - Date.now() > AHEAD_MS) return { kind: 'TOKEN', token: tokens.accessToken };
  renewing ??= exchange(tokens).finally(() => (renewing = null));
  return renewing;
}

export const staffCredential: Credential = {
  renewable: true,
  whenNone: 'SESSION_OVER',
  whenExpired: 'SESSION_OVER',
  bearer: staffBearer,
  accepted: () => undefined,
};
