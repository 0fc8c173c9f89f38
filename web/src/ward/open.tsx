/** Puts the ward screen together and keeps it running for as long as the page is open. */
import { render } from 'preact';
import { follow } from '../graphql/live';
import { noCredential, type Credential } from '../session/credential';
import { screenCredential, takeScreenKey } from '../session/screen';
import { session, staffCredential } from '../session/staff';
import { keepNewest, takeNewerScreen } from './newerScreen';
import { keepServerClock } from './serverClock';
import { WardScreen } from './WardScreen';
import { WardWatch } from './watch';

function credentialFor(ward: string): Credential {
  const key = takeScreenKey(ward);
  if (key) return screenCredential(key);
  return session.value ? staffCredential : noCredential;
}

/** A server that was away may have come back as a newer one. */
function lookAfterOutage(watch: WardWatch): void {
  let wasLost = false;
  watch.link.subscribe((link) => {
    if (link === 'LIVE' && wasLost) void takeNewerScreen();
    wasLost = link === 'LOST';
  });
}

export function openWard(page: HTMLElement, ward: string): void {
  let watch = new WardWatch(ward, credentialFor(ward), follow);
  const show = (): void => {
    render(<WardScreen watch={watch} />, page);
    watch.start();
    lookAfterOutage(watch);
  };
  // A new link for the same ward changes only the fragment, and the browser does not load the page again.
  addEventListener('hashchange', () => {
    if (!location.hash.includes('token=')) return;
    watch.stop();
    watch = new WardWatch(ward, credentialFor(ward), follow);
    show();
  });
  document.addEventListener('visibilitychange', () => watch.look());
  keepServerClock();
  keepNewest();
  show();
}
