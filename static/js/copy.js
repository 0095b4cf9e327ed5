// Copy buttons: data-copy="link" copies the page's address, data-copy="#id" the text or value of that element.
import { say } from './live.js';
import { toast } from './toast.js';

function textFor(what) {
  if (what === 'link') return location.href;
  const source = document.querySelector(what);
  return source?.value ?? source?.innerText ?? '';
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  if (!button) return;
  try {
    await navigator.clipboard.writeText(textFor(button.dataset.copy));
  } catch {
    toast('The browser blocks copying here. Select the text and press Ctrl C.', 'warning');
    return;
  }
  say('Copied');
  const label = button.querySelector('span');
  if (!label || label.dataset.was) return;
  label.dataset.was = label.textContent;
  label.textContent = 'Copied';
  setTimeout(() => {
    label.textContent = label.dataset.was;
    delete label.dataset.was;
  }, 1400);
});
