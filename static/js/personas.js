// The chips above the personas show one category of them.
function show(chip) {
  for (const other of chip.parentElement.children) other.setAttribute('aria-pressed', String(other === chip));
  for (const persona of document.querySelectorAll('.persona')) {
    persona.hidden = Boolean(chip.dataset.category) && persona.dataset.category !== chip.dataset.category;
  }
}

document.addEventListener('click', (event) => {
  const chip = event.target.closest('[data-persona-filter] .chip');
  if (chip) show(chip);
});
for (const filter of document.querySelectorAll('[data-persona-filter]')) filter.hidden = false;
