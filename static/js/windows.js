// Stretches of time are said in the reader's zone, with UTC on hover (`data-both`: beside), and the fields of a window
// are typed in it, with UTC beside: X counts in UTC, people do not. Every time names its zone. Without this script all
// of them are in UTC.

const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
// A day and a time, with or without a zone. Date reads much more, and guesses.
const written = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/;
const isUtc = ["UTC", "Etc/UTC", "GMT"].includes(zone);
const shape = { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZoneName: "shortOffset" };
const here = new Intl.DateTimeFormat("en", shape);
const atX = new Intl.DateTimeFormat("en", { ...shape, timeZone: "UTC" });

// As the server writes them: 20 Nov 14:00.
function pieces(format, date) {
  const of = Object.fromEntries(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return { day: `${of.day} ${of.month}`, time: `${of.hour}:${of.minute}`, zone: format === atX ? "UTC" : of.timeZoneName };
}

function words(format, first, last) {
  const begin = pieces(format, first);
  if (!last) return `${begin.day} ${begin.time} ${begin.zone}`;
  const end = pieces(format, last);
  const from = begin.zone === end.zone ? "" : ` ${begin.zone}`; // clocks were changed in between
  return `${begin.day} ${begin.time}${from} – ${begin.day === end.day ? "" : `${end.day} `}${end.time} ${end.zone}`;
}

function say(stretch) {
  if (isUtc || stretch.title) return;
  const { begin, end } = stretch.dataset;
  stretch.title = stretch.textContent;
  const local = words(here, new Date(begin), end && new Date(end));
  stretch.textContent = "both" in stretch.dataset ? `${local} (${stretch.title})` : local;
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

// A link or a pasted text may mean the second of two hours with the same name, which the field alone cannot say.
function put(field, date) {
  field.value = fieldText(date);
  field.dataset.moment = date.toISOString();
}

function momentOf(field) {
  const date = new Date(field.dataset.moment || field.value);
  return Number.isNaN(date.getTime()) ? null : date;
}

function remark(field, date) {
  const time = field.value.slice(11, 16);
  if (field.dataset.moment) return "";
  if (fieldText(date).slice(11) !== time) return ` There was no ${time} that night: the clocks were put forward.`;
  const again = new Date(date.getTime() + 3600000);
  return fieldText(again) === field.value ? ` ${time} came twice that night: this is the first.` : "";
}

function refreshUtc(form) {
  for (const beside of form.querySelectorAll("[data-utc-of]")) {
    const field = document.getElementById(beside.dataset.utcOf);
    const date = momentOf(field);
    beside.textContent = date ? `${words(atX, date)}.${remark(field, date)}` : "";
  }
}

function look(form) {
  const query = new URLSearchParams(new FormData(form));
  query.delete("csrfmiddlewaretoken");
  htmx.ajax("GET", `${form.action}?${query}`, { target: "#plan", swap: "outerHTML" });
}

function follow(form) {
  const fields = [form.elements.begin, form.elements.end];
  let waiting;
  const lookSoon = () => {
    refreshUtc(form);
    clearTimeout(waiting);
    waiting = setTimeout(look, 300, form);
  };
  for (const field of fields) {
    if (field.defaultValue) put(field, new Date(`${field.defaultValue}Z`));
    field.addEventListener("input", () => delete field.dataset.moment);
    field.addEventListener("paste", (event) => {
      const text = event.clipboardData.getData("text").trim();
      const date = new Date(text);
      if (!written.test(text) || Number.isNaN(date.getTime())) return;
      event.preventDefault();
      put(field, date);
      lookSoon();
    });
  }
  form.addEventListener("input", lookSoon);
  // What is sent is a moment, and no guess about a zone.
  form.addEventListener("formdata", ({ formData }) => {
    for (const field of fields) formData.set(field.name, momentOf(field)?.toISOString() ?? "");
  });
  for (const name of form.querySelectorAll("[data-zone-name]")) name.textContent = isUtc ? "UTC" : `your time, ${zone}`;
  form.querySelector("[data-look]").hidden = true;
  refreshUtc(form);
}

for (const form of document.querySelectorAll("[data-window-form]")) follow(form);
sayAll(document);
document.addEventListener("htmx:afterSettle", () => sayAll(document));
