// Chips of names beside several fields: one is put where the caret stood last, in the field that was used last.
import { say } from './live.js';

const FIELD = 'input:not([type="hidden"]), textarea';
let last = null;

document.addEventListener('focusin', (event) => {
  if (event.target.matches(FIELD) && event.target.closest('[data-names]')) last = event.target;
});

document.addEventListener('click', (event) => {
  const chip = event.target.closest('[data-names] [data-insert]');
  if (!chip) return;
  const group = chip.closest('[data-names]');
  const field = last && group.contains(last) ? last : group.querySelector(FIELD);
  if (!field) return;
  const name = 'bare' in chip.dataset ? chip.dataset.insert : `{${chip.dataset.insert}}`;
  const [start, end] = [field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length];
  field.setRangeText(name, start, end, 'end');
  field.dispatchEvent(new Event('input', { bubbles: true }));
  field.focus();
  say(`${name} put into ${field.labels[0]?.textContent.trim() || 'the field'}`);
});
