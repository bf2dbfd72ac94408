// j and k move between rows. Enter opens the one that has the focus, as on any link.

const STEPS = new Map([["j", 1], ["k", -1]]);

document.addEventListener("keydown", (event) => {
  const step = STEPS.get(event.key);
  if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, select, textarea, [contenteditable]")) return;
  const links = [...document.querySelectorAll("[data-rows] .who")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? 0 : Math.min(Math.max(at + step, 0), links.length - 1)];
  next?.focus();
  next?.closest(".row").scrollIntoView({ block: "nearest" });
});
