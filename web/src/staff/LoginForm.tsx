/** Log-in with name, password and, where the account has one, a code. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { say, type Code } from '../language/language';
import { en } from '../language/en';
import { logIn } from '../session/staff';

/** The text for a problem's reason; an unfamiliar refusal reads like a wrong password, never like a stack. */
export function loginProblem(reason: string): Code {
  const known = `login.${reason}`;
  return known in en ? (known as Code) : 'login.LOGIN_REFUSED';
}

export function LoginForm(): JSX.Element {
  const problem = useSignal<Code | null>(null);
  const busy = useSignal(false);

  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const [name, password, code] = ['name', 'password', 'code'].map((field) => String(form.get(field) ?? ''));
    if (!name || !password) {
      problem.value = 'login.required';
      return;
    }
    busy.value = true;
    const refused = await logIn(name.trim(), password, (code ?? '').replace(/\s/g, ''));
    busy.value = false;
    problem.value = refused === null ? null : loginProblem(refused);
  }

  return (
    <form class="login" onSubmit={submit} noValidate aria-labelledby="login-title">
      <h1 id="login-title">{say('login.title')}</h1>
      <label for="login-name">{say('login.name')}</label>
      <input id="login-name" name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required />
      <label for="login-password">{say('login.password')}</label>
      <input id="login-password" name="password" type="password" autocomplete="current-password" required />
      <label for="login-code">{say('login.code')}</label>
      <input id="login-code" name="code" inputMode="numeric" autocomplete="one-time-code" maxLength={8} aria-describedby="login-code-hint" />
      <p class="hint" id="login-code-hint">{say('login.code.hint')}</p>
      <p class="problem" role="alert">{problem.value && say(problem.value)}</p>
      <button class="button" type="submit" disabled={busy.value}>{say(busy.value ? 'login.busy' : 'login.submit')}</button>
    </form>
  );
}
