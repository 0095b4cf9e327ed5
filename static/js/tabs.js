// Tabs: arrows, Home and End move; each tab shows the panel it controls and hides its siblings'.
function select(tab) {
  for (const other of tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')) {
    const chosen = other === tab;
    other.setAttribute('aria-selected', String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    const panel = document.getElementById(other.getAttribute('aria-controls'));
    if (panel) panel.hidden = !chosen;
  }
  tab.focus();
}

document.addEventListener('click', (event) => {
  const tab = event.target.closest('button[role="tab"]');
  if (tab) select(tab);
});

document.addEventListener('keydown', (event) => {
  const tab = event.target.closest?.('[role="tab"]');
  if (!tab) return;
  const all = [...tab.closest('[role="tablist"]').querySelectorAll('[role="tab"]')];
  const at = all.indexOf(tab);
  const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: all.length - 1 }[event.key];
  if (next === undefined) return;
  event.preventDefault();
  select(all[(next + all.length) % all.length]);
});
