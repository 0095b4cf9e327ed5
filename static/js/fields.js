// Form fields: the slider's filled part and figure, cure buttons, the busy state of a sent form, focus on the first error.
function paint(range) {
  const share = ((range.value - range.min) / (range.max - range.min)) * 100;
  range.style.setProperty('--v', `${share}%`);
}

function start(root) {
  for (const range of root.querySelectorAll('.range')) paint(range);
  root.querySelector('[data-summary]')?.focus();
}

document.addEventListener('input', (event) => {
  if (!event.target.matches('.range')) return;
  paint(event.target);
  const figure = document.querySelector(`output[for="${event.target.id}"]`);
  if (figure) figure.value = event.target.value;
});

// data-set="field=value": an error offers its cure as a button
document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-set]');
  if (!button) return;
  const [id, value] = button.dataset.set.split('=');
  const field = document.getElementById(id);
  field.value = value;
  field.removeAttribute('aria-invalid');
  button.closest('.error')?.setAttribute('hidden', '');
  field.focus();
});

const newToken = () => [...crypto.getRandomValues(new Uint32Array(4))].map((part) => part.toString(36)).join('-');

// Only the button that was pressed turns busy; the next page, or coming back to this one, ends it.
document.addEventListener('submit', (event) => {
  if (event.defaultPrevented || event.target.method === 'dialog') return;
  const form = event.target;
  if (form.hasAttribute('data-once')) {
    // A second press while the first is under way sends nothing.
    if (form.dataset.once === 'sent') return event.preventDefault();
    form.dataset.once = 'sent';
  }
  event.submitter?.setAttribute('aria-busy', 'true');
});
window.addEventListener('pageshow', (event) => {
  for (const form of document.querySelectorAll('form[data-once]')) form.dataset.once = '';
  // Come back to by the browser's memory, the form is meant anew.
  if (event.persisted) for (const token of document.querySelectorAll('input[data-token]')) token.value = newToken();
  for (const button of document.querySelectorAll('button[aria-busy="true"]')) button.removeAttribute('aria-busy');
});
document.addEventListener('htmx:after:request', (event) => {
  const { sourceElement } = event.detail.ctx ?? {};
  for (const button of sourceElement?.querySelectorAll?.('[aria-busy="true"]') ?? []) button.removeAttribute('aria-busy');
});

document.addEventListener('htmx:after:swap', (event) => start(event.target instanceof Element ? event.target : document));
start(document);
