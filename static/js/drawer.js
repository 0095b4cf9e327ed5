// On narrow pages the side bar is shown in a dialog. It is moved there, so there is only ever one of it.
const drawer = document.getElementById('drawer');
const side = document.getElementById('side');

function open() {
  if (!side.homeMark) {
    side.homeMark = document.createComment('side bar');
    side.before(side.homeMark);
  }
  drawer.append(side);
  drawer.showModal();
}

function putBack() {
  side.homeMark?.after(side);
}

if (drawer && side) {
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-drawer]')) open();
    if (event.target === drawer) drawer.close();
  });
  drawer.addEventListener('close', putBack);
  matchMedia('(min-width: 901px)').addEventListener('change', () => drawer.open && drawer.close());
}
