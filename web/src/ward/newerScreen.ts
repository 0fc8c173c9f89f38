/** A screen that runs for months takes the server's next version by itself. */

const LOOK_EVERY_MS = 10 * 60_000;

/** Whether the server's page names another script than the one that runs. */
export function isReplaced(page: string, script: string): boolean {
  return page.includes('/assets/') && !page.includes(script);
}

/** Loads the page again if the server has a newer one; the key of the screen stays in the tab. */
export async function takeNewerScreen(): Promise<void> {
  const script = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src');
  if (!script) return;
  try {
    const answer = await fetch(location.pathname, { cache: 'no-store' });
    if (answer.ok && isReplaced(await answer.text(), script)) location.reload();
  } catch {
    // The server is away; the next look comes.
  }
}

/** Looks from time to time; the returned function ends it. */
export function keepNewest(): () => void {
  const timer = setInterval(() => void takeNewerScreen(), LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
