/** Puts the ward screen together and keeps it running for as long as the page is open. */
import { render } from 'preact';
import { follow } from '../graphql/live';
import { noCredential, screenCredential, takeScreenToken, type Credential } from '../session/credential';
import { session, staffCredential } from '../session/staff';
import { keepServerClock } from './serverClock';
import { WardScreen } from './WardScreen';
import { WardWatch } from './watch';

function credentialFor(ward: string): Credential {
  const token = takeScreenToken(ward);
  if (token) return screenCredential(token);
  return session.value ? staffCredential : noCredential;
}

export function openWard(page: HTMLElement, ward: string): void {
  let watch = new WardWatch(ward, credentialFor(ward), follow);
  const show = (): void => {
    render(<WardScreen watch={watch} />, page);
    watch.start();
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
  show();
}
