/** Keeps one ward's board alive: follows, doubts, and follows again without anybody's help. */
import { signal } from '@preact/signals';
import type { AlarmsView, BoardEvent, BoardView } from '../graphql/documents';
import type { Ending, Follow } from '../graphql/live';
import type { Credential } from '../session/credential';
import { isLost, present, retryWait, type Moment } from './freshness';

export type Refusal = 'TOKEN_MISSING' | 'TOKEN_EXPIRED' | 'SESSION_OVER' | 'REVOKED' | 'WARD_UNKNOWN';
export type Link = 'CONNECTING' | 'LIVE' | 'LOST';

const LOOK_EVERY_MS = 1000;
const REFUSED_WAIT_MS = 60_000;

export class WardWatch {
  readonly board = signal<BoardView | null>(null);
  /** Null where this screen is told of no alarms at all. */
  readonly alarms = signal<AlarmsView | 'UNREADABLE' | null>(null);
  readonly link = signal<Link>('CONNECTING');
  readonly refusal = signal<Refusal | null>(null);
  readonly heardAt = signal<Moment | null>(null);
  readonly now = signal<Moment>(present());

  /** Whether a person opened this screen, who may go back to the list of wards. */
  readonly opened: boolean;

  private cursor: string | null = null;
  private failures = 0;
  private renew = false;
  private triedAt = present();
  private looking: ReturnType<typeof setInterval> | undefined;
  private waiting: ReturnType<typeof setTimeout> | undefined;
  private giveUp: (() => void) | null = null;
  private stopped = true;

  constructor(
    private readonly ward: string,
    private readonly credential: Credential,
    private readonly follow: Follow,
  ) {
    this.opened = credential.renewable;
  }

  start(): void {
    this.stopped = false;
    this.looking = setInterval(() => this.look(), LOOK_EVERY_MS);
    void this.attempt();
  }

  stop(): void {
    this.stopped = true;
    clearInterval(this.looking);
    clearTimeout(this.waiting);
    this.giveUp?.();
    this.giveUp = null;
  }

  /** Judges the link by the clock; a socket that is silent is as good as closed. */
  look(): void {
    this.now.value = present();
    const trusted = this.heardAt.value ?? this.triedAt;
    if (this.refusal.value) return;
    if (!isLost(trusted, this.now.value)) return;
    this.link.value = 'LOST';
    if (this.giveUp && isLost(this.triedAt, this.now.value)) this.abandon();
  }

  private abandon(): void {
    this.giveUp?.();
    this.giveUp = null;
    this.again(retryWait(this.failures++, Math.random()));
  }

  private again(wait: number): void {
    clearTimeout(this.waiting);
    if (!this.stopped) this.waiting = setTimeout(() => void this.attempt(), wait);
  }

  private async attempt(): Promise<void> {
    this.triedAt = present();
    const answer = await this.credential.bearer(this.renew);
    if (this.stopped) return;
    if (answer.kind === 'UNREACHABLE') return this.again(retryWait(this.failures++, Math.random()));
    if (answer.kind === 'NONE') return this.refuse(this.credential.whenNone);
    this.giveUp = this.follow({
      ward: this.ward,
      after: this.board.value ? this.cursor : null,
      bearer: answer.token,
      heard: () => this.hear(),
      changed: (event) => this.show(event),
      alarmed: (alarms) => (this.alarms.value = alarms),
      ended: (ending) => this.end(ending),
    });
  }

  private hear(): void {
    this.heardAt.value = present();
    // A greeting is not a board: the link counts as live once there is something to show.
    if (this.board.value) this.link.value = 'LIVE';
  }

  private show(event: BoardEvent): void {
    this.cursor = event.cursor;
    if (event.board) this.board.value = event.board;
    this.failures = 0;
    this.renew = false;
    this.refusal.value = null;
    this.credential.accepted();
    this.hear();
  }

  private end(ending: Ending): void {
    this.giveUp = null;
    if (ending === 'CURSOR') this.cursor = null;
    if (ending === 'LOST' || ending === 'CURSOR') return this.again(retryWait(this.failures++, Math.random()));
    if (ending === 'TOKEN_EXPIRED' && this.credential.renewable && !this.renew) {
      this.renew = true;
      return this.again(0);
    }
    this.refuse(ending === 'TOKEN_EXPIRED' ? this.credential.whenExpired : ending);
  }

  /** A refused screen shows nothing more of the ward; where a right may come back it asks again. */
  private refuse(refusal: Refusal): void {
    this.refusal.value = refusal;
    this.board.value = null;
    this.alarms.value = null;
    this.heardAt.value = null;
    this.cursor = null;
    this.link.value = 'CONNECTING';
    if (refusal === 'REVOKED' || refusal === 'WARD_UNKNOWN') this.again(REFUSED_WAIT_MS);
  }
}

