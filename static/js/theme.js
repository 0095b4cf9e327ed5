// Light or dark. The choice is a cookie, so the server renders it next time and nothing flashes.
import { say } from './live.js';

const YEAR = 31536000;

function current() {
  const pinned = document.documentElement.dataset.theme;
  if (pinned) return pinned;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-theme-toggle]')) return;
  const theme = current() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = theme;
  const secure = location.protocol === 'https:' ? ';secure' : '';
  document.cookie = `theme=${theme};path=/;max-age=${YEAR};samesite=lax${secure}`;
  say(`${theme} theme`);
});
