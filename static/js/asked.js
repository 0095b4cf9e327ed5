// Says in whatever page is open that a run waits for a person: the number beside Approvals, and a message for a new one.
import { toast } from './toast.js';

const EVERY = 20_000; // milliseconds
const SEEN = 'asked-seen';

async function look() {
  const badge = document.querySelector('[data-asked-at]');
  if (!badge || document.hidden) return;
  const response = await fetch(`${badge.dataset.askedAt}open.json`).catch(() => null);
  if (!response?.ok) return;
  const { count, newest, question } = await response.json();
  for (const one of document.querySelectorAll('[data-asked-at]')) one.textContent = String(count);
  const seen = sessionStorage.getItem(SEEN);
  sessionStorage.setItem(SEEN, newest ?? '');
  if (newest && seen !== null && newest !== seen) toast(`A run waits for you: ${question}`, 'warning');
}

if (document.querySelector('[data-asked-at]')) {
  setInterval(look, EVERY);
  document.addEventListener('visibilitychange', look);
}
