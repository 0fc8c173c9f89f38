/** Log-in with name, password and, where the account has one, a code; a password that somebody else chose is replaced. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { en } from '../language/en';
import { say, type Code } from '../language/language';
import { logIn, type Proof } from '../session/staff';

const MUST_CHANGE = 'PASSWORD_MUST_CHANGE';

/** The text for a problem's reason; an unfamiliar refusal reads like a wrong password, never like a stack. */
export function loginProblem(reason: string): Code {
  const known = `login.${reason}`;
  return known in en ? (known as Code) : 'login.LOGIN_REFUSED';
}

function proofIn(form: HTMLFormElement): Proof {
  const typed = new FormData(form);
  const field = (name: string): string => String(typed.get(name) ?? '');
  return {
    loginName: field('name').trim(),
    password: field('password'),
    totp: field('code').replace(/\s/g, ''),
    newPassword: field('new-password'),
  };
}

export function LoginForm(): JSX.Element {
  const problem = useSignal<Code | null>(null);
  const busy = useSignal(false);
  const changing = useSignal(false);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const proof = proofIn(event.currentTarget as HTMLFormElement);
    if (!proof.loginName || !proof.password) {
      problem.value = 'login.required';
      return;
    }
    busy.value = true;
    const refused = await logIn(proof);
    busy.value = false;
    problem.value = refused === null ? null : loginProblem(refused);
    if (refused === MUST_CHANGE) changing.value = true;
  }

  return (
    <form class="login" onSubmit={submit} noValidate aria-labelledby="login-title">
      <h1 id="login-title">{say('login.title')}</h1>
      <label for="login-name">{say('login.name')}</label>
      <input id="login-name" name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required />
      <label for="login-password">{say('login.password')}</label>
      <input id="login-password" name="password" type="password" autocomplete="current-password" required />
      {changing.value && (
        <>
          <label for="login-new-password">{say('login.newPassword')}</label>
          <input id="login-new-password" name="new-password" type="password" autocomplete="new-password" aria-describedby="login-new-hint" />
          <p class="hint" id="login-new-hint">{say('login.newPassword.hint')}</p>
        </>
      )}
      <label for="login-code">{say('login.code')}</label>
      <input id="login-code" name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={8} aria-describedby="login-code-hint" />
      <p class="hint" id="login-code-hint">{say('login.code.hint')}</p>
      <p class="problem" role="alert">{problem.value && say(problem.value)}</p>
      <button class="button" type="submit" disabled={busy.value}>{say(busy.value ? 'login.busy' : 'login.submit')}</button>
    </form>
  );
}
