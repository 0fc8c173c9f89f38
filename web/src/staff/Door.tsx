/** The front door for staff: log in, then choose a ward. */
import type { JSX } from 'preact';
import { LanguageSwitch } from '../language/LanguageSwitch';
import { say } from '../language/language';
import { logOut, session } from '../session/staff';
import { LoginForm } from './LoginForm';
import { WardList } from './WardList';

export function Door(): JSX.Element {
  return (
    <main class="door">
      <header>
        <img src="/favicon.svg" alt="" width="32" height="32" />
        <strong>{say('app.name')}</strong>
        <LanguageSwitch />
        {session.value && <button type="button" class="quiet" onClick={logOut}>{say('login.out')}</button>}
      </header>
      {session.value ? <WardList /> : <LoginForm />}
    </main>
  );
}
