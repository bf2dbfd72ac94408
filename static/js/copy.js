// Buttons that copy: `data-copy-text` holds the text, `data-copy` the id of the element that does.

async function copy(button) {
  const text = button.dataset.copyText ?? document.getElementById(button.dataset.copy).textContent;
  const label = button.textContent;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    button.textContent = "Not permitted by the browser";
  }
  setTimeout(() => { button.textContent = label; }, 1500);
}

// Browsers offer the clipboard only to pages they hold for secure.
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy], [data-copy-text]")) {
    button.hidden = false;
    button.addEventListener("click", () => copy(button));
  }
}
