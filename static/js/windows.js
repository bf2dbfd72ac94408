// Stretches of time are said in the reader's zone, with UTC on hover, and the fields of a window are typed in it, with
// UTC beside: X counts in UTC, people do not. Without this script both are in UTC.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const here = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const atX = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone: "UTC" });

function say(stretch) {
  const begin = new Date(stretch.dataset.begin);
  const end = stretch.dataset.end ? new Date(stretch.dataset.end) : null;
  if (!stretch.title) stretch.title = stretch.textContent;
  stretch.textContent = end ? here.formatRange(begin, end) : here.format(begin);
}

function sayAll(root) {
  for (const stretch of root.querySelectorAll(".window[data-begin]")) say(stretch);
}

// A field holds a time without a zone: the browser takes it for one of its own.
function fieldText(date) {
  const two = (number) => String(number).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

function refreshUtc(form) {
  for (const beside of form.querySelectorAll("[data-utc-of]")) {
    const date = new Date(form.elements[beside.dataset.utcOf].value);
    beside.textContent = Number.isNaN(date.getTime()) ? "" : `${atX.format(date)} UTC`;
  }
}

function look(form) {
  refreshUtc(form);
  if (!form.elements.begin.value || !form.elements.end.value) return;
  const query = new URLSearchParams(new FormData(form));
  query.delete("csrfmiddlewaretoken");
  htmx.ajax("GET", `${form.action}?${query}`, { target: "#plan", swap: "outerHTML" });
}

for (const form of document.querySelectorAll("[data-window-form]")) {
  const told = form.querySelector("[data-zone]");
  if (told.value === "UTC" && zone !== "UTC") {
    for (const name of ["begin", "end"]) {
      const field = form.elements[name];
      if (field.value) field.value = fieldText(new Date(`${field.value}Z`));
    }
  }
  told.value = zone;
  for (const name of form.querySelectorAll("[data-zone-name]")) name.textContent = `your time, ${zone}`;
  form.querySelector("[data-look]").hidden = true;
  refreshUtc(form);
  let waiting;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => look(form), 300);
  });
}

sayAll(document);
document.addEventListener("htmx:afterSettle", () => sayAll(document));
