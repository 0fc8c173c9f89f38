/** The key of a ward screen: taken from its link, tied to this device, forgotten with the tab. */
import { BindDevice } from '../graphql/documents';
import { tell } from '../graphql/send';
import type { Credential } from './credential';
import { deviceSecret, randomText } from './device';

const KEPT = 'wardgrid.screen.';

export interface ScreenKey {
  token: string;
  /** A link that says so is for several devices, as in a demonstration. */
  shared: boolean;
}

/** Takes `#token=` out of the address bar before anybody can photograph it, and keeps it for this tab only. */
export function takeScreenKey(ward: string): ScreenKey | null {
  const given = new URLSearchParams(location.hash.slice(1));
  const token = given.get('token');
  if (token) {
    sessionStorage.setItem(KEPT + ward, JSON.stringify({ token, shared: given.has('shared') }));
    history.replaceState(null, '', location.pathname + location.search);
  }
  const kept = sessionStorage.getItem(KEPT + ward);
  return kept ? (JSON.parse(kept) as ScreenKey) : null;
}

export function screenCredential({ token, shared }: ScreenKey): Credential {
  // The server takes the device's secret behind the key, whether the key is tied to it already or not.
  const presented = shared ? token : `${token}.${deviceSecret()}`;
  let tied = shared;
  return {
    renewable: false,
    whenNone: 'TOKEN_MISSING',
    whenExpired: 'TOKEN_EXPIRED',
    bearer: async () => ({ kind: 'TOKEN', token: presented }),
    accepted: () => {
      if (tied) return;
      tied = true;
      void tell(BindDevice, { device: deviceSecret(), key: randomText(16) }, presented).then((answer) => {
        tied = answer.kind !== 'UNREACHABLE';
      });
    },
  };
}
