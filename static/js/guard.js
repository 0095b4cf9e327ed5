// Leaving a changed form by accident asks first. Sending it, or a link marked data-leave, does not.
for (const form of document.querySelectorAll('form[data-guard]')) {
  let changed = Boolean(document.querySelector('[data-summary]'));
  form.addEventListener('input', () => { changed = true; });
  form.addEventListener('submit', () => { changed = false; });
  document.addEventListener('submit', (event) => { if (event.target === form) changed = false; });
  document.addEventListener('click', (event) => { if (event.target.closest('[data-leave]')) changed = false; });
  window.addEventListener('beforeunload', (event) => { if (changed) event.preventDefault(); });
}
