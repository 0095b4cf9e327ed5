// Copy buttons: data-copy="link" copies the page's address, data-copy="#id" the text or value of that element.
import { say } from './live.js';
import { toast } from './toast.js';

function textFor(what) {
  if (what === 'link') return location.href;
  const source = document.querySelector(what);
  return source?.value ?? source?.innerText ?? '';
}

// data-copy-from="address" copies what is found there: an output as Markdown, and not as it is drawn.
async function textOf(button) {
  if (button.matches('.copy-code')) return button.parentElement.querySelector('code').textContent;
  if (!button.dataset.copyFrom) return textFor(button.dataset.copy);
  const response = await fetch(button.dataset.copyFrom);
  if (!response.ok) throw new Error('not there');
  return response.text();
}

document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy], [data-copy-from], .copy-code');
  if (!button) return;
  try {
    await navigator.clipboard.writeText(await textOf(button));
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
