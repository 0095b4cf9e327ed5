// data-dialog="#id" opens that dialog; data-close inside it closes it; a click beside it too. Focus returns by itself.
document.addEventListener('click', (event) => {
  const opener = event.target.closest('[data-dialog]');
  if (opener) document.querySelector(opener.dataset.dialog)?.showModal();
  if (event.target.closest('[data-close]')) event.target.closest('dialog')?.close();
  if (event.target.matches?.('dialog.confirm')) event.target.close();
});
