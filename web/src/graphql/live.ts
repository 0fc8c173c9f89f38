/** One attempt to follow a ward: a socket, its board and its alarms, and a plain word for how it ended. */
import { stringifyDocument } from '@urql/core';
import { createClient, type Client } from 'graphql-ws';
import { AlarmsChanged, BedBoardChanged, type AlarmsView, type BoardEvent } from './documents';

export const PING_EVERY_MS = 3000;
const ACKNOWLEDGED_WITHIN_MS = 5000;
const ALARMS_AGAIN_MS = 3000;

/** LOST: try again soon. CURSOR: try again from a whole board. The others are the server's refusals. */
export type Ending = 'LOST' | 'CURSOR' | 'TOKEN_EXPIRED' | 'REVOKED' | 'WARD_UNKNOWN';

export interface Attempt {
  ward: string;
  after: string | null;
  bearer: string;
  heard(): void;
  changed(event: BoardEvent): void;
  /** The ward's alarms; UNREADABLE while the server cannot tell, never called where this screen may see none. */
  alarmed(alarms: AlarmsView | 'UNREADABLE'): void;
  ended(ending: Ending): void;
}

export type Follow = (attempt: Attempt) => () => void;

const BY_CLOSE_CODE: Readonly<Record<number, Ending>> = { 4401: 'TOKEN_EXPIRED', 4403: 'REVOKED', 4404: 'WARD_UNKNOWN' };
const BY_ERROR_CODE: Readonly<Record<string, Ending>> = {
  UNAUTHENTICATED: 'TOKEN_EXPIRED',
  TOKEN_EXPIRED: 'TOKEN_EXPIRED',
  DENIED: 'REVOKED',
  FORBIDDEN: 'REVOKED',
  REVOKED: 'REVOKED',
  NOT_FOUND: 'WARD_UNKNOWN',
};

function isList(cause: unknown): cause is readonly { extensions?: { code?: unknown } }[] {
  return Array.isArray(cause);
}

/** What a closed socket or a list of GraphQL errors means for the screen. */
export function endingOf(cause: unknown): Ending {
  if (isList(cause)) {
    const code = cause[0]?.extensions?.code;
    // An unknown error may be about the cursor (a restored database), so the next attempt asks for everything.
    return BY_ERROR_CODE[String(code)] ?? 'CURSOR';
  }
  const code = (cause as { code?: unknown } | null)?.code;
  return BY_CLOSE_CODE[Number(code)] ?? 'LOST';
}

function socketAddress(): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;
}

/** Starts the attempt; the returned function gives it up without a word to `ended`. */
export const follow: Follow = (attempt) => {
  let over = false;
  const finish = (ending: Ending): void => {
    if (over) return;
    over = true;
    client.terminate();
    attempt.ended(ending);
  };
  // The library's own retries repeat the first cursor and give up on some codes, so each attempt is a new client.
  const client = createClient({
    url: socketAddress(),
    retryAttempts: 0,
    keepAlive: PING_EVERY_MS,
    connectionAckWaitTimeout: ACKNOWLEDGED_WITHIN_MS,
    // The same ids on every screen let the server send one frame to all of them.
    generateID: ({ operationName }) => (operationName === 'AlarmsChanged' ? 'alarms' : 'board'),
    connectionParams: { authorization: `Bearer ${attempt.bearer}` },
    on: { message: () => over || attempt.heard() },
  });
  client.subscribe<{ bedBoardChanged: BoardEvent }>(
    {
      operationName: 'BedBoardChanged',
      query: stringifyDocument(BedBoardChanged),
      variables: { ward: attempt.ward, after: attempt.after },
    },
    {
      next: ({ data, errors }) => {
        if (over) return;
        if (data?.bedBoardChanged) attempt.changed(data.bedBoardChanged);
        else finish(endingOf(errors ?? []));
      },
      error: (cause) => finish(endingOf(cause)),
      complete: () => finish('LOST'),
    },
  );
  followAlarms(client, attempt, () => over);
  return () => {
    over = true;
    client.terminate();
  };
};

/** Beside the board, which goes on without them: who may not see alarms sees beds all the same. */
function followAlarms(client: Client, attempt: Attempt, over: () => boolean): void {
  const trouble = (cause: unknown): void => {
    // A socket that closed, or a right that ended, ends the board too: that is told there.
    if (over() || !isList(cause) || endingOf(cause) !== 'CURSOR') return;
    attempt.alarmed('UNREADABLE');
    setTimeout(() => over() || followAlarms(client, attempt, over), ALARMS_AGAIN_MS);
  };
  client.subscribe<{ alarms: AlarmsView }>(
    { operationName: 'AlarmsChanged', query: stringifyDocument(AlarmsChanged), variables: { ward: attempt.ward } },
    {
      next: ({ data, errors }) => {
        if (over()) return;
        if (data?.alarms) attempt.alarmed(data.alarms);
        else trouble(errors ?? []);
      },
      error: trouble,
      complete: () => undefined,
    },
  );
}
