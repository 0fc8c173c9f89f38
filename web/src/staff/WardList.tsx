/** The wards a member of staff may see, each a link to its screen. */
import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import type { WardLink } from '../graphql/documents';
import { say, sayName } from '../language/language';
import { byHospital, matches, myWards } from './wards';

/** Below this many wards a search field is one thing more to read. */
const WORTH_SEARCHING = 8;

export function WardList(): JSX.Element {
  const wards = useSignal<WardLink[] | null>(null);
  const failed = useSignal(false);
  const typed = useSignal('');

  async function load(): Promise<void> {
    failed.value = false;
    wards.value = await myWards();
    failed.value = wards.value === null;
  }
  useEffect(() => void load(), []);

  if (failed.value) {
    return (
      <section class="wards">
        <p role="alert">{say('wards.failed')}</p>
        <button class="button" type="button" onClick={load}>{say('wards.retry')}</button>
      </section>
    );
  }
  if (!wards.value) return <p class="wards" role="status">{say('wards.loading')}</p>;
  const found = wards.value.filter((ward) => matches(ward, typed.value));
  return (
    <section class="wards">
      <h1>{say('wards.title')}</h1>
      {wards.value.length === 0 && <p>{say('wards.none')}</p>}
      {wards.value.length > WORTH_SEARCHING && (
        <input type="search" aria-label={say('wards.filter')} placeholder={say('wards.filter')} onInput={(event) => (typed.value = event.currentTarget.value)} />
      )}
      {wards.value.length > 0 && found.length === 0 && <p role="status">{say('wards.noMatch', { text: typed.value })}</p>}
      {[...byHospital(found)].map(([hospital, group]) => <Hospital key={hospital} wards={group} />)}
    </section>
  );
}

function Hospital({ wards }: { wards: readonly WardLink[] }): JSX.Element {
  const hospital = wards[0]?.hospital;
  return (
    <section>
      <h2>{sayName(hospital?.name ?? null, hospital?.code ?? null)}</h2>
      <ul>
        {wards.map((ward) => (
          <li key={ward.id}>
            <a href={`/ward/${ward.id}`}>
              <span class="ward-code">{ward.code}</span> {sayName(ward.name, ward.code)}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}
