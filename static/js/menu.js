// Menus are details elements and open without script. This closes them on Escape, on a click elsewhere, and each other.
function closeAll(except) {
  for (const menu of document.querySelectorAll('[data-menu][open]')) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener('click', (event) => closeAll(event.target.closest('[data-menu]')));

document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  const menu = document.querySelector('[data-menu][open]');
  if (!menu) return;
  event.preventDefault();
  menu.open = false;
  menu.querySelector('summary').focus();
});

document.addEventListener('focusout', (event) => {
  const menu = event.target.closest?.('[data-menu][open]');
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});
