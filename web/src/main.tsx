/** Opens the screen that the address names. */
import { effect } from '@preact/signals';
import { render } from 'preact';
import { language } from './language/language';
import { RefusalNotice } from './ward/Notices';
import './styles/screen.css';

const UUID = /^\/ward\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/?$/i;
const page = document.getElementById('app') as HTMLElement;

effect(() => {
  document.documentElement.lang = language.value;
});

const ward = UUID.exec(location.pathname)?.[1]?.toLowerCase();
if (ward) {
  const { openWard } = await import('./ward/open');
  openWard(page, ward);
} else if (location.pathname === '/') {
  const { Door } = await import('./staff/Door');
  render(<Door />, page);
} else {
  render(<RefusalNotice refusal={location.pathname.startsWith('/ward/') ? 'WARD_UNKNOWN' : 'PAGE_UNKNOWN'} />, page);
}
