/** A line icon from the bundled set; decoration only, the words beside it carry the meaning. */
import type { IconNode } from 'lucide';
import { h, type JSX } from 'preact';

export function Icon({ of, label }: { of: IconNode; label?: string }): JSX.Element {
  const meaning = label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': true };
  return (
    <svg class="icon" viewBox="0 0 24 24" {...(meaning as object)}>
      {label && <title>{label}</title>}
      {of.map(([shape, attributes]) => h(shape, attributes as object))}
    </svg>
  );
}
