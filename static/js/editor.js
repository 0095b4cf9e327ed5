// The recipe editor: the part that is shown keeps itself 600 ms after the last key, on leaving a field, and when the page
// is left. What the server draws anew (outline, bar, problems, values) is put in place around what somebody is at.
// Without it every button still sends the part and answers with the whole page.
import { asDrawn } from './drawn.js';
import { say } from './live.js';
import { toast } from './toast.js';

const PAUSE = 600; // milliseconds
const LONGEST_WAIT = 15_000; // between tries that fail
const REDRAWN = ['edbar', 'ed-notes', 'outline', 'prompt-problems', 'estimate'];
const UNKEPT = ['csrfmiddlewaretoken', 'was', 'page', 'sent', 'do'];
const page = Math.round(performance.timeOrigin * 1000).toString(36) + Math.random().toString(36).slice(2, 6);
const editor = document.getElementById('editor');
const kept = new Map();
let sendings = 0;
let timer = 0;
let failures = 0;
let sending = null;
let leaving = false;
let savedAt = 0;

const forms = () => [...editor.querySelectorAll('form[data-part=""]')];

function written(form) {
  const data = new FormData(form);
  for (const name of UNKEPT) data.delete(name);
  return new URLSearchParams(data).toString();
}

const dirty = () => forms().filter((form) => written(form) !== kept.get(form.id));
for (const form of forms()) kept.set(form.id, asDrawn(form, UNKEPT));

function status(text, polite = true) {
  const line = document.getElementById('saved');
  line.setAttribute('aria-live', polite ? 'polite' : 'off');
  const words = line.querySelector('[data-words]');
  if (words.textContent !== text) words.textContent = text;
}

setInterval(() => {
  if (!savedAt || sending || failures || timer) return;
  const seconds = Math.round((Date.now() - savedAt) / 1000);
  status(`Draft saved ${seconds < 2 ? 'just now' : seconds < 60 ? `${seconds} seconds ago` : `${Math.round(seconds / 60)} min ago`}`, false);
}, 1000);

function soon(delay = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

function body(form) {
  const data = new URLSearchParams(new FormData(form));
  sendings += 1;
  data.set('do', 'autosave');
  data.set('page', page);
  data.set('sent', String(sendings));
  return data;
}

async function save() {
  clearTimeout(timer);
  timer = 0;
  if (sending || leaving) return sending;
  const [form] = dirty();
  if (!form) return null;
  if (!failures) status('Saving');
  sending = send(form);
  await sending;
  sending = null;
  if (!failures && dirty().length) soon(0);
  return null;
}

async function send(form) {
  const now = written(form);
  try {
    const answer = await fetch(location.pathname, { method: 'POST', body: body(form), headers: { 'X-Requested-With': 'fetch' } });
    if (answer.redirected || answer.status === 401) throw new Error('signed out');
    if (answer.status === 409) return clash(form, await answer.text());
    if (answer.status === 403) await renewToken();
    if (!answer.ok) throw new Error(String(answer.status));
    kept.set(form.id, now);
    show(form, new DOMParser().parseFromString(await answer.text(), 'text/html'));
    failures = 0;
    savedAt = Date.now();
    status('Draft saved just now');
  } catch (error) {
    failures += 1;
    const why = error.message === 'signed out' ? ', you are signed out: sign in in another tab' : '';
    status(`Not saved${why}, retrying`);
    soon(Math.min(LONGEST_WAIT, 1000 * 2 ** (failures - 1)));
  }
  return null;
}

async function renewToken() {
  const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
  const token = fresh.querySelector('[name="csrfmiddlewaretoken"]');
  for (const field of token ? document.querySelectorAll('[name="csrfmiddlewaretoken"]') : []) field.value = token.value;
}

// Somebody else wrote the same part: the server shows both, and nothing is sent until one is chosen.
function clash(form, html) {
  const fresh = new DOMParser().parseFromString(html, 'text/html');
  const told = fresh.getElementById('clash');
  kept.set(form.id, written(form));
  form.dataset.part = 'clash';
  if (told && !document.getElementById('clash')) form.before(told);
  document.getElementById('clash')?.focus();
  status('Not saved: somebody changed this part meanwhile');
}

function show(form, fresh) {
  form.elements.namedItem('was').value = fresh.querySelector(`#${form.id} [name="was"]`)?.value ?? '';
  const names = new Map(REDRAWN.map((id) => [id, fresh.getElementById(id)]));
  for (const [id, drawn] of names) {
    const old = document.getElementById(id);
    if (!old || !drawn || old.contains(document.activeElement) || old.querySelector('details[open]')) continue;
    const scrolled = old.querySelector('.flow')?.scrollTop;
    old.replaceWith(drawn);
    if (scrolled) drawn.querySelector('.flow').scrollTop = scrolled;
  }
  showTry(fresh);
  document.dispatchEvent(new CustomEvent('names-known'));
}

// The values beside the prompt: what was typed there stays.
function showTry(fresh) {
  const [old, drawn] = [document.getElementById('try-form'), fresh.getElementById('try-form')];
  if (!old || !drawn || old.contains(document.activeElement)) return;
  for (const field of old.querySelectorAll('textarea[name]')) {
    const place = drawn.querySelector(`[name="${CSS.escape(field.name)}"]`);
    if (place) place.value = field.value;
  }
  old.replaceWith(drawn);
}

editor.addEventListener('input', (event) => {
  if (!event.target.closest('form[data-part=""]')) return;
  if (event.target.name === 's-name') {
    const heading = document.querySelector('[data-heading]');
    if (heading && event.target.value.trim()) heading.textContent = event.target.value;
  }
  soon();
});
editor.addEventListener('change', (event) => {
  const form = event.target.closest('form[data-part=""]');
  if (!form) return;
  // Another kind of wait, or of input, has other fields; in another place a step knows other names.
  if (/^s-(waits_for|agent_id|tool|recipe|version|when)$|-type$/.test(event.target.name)) reload();
  else soon(event.target.matches('select, [type="checkbox"]') ? 0 : PAUSE);
});
editor.addEventListener('focusout', () => { if (timer && !failures) save(); });

async function flush() {
  await sending;
  while (dirty().length && !failures) await save();
  return dirty().length === 0;
}

const STAYS = 'Your last words are not saved yet, so this page stays. See the note beside its name.';

async function reload() {
  if (await flush()) { leaving = true; location.reload(); }
}

// A link or a button leaves the page once what it holds is kept.
document.addEventListener('click', async (event) => {
  const sheet = event.target.closest('[data-sheet]');
  if (sheet && document.querySelector(sheet.dataset.sheet)) {
    event.preventDefault();
    document.querySelector(sheet.dataset.sheet).showModal();
    return;
  }
  const button = event.target.closest('[data-old]');
  if (button && cure(button)) { event.preventDefault(); return; }
  const link = event.target.closest('a[href]');
  if (!link || link.hash && link.pathname === location.pathname && link.search === location.search) return;
  if (link.hasAttribute('data-leave')) { leaving = true; return; }
  if (event.ctrlKey || event.metaKey || !dirty().length) return;
  event.preventDefault();
  if (await flush()) { leaving = true; location.assign(link.href); }
  else toast(STAYS, 'error');
});

function cure(button) {
  const prompt = document.querySelector('prompt-box textarea');
  if (!prompt?.value.includes(button.dataset.old)) return false;
  prompt.value = prompt.value.replaceAll(button.dataset.old, button.dataset.new);
  prompt.dispatchEvent(new Event('input', { bubbles: true }));
  prompt.focus();
  document.getElementById('prompt-problems').replaceChildren();
  say(`${button.dataset.new} put in`);
  return true;
}

// The button, or the one that was drawn anew in its place.
function same(button) {
  if (!button || button.isConnected) return button;
  return document.querySelector(`button[name="do"][value="${CSS.escape(button.value)}"]`);
}

document.addEventListener('submit', async (event) => {
  const form = event.target;
  const button = event.submitter;
  if (button?.getAttribute('aria-disabled') === 'true') { event.preventDefault(); return; }
  if (button?.dataset.ask && !button.dataset.asked) {
    event.preventDefault();
    button.dataset.asked = 'yes';
    button.querySelector('svg')?.remove();
    button.textContent = `${button.dataset.ask} Press again to do it.`;
    return;
  }
  if (!form.matches('#editor form') || leaving) return;
  if (form.matches('[data-part=""]')) {
    if (!sending) { leaving = true; return; }
    // What is on its way has to arrive first: by then the part has another mark, and would seem changed by somebody else.
    event.preventDefault();
    await sending;
    if (failures) toast(STAYS, 'error');
    else if (form.matches('[data-part=""]')) { leaving = true; form.requestSubmit(same(button)); }
    return;
  }
  if (!dirty().length) { leaving = true; return; }
  event.preventDefault();
  if (await flush()) { leaving = true; form.requestSubmit(button); }
  else toast(STAYS, 'error');
}, { capture: true });

function beacon() {
  if (leaving) return;
  for (const form of dirty()) if (navigator.sendBeacon(location.pathname, body(form))) kept.set(form.id, written(form));
}
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') beacon(); });
window.addEventListener('pagehide', beacon);
window.addEventListener('pageshow', (event) => { leaving = false; if (event.persisted) location.reload(); });
window.addEventListener('online', () => { if (failures) save(); });

// A step is dragged onto another one to stand before it. The menu does the same by keyboard.
let dragged = '';
editor.addEventListener('dragstart', (event) => {
  const node = event.target.closest?.('[data-node]');
  if (!node) return;
  dragged = node.dataset.node;
  event.dataTransfer.effectAllowed = 'move';
});
editor.addEventListener('dragover', (event) => {
  const node = event.target.closest?.('[data-node]');
  if (!dragged || !node || node.dataset.node === dragged) return;
  event.preventDefault();
  for (const one of editor.querySelectorAll('.drop-here')) one.classList.remove('drop-here');
  node.classList.add('drop-here');
});
editor.addEventListener('dragend', () => {
  dragged = '';
  for (const one of editor.querySelectorAll('.drop-here')) one.classList.remove('drop-here');
});
editor.addEventListener('drop', (event) => {
  const node = event.target.closest?.('[data-node]');
  if (!dragged || !node) return;
  event.preventDefault();
  const form = document.querySelector('#edbar form[data-order]');
  const button = Object.assign(document.createElement('button'), { type: 'submit', name: 'do', value: `drop:${dragged}:${node.dataset.node}`, hidden: true });
  form.append(button);
  form.requestSubmit(button);
});

if (editor.dataset.focus) document.getElementById(editor.dataset.focus)?.focus();
editor.querySelector('.node[aria-current]')?.scrollIntoView({ block: 'nearest' });
if (dirty().length) soon(0); // typed before this script was there
