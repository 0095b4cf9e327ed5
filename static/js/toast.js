// Short messages in the corner: what the server sent with an answer, and requests that failed.
const FOR_READING = 6000; // milliseconds; errors, and those that offer an undo, stay until dismissed

export function toast(text, tone = 'info') {
  const corner = document.getElementById('toasts');
  const box = document.getElementById('toast').content.firstElementChild.cloneNode(true);
  box.classList.add(tone);
  box.setAttribute('role', tone === 'error' ? 'alert' : 'status');
  box.querySelector('.m').textContent = text;
  corner.append(box);
  fade(box);
}

function fade(box) {
  if (!box.matches('.error, :has(form)')) setTimeout(() => box.matches(':hover, :focus-within') || box.remove(), FOR_READING);
}

document.addEventListener('click', (event) => {
  event.target.closest('[data-dismiss]')?.closest('.toast')?.remove();
});

// The server's HX-Trigger: {"toast": {"tone", "text"}}
document.addEventListener('toast', (event) => toast(event.detail.text, event.detail.tone));

document.addEventListener('htmx:response:error', (event) => {
  const { response } = event.detail.ctx;
  if (response.status < 500) return;
  const id = response.headers.get('X-Request-ID');
  toast(`The server could not do that. Nothing was changed on this page. Request ${id ?? 'without an id'}.`, 'error');
});

document.addEventListener('htmx:error', (event) => {
  if (event.detail.ctx) toast('The server did not answer. Check the connection, then try again.', 'error');
});

for (const box of document.querySelectorAll('#toasts .toast')) fade(box);
