// Before the first paint: the colours that the visitor chose. shell/theme.svelte.ts writes the choice.
try {
  const chosen = localStorage.getItem('neocog lab theme');
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.theme = chosen;
} catch {
  // Storage may be forbidden; the system's colours stay.
}
