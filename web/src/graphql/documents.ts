/** Every operation that the screens send; the server may allow-list exactly these texts. */
import type { introspection } from './graphql-env.d.ts';
import { initGraphQLTada, type FragmentOf, type ResultOf } from 'gql.tada';

export const graphql = initGraphQLTada<{
  introspection: introspection;
  // One screen reads one board whole, so masking would only add ceremony.
  disableMasking: true;
  scalars: { DateTime: string; UUID: string };
}>();

export const Board = graphql(`
  fragment Board on BedBoard {
    asOf
    source
    cursor
    ward { id code name { zh en } hospital { id code name { zh en } timeZone } }
    licensedBeds staffedBeds occupied held readyNow cleaning blocked
    beds {
      id code state service hygiene use available notAvailable features blockReason blockedUntil
      room { id code kind }
      stay {
        id since onLeave initials sex ageBand isolation expectedDischarge dischargePending sameSurname privacy
      }
      hold { id kind expiresAt }
      cleaning { id kind priority state since }
    }
    waiting { id priority neededBy state since }
  }
`);

export const BedBoardChanged = graphql(
  `
    subscription BedBoardChanged($ward: UUID!, $after: String) {
      bedBoardChanged(wardId: $ward, after: $after) { cursor version board { ...Board } }
    }
  `,
  [Board],
);

/** No values: a screen that many people pass shows that there is an alarm and where. */
export const AlarmsChanged = graphql(`
  subscription AlarmsChanged($ward: UUID!, $after: String) {
    alarms(wardId: $ward, after: $after) {
      cursor asOf total unacknowledged critical more
      alarms { id kind severity state placeCode bedId text { zh en } openedAt shelvedUntil level leadId flood }
      floods { since alarms }
    }
  }
`);

export const Login = graphql(`
  mutation Login($loginName: String!, $password: String!, $totp: String, $newPassword: String) {
    login(loginName: $loginName, password: $password, totp: $totp, newPassword: $newPassword) {
      __typename
      ... on Tokens { accessToken refreshToken expiresAt }
      ... on Problem { code reason message }
    }
  }
`);

export const Refresh = graphql(`
  mutation Refresh($refreshToken: String!) {
    refresh(refreshToken: $refreshToken) {
      __typename
      ... on Tokens { accessToken refreshToken expiresAt }
      ... on Problem { code reason message }
    }
  }
`);

export const BindDevice = graphql(`
  mutation BindDevice($device: String!, $key: String!) {
    bindDevice(device: $device, idempotencyKey: $key) {
      __typename
      ... on Problem { code reason }
    }
  }
`);

export const Logout = graphql(`
  mutation Logout($key: String!) {
    logout(idempotencyKey: $key) { __typename }
  }
`);

export const MyWards = graphql(`
  query MyWards($after: String) {
    wards(first: 100, after: $after) {
      nodes { id hospitalId code name { zh en } closedAt }
      pageInfo { hasNextPage endCursor }
    }
    hospitals(first: 100) { nodes { id code name { zh en } } }
  }
`);

export type BoardView = FragmentOf<typeof Board>;
export type BedView = NonNullable<BoardView['beds']>[number];
export type StayView = NonNullable<BedView['stay']>;
export type BoardEvent = ResultOf<typeof BedBoardChanged>['bedBoardChanged'];
export type AlarmsView = ResultOf<typeof AlarmsChanged>['alarms'];
export type AlarmView = NonNullable<AlarmsView['alarms']>[number];
export type WardPage = ResultOf<typeof MyWards>;
type Hospital = WardPage['hospitals']['nodes'][number];
export type WardLink = WardPage['wards']['nodes'][number] & { hospital: Hospital | null };
export type Names = { zh: string | null; en: string | null } | null;
