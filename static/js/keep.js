// Ways to keep what is shown only once. data-download="#id" saves that element's text as the file data-filename;
// data-print prints the page.
document.addEventListener('click', (event) => {
  if (event.target.closest('[data-print]')) window.print();
  const button = event.target.closest('[data-download]');
  if (!button) return;
  const text = document.querySelector(button.dataset.download).innerText;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([`${text.trim()}\n`], { type: 'text/plain' }));
  link.download = button.dataset.filename;
  link.click();
  URL.revokeObjectURL(link.href);
});
