// What rendered outputs get besides: a copy button on each block of code, the way of keys to what scrolls, and a fold
// for what is long.
const copyButton = () => {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'copy-code btn sm';
  button.innerHTML = '<span>Copy</span>';
  button.setAttribute('aria-label', 'Copy code');
  return button;
};

export function dress(root) {
  const blocks = [...root.querySelectorAll('.prose pre')].filter((block) => !block.parentElement.matches('.code-box'));
  for (const block of blocks) {
    const box = document.createElement('div');
    box.className = 'code-box';
    block.replaceWith(box);
    box.append(block, copyButton());
  }
  const wide = [...blocks, ...root.querySelectorAll('.prose .formula:is(.block, .wide)')];
  if (wide.length) requestAnimationFrame(() => setTimeout(() => reachable(wide)));
  for (const fold of root.querySelectorAll('[data-fold]:not(.open)')) {
    const isLong = fold.scrollHeight > fold.clientHeight + 40;
    const next = fold.nextElementSibling;
    if (!isLong) fold.classList.add('open');
    else if (!next?.matches('.show-all')) fold.after(showAll(fold));
  }
}

// Once all is laid out and drawn: a measure before would lay the whole text out at once.
function reachable(blocks) {
  for (const block of blocks.filter((one) => one.scrollWidth > one.clientWidth)) block.tabIndex = 0;
}

function showAll(fold) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn sm show-all';
  button.textContent = 'Show all';
  button.setAttribute('aria-controls', fold.id);
  button.setAttribute('aria-expanded', 'false');
  button.addEventListener('click', () => { fold.classList.add('open'); button.remove(); });
  return button;
}
