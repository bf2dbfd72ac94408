// Parts of a page that htmx refreshes: when the dashboard does not answer, the page says that it is out of date; when the
// session is over, the page is loaded anew and asks for a sign-in, in place of showing one inside itself. A page that
// says by other ways that its session is over, and keeps what is on it, marks the part with data-keeps-page.

function stale(isStale) {
  for (const note of document.querySelectorAll("[data-stale-note]")) note.hidden = !isStale;
}

document.addEventListener("htmx:beforeSwap", (event) => {
  const answered = new URL(event.detail.xhr.responseURL || location.href, location.href);
  if (answered.pathname === document.querySelector('meta[name="sign-in"]').content) {
    event.detail.shouldSwap = false;
    if (!event.target.hasAttribute("data-keeps-page")) location.reload();
  }
});
document.addEventListener("htmx:afterOnLoad", (event) => stale(event.detail.xhr.status >= 500));
document.addEventListener("htmx:sendError", () => stale(true));
document.addEventListener("htmx:timeout", () => stale(true));
