// The command palette: Ctrl or ⌘ K. Fixed actions and places are in the page; agents, recipes and runs come from the
// server, the newest ones while nothing is typed.
const dialog = document.getElementById('palette');
const input = dialog?.querySelector('input');
const list = dialog?.querySelector('[role="listbox"]');
const TYPING_PAUSE = 120; // milliseconds

let marked = 0;
let timer = 0;
let question = null;
let openedFrom = null;

const options = () => [...list.querySelectorAll('[role="option"]')].filter((option) => !option.hidden);

function mark(index) {
  const shown = options();
  marked = shown.length ? (index + shown.length) % shown.length : 0;
  for (const option of list.querySelectorAll('[role="option"]')) {
    option.setAttribute('aria-selected', String(option === shown[marked]));
  }
  const chosen = shown[marked];
  if (chosen) input.setAttribute('aria-activedescendant', chosen.id);
  else input.removeAttribute('aria-activedescendant');
  chosen?.scrollIntoView({ block: 'nearest' });
  dialog.querySelector('[data-none]').hidden = shown.length > 0;
}

function filterFixed(text) {
  const wanted = text.trim().toLowerCase();
  for (const group of list.querySelectorAll('[data-fixed]')) {
    for (const option of group.querySelectorAll('[role="option"]')) {
      option.hidden = !option.textContent.toLowerCase().includes(wanted);
    }
    group.hidden = !group.querySelector('[role="option"]:not([hidden])');
  }
}

function drawGroup(group, number) {
  const box = document.createElement('div');
  box.setAttribute('role', 'group');
  box.setAttribute('aria-label', group.label);
  box.dataset.found = '';
  const label = document.createElement('div');
  label.className = 'gl';
  label.setAttribute('aria-hidden', 'true');
  label.textContent = group.label;
  box.append(label);
  group.items.forEach((item, index) => box.append(drawOption(item, `found-${number}-${index}`)));
  return box;
}

function drawOption(item, id) {
  const option = document.createElement('div');
  option.setAttribute('role', 'option');
  option.setAttribute('aria-selected', 'false');
  option.id = id;
  option.dataset.href = item.href;
  const icon = dialog.querySelector(`template[data-icon="${item.kind}"]`);
  if (icon) option.append(icon.content.cloneNode(true));
  const label = document.createElement('span');
  label.className = 'truncate';
  label.textContent = item.label;
  option.append(label);
  if (item.hint) {
    const hint = document.createElement('span');
    hint.className = 'h';
    hint.textContent = item.hint;
    option.append(hint);
  }
  return option;
}

async function find(text) {
  question?.abort();
  question = new AbortController();
  try {
    const address = `${dialog.dataset.search}?q=${encodeURIComponent(text)}`;
    const answer = await fetch(address, { signal: question.signal, headers: { Accept: 'application/json' } });
    if (!answer.ok) return;
    const { groups } = await answer.json();
    for (const old of list.querySelectorAll('[data-found]')) old.remove();
    const places = list.querySelector('[data-fixed]:last-of-type');
    for (const group of groups.map(drawGroup)) list.insertBefore(group, places);
    mark(0);
  } catch (error) {
    if (error.name !== 'AbortError') for (const old of list.querySelectorAll('[data-found]')) old.remove();
  }
}

function open() {
  if (dialog.open) return;
  openedFrom = document.activeElement;
  dialog.showModal();
  input.value = '';
  filterFixed('');
  mark(0);
  input.focus();
  find('');
}

function go(option) {
  if (option) location.href = option.dataset.href;
}

if (dialog) {
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-palette]')) open();
    if (event.target === dialog) dialog.close();
  });
  document.addEventListener('keydown', (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault();
      open();
    }
  });
  dialog.addEventListener('close', () => openedFrom?.focus?.());
  input.addEventListener('input', () => {
    filterFixed(input.value);
    mark(0);
    clearTimeout(timer);
    timer = setTimeout(() => find(input.value.trim()), TYPING_PAUSE);
  });
  dialog.addEventListener('keydown', (event) => {
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (move) {
      event.preventDefault();
      mark(marked + move);
    }
    if (event.key === 'Enter') {
      event.preventDefault();
      go(options()[marked]);
    }
  });
  list.addEventListener('click', (event) => go(event.target.closest('[role="option"]')));
}
