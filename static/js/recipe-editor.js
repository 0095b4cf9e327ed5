// The recipe editor. Its buttons (add, move, duplicate, remove, put back) are answered by the server with the whole form;
// this only puts the new form in place without leaving the page, and keeps the focus where the work is.
import { say } from './live.js';

const FORM = 'recipe-form';
const theForm = () => document.getElementById(FORM);

document.addEventListener('submit', (event) => {
  const button = event.submitter;
  if (event.target.id !== FORM || button?.name !== 'do') return;
  event.preventDefault();
  rearrange(event.target, button);
}, { capture: true });

async function rearrange(form, button) {
  if (form.getAttribute('aria-busy') === 'true') return;
  form.setAttribute('aria-busy', 'true');
  const body = new FormData(form, button);
  // What was typed now would be gone with the old form.
  form.inert = true;
  try {
    const response = await fetch(location.href, { method: 'POST', body });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    const page = new DOMParser().parseFromString(await response.text(), 'text/html');
    const fresh = page.getElementById(FORM);
    const open = [...form.querySelectorAll('details')].map((details) => details.open);
    form.replaceWith(fresh);
    if (open.length === fresh.querySelectorAll('details').length) {
      fresh.querySelectorAll('details').forEach((details, place) => { details.open ||= open[place]; });
    }
    focusIn(fresh);
    say(button.getAttribute('aria-label') ?? button.textContent);
  } catch {
    // Without an answer the browser sends the form itself, and shows what went wrong.
    form.append(Object.assign(document.createElement('input'), { type: 'hidden', name: 'do', value: button.value }));
    form.submit();
  }
}

function focusIn(form) {
  const target = form.dataset.focus && document.getElementById(form.dataset.focus);
  if (!target) return;
  target.closest('details')?.setAttribute('open', '');
  target.focus();
}

// Variables go in where the caret stands.
document.addEventListener('click', (event) => {
  const chip = event.target.closest(`#${FORM} [data-insert]`);
  if (!chip) return;
  event.preventDefault();
  const prompt = chip.closest('[data-step]').querySelector('textarea');
  prompt.focus();
  prompt.setRangeText(`{${chip.dataset.insert}}`, prompt.selectionStart, prompt.selectionEnd, 'end');
  prompt.dispatchEvent(new Event('input', { bubbles: true }));
});

// The variables on offer and the headings follow the typing.
document.addEventListener('input', (event) => {
  if (!event.target.closest(`#${FORM}`)) return;
  const name = event.target.name ?? '';
  if (/^(inputs-\d+-name|steps-\d+-output_key)$/.test(name)) offerVariables();
  if (/^steps-\d+-name$/.test(name)) {
    const heading = event.target.closest('[data-step]').querySelector('h3');
    heading.lastChild.textContent = event.target.value.trim() || 'Unnamed step';
  }
});

function offerVariables() {
  const form = theForm();
  const value = (field) => field.value.trim();
  const inputs = [...form.querySelectorAll('[name^="inputs-"][name$="-name"]')].map(value).filter(Boolean);
  const keys = [];
  form.querySelectorAll('[data-step]').forEach((step, place) => {
    const names = [...inputs.map((name) => `input.${name}`), ...(keys.length ? ['previous_output'] : []), ...keys];
    const chips = step.querySelector('[data-chips]');
    if (chips) drawChips(chips, place, names);
    // A condition has no output that others can name.
    const key = step.querySelector('[name$="-output_key"]');
    if (key) keys.push(value(key) || key.placeholder);
  });
}

function drawChips(group, place, names) {
  const template = theForm().querySelector('template[data-chip]').content.firstElementChild;
  for (const chip of group.querySelectorAll('.chip')) chip.remove();
  for (const name of names) {
    const chip = template.cloneNode(true);
    chip.value = `insert:${place}:${name}`;
    chip.dataset.insert = name;
    chip.textContent = `{${name}}`;
    group.append(chip);
  }
  if (names.length) group.querySelector('.hint').textContent = 'Put in';
}
