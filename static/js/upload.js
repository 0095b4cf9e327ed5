// A file that is too large is said so before it is sent. data-largest: bytes.
document.addEventListener('change', (event) => {
  const field = event.target.closest('input[data-largest]');
  if (!field) return;
  const most = Number(field.dataset.largest);
  const size = field.files[0]?.size ?? 0;
  const text = `The file has ${size.toLocaleString('en')} bytes; at most ${most.toLocaleString('en')} are allowed.`;
  field.setCustomValidity(size > most ? text : '');
  field.reportValidity();
});

document.addEventListener('submit', (event) => {
  const field = event.target.querySelector('input[data-largest]');
  if (!field || field.validity.valid) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  field.reportValidity();
}, { capture: true });
