// A draft keeps itself: 600 ms after the last key, on leaving a field, and when the page is left. One request at a time.
import { asDrawn } from './drawn.js';
import { toast } from './toast.js';

const PAUSE = 600; // milliseconds
const LONGEST_WAIT = 15000; // between tries that fail
const UNKEPT = ['csrfmiddlewaretoken', 'sent'];
const form = document.getElementById('draft');
const status = document.getElementById('saved');
const words = status.querySelector('[data-words]');
// Each sending of this page has a number: on the way a later one may overtake an earlier, which then counts no more.
const page = Math.round(performance.timeOrigin * 1000);
let sendings = 0;
let kept = asDrawn(form, UNKEPT);
let keptAt = new Date(status.dataset.saved);
let timer = 0;
let failures = 0;
let sending = null;
let leaving = false;

function written() {
  const data = new FormData(form);
  for (const name of UNKEPT) data.delete(name);
  return new URLSearchParams(data).toString();
}

function nextSending() {
  sendings += 1;
  return `${page}.${sendings}`;
}

function say(text) {
  if (words.textContent !== text) words.textContent = text;
}

// "4 seconds ago" grows by itself, silently: a screen reader hears only that it was saved.
function tellAge() {
  if (sending || failures || timer) return;
  const seconds = Math.max(0, Math.round((Date.now() - keptAt) / 1000));
  const ago = seconds < 2 ? 'just now' : seconds < 60 ? `${seconds} seconds ago` : `${Math.round(seconds / 60)} minutes ago`;
  status.setAttribute('aria-live', 'off');
  say(`Draft saved ${ago.replace(/^1 minutes/, '1 minute')}`);
}
setInterval(tellAge, 1000);

function soon(delay = PAUSE) {
  clearTimeout(timer);
  timer = setTimeout(save, delay);
}

async function save() {
  clearTimeout(timer);
  timer = 0;
  if (sending || leaving) return sending;
  const now = written();
  if (now === kept) return null;
  status.setAttribute('aria-live', 'polite');
  if (!failures) say('Saving');
  sending = send(now);
  await sending;
  sending = null;
  if (!failures && written() !== kept) soon();
  return null;
}

function autosave(now) {
  const body = new URLSearchParams(now);
  body.set('csrfmiddlewaretoken', form.elements.namedItem('csrfmiddlewaretoken').value);
  body.set('do', 'autosave');
  body.set('sent', nextSending());
  return body;
}

async function send(now) {
  const body = autosave(now);
  try {
    const answer = await fetch(form.action, { method: 'POST', body, headers: { 'X-Requested-With': 'fetch' } });
    if (answer.redirected || answer.status === 401) throw new Error('signed out');
    if (answer.status === 403) await renewToken();
    if (!answer.ok) throw new Error(String(answer.status));
    show(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    kept = now;
    failures = 0;
    say('Draft saved just now');
  } catch (error) {
    failures += 1;
    const why = error.message === 'signed out' ? ', you are signed out: sign in in another tab' : '';
    say(`Not saved${why}, retrying`);
    soon(Math.min(LONGEST_WAIT, 1000 * 2 ** (failures - 1)));
  }
}

// Signing in again gives new tokens; the page's own is then refused.
async function renewToken() {
  const fresh = new DOMParser().parseFromString(await (await fetch(form.action)).text(), 'text/html');
  const token = fresh.querySelector('[name="csrfmiddlewaretoken"]');
  if (token) form.elements.namedItem('csrfmiddlewaretoken').value = token.value;
}

// The server draws the steps and the preview; what somebody is at is left alone.
function show(fresh) {
  keptAt = new Date(fresh.querySelector('[data-at]').dataset.at);
  for (const id of ['stepper', 'preview', 'parameters']) {
    const [old, drawn] = [document.getElementById(id), fresh.getElementById(id)];
    if (!old || !drawn || old.contains(document.activeElement)) continue;
    if (id === 'parameters' && sameFields(old, drawn)) continue;
    carryOver(old, drawn);
    old.replaceWith(drawn);
    for (const range of drawn.querySelectorAll('.range')) range.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

// What was drawn is as old as the sending that asked for it; what was typed meanwhile is newer.
function carryOver(old, drawn) {
  for (const field of old.querySelectorAll('[name]')) {
    const place = drawn.querySelector(`[name="${field.name}"]`);
    const offered = place?.options ? [...place.options].some((option) => option.value === field.value) : true;
    if (place && offered) place.value = field.value;
  }
}

function sameFields(one, other) {
  const fields = (root) => [...root.querySelectorAll('[name]')].map((field) => field.name + field.type).join();
  return fields(one) === fields(other);
}

// At once what can be said without the server: the preview follows the typing.
function echo(field) {
  const place = document.querySelector(`[data-show="${field.name}"]`);
  if (!place) return;
  const text = field.options ? field.options[field.selectedIndex].text : field.value.trim();
  if (text) place.textContent = text;
}

// A provider brings its first model, unless one of its models is chosen.
function chooseModel(provider) {
  const own = [...form.querySelectorAll(`[name="model"][value^="${provider}:"]`)];
  if (own.length && !own.some((radio) => radio.checked)) own[0].checked = true;
}

form.addEventListener('formdata', (event) => event.formData.set('sent', nextSending()));
form.addEventListener('input', (event) => {
  echo(event.target);
  soon();
});
form.addEventListener('change', (event) => {
  if (event.target.name === 'provider') chooseModel(event.target.value);
  soon(event.target.matches('[type="radio"], [type="checkbox"], select') ? 0 : PAUSE);
});
form.addEventListener('focusout', () => { if (timer && !failures) save(); });
document.addEventListener('click', (event) => { if (event.target.closest('[data-set]')) soon(); });
// The page is only left by a button once what it holds is kept: without network or signed out it would be lost.
form.addEventListener('submit', (event) => {
  clearTimeout(timer);
  leaving = written() === kept;
  if (leaving) return;
  event.preventDefault();
  keepThenSend(event.submitter);
});

async function keepThenSend(button) {
  await sending;
  await save();
  if (written() === kept) form.requestSubmit(button);
  else toast('Your last words are not saved yet, so this page stays. See the note beside its heading.', 'error');
}
window.addEventListener('pageshow', (event) => { leaving = false; if (event.persisted) location.reload(); });
document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'hidden') beacon(); });
window.addEventListener('pagehide', beacon);
window.addEventListener('online', () => { if (failures) save(); });

// The last words before a page goes away are sent without waiting for the answer.
function beacon() {
  const now = written();
  if (leaving || now === kept) return;
  const body = autosave(now);
  if (navigator.sendBeacon(form.action, body)) kept = now;
}
tellAge();
if (written() !== kept) soon(0); // typed before this script was there
