// Leaving a changed form by accident asks first. Sending it, or a link marked data-leave, does not.
let changed = Boolean(document.querySelector('form[data-guard]') && document.querySelector('[data-summary]'));

document.addEventListener('input', (event) => {
  if (event.target.closest('form[data-guard]')) changed = true;
});
document.addEventListener('submit', (event) => {
  // A button called "do" only rearranges the form: what it holds is still unsaved.
  changed = event.submitter?.name === 'do' && event.defaultPrevented;
});
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-leave]')) changed = false;
});
window.addEventListener('beforeunload', (event) => {
  if (changed) event.preventDefault();
});
