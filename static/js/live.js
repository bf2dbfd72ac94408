// Live: rows come over Server-Sent Events and are put on top of the list.
//
// The position of the page is a watermark (see activity/feed): everything at or below it was shown. It goes back to the
// server with each connection, which sends the rest again; a row that is here already is known by its id and dropped.
// The ids of the rows go with it, so that the server can tell which of them were erased, now or meanwhile.

const MOST_ROWS = 200; // what a page holds; older ones are in Events
const SILENCE_MS = 40_000; // the server gives a sign of life every 15 s
const HIDDEN_MS = 60_000; // browsers allow six streams to one address: a tab that nobody sees gives its own up
const RATE_SECONDS = 10;

const root = document.querySelector("[data-live]");
const find = (name) => root.querySelector(`[data-${name}]`);
const list = find("rows");
const pill = find("state");
const pauseButton = find("pause");

let source = null;
let position = root.dataset.position;
const opened = Date.now();
let heard = opened;
let retryMs = 1000;
let retryTimer = 0;
let hiddenTimer = 0;
let connection = "connecting";
let paused = false;
let waiting = []; // rows held back by the pause, newest first
let waitingBeyond = 0; // and how many more there are than could be shown
let leftOut = 0;
const arrivals = []; // [time, number of events] of the last seconds

// --- Words -----------------------------------------------------------------------------------------------------------

const CONNECTION_WORDS = {
  connecting: "Connecting…",
  connected: "Connected",
  reconnecting: "Reconnecting…",
  trouble: "Waiting for the database…",
  "signed-out": "Signed out",
};

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function describe() {
  const state = paused && connection === "connected" ? "paused" : connection;
  pill.dataset.state = state === "trouble" ? "reconnecting" : state;
  set(pill, state === "paused" ? `Paused · ${waiting.length + waitingBeyond} waiting` : CONNECTION_WORDS[state]);
  pauseButton.setAttribute("aria-pressed", String(paused));
  set(find("pause-label"), paused ? "Go on" : "Pause");
}

function describeRate() {
  const since = Date.now() - RATE_SECONDS * 1000;
  const seconds = Math.min(RATE_SECONDS, Math.max(1, (Date.now() - opened) / 1000)); // a young page has seen less
  while (arrivals.length && arrivals[0][0] < since) arrivals.shift();
  const rate = arrivals.reduce((sum, [, count]) => sum + count, 0) / seconds;
  const rounded = rate >= 1 ? Math.round(rate) : Math.round(rate * 10) / 10;
  set(find("rate"), rounded ? `${rounded} event${rounded === 1 ? "" : "s"} a second · ` : "");
}

// --- Rows ------------------------------------------------------------------------------------------------------------

function parse(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return [...holder.content.querySelectorAll(".row")];
}

function isNew(row) {
  return !document.getElementById(row.id) && !waiting.some((other) => other.id === row.id);
}

const idOf = (row) => Number(row.id.slice("event-".length));

function put(rows) {
  if (!rows.length) return;
  for (const old of list.querySelectorAll(".row.new")) old.classList.remove("new");
  for (const row of rows) row.classList.add("new");
  // A row whose commit landed late belongs below younger ones; nearly always all of them go on top.
  let before = list.firstElementChild;
  for (const row of rows) {
    while (before && idOf(before) > idOf(row)) before = before.nextElementSibling;
    list.insertBefore(row, before);
  }
  while (list.children.length > MOST_ROWS) list.lastElementChild.remove();
  find("empty").hidden = true;
  find("onward").hidden = false;
  document.dispatchEvent(new CustomEvent("rows:added"));
}

function hold(rows) {
  waiting = [...rows, ...waiting].sort((a, b) => idOf(b) - idOf(a));
  waitingBeyond += Math.max(0, waiting.length - MOST_ROWS);
  waiting.length = Math.min(waiting.length, MOST_ROWS);
}

function sayLeftOut() {
  find("left-out").hidden = !leftOut;
  set(find("left-out-count"), String(leftOut));
}

function onRows({ html, left_out: beyond }) {
  const rows = parse(html).filter(isNew);
  arrivals.push([Date.now(), rows.length + beyond]);
  leftOut += beyond;
  if (paused) hold(rows);
  else put(rows);
  sayLeftOut();
}

// What was erased leaves, or is drawn as what is left of it; whoever stands on it goes on standing there.
function onErased({ ids, html }) {
  const redrawn = new Map(parse(html).map((row) => [row.id, row]));
  const erased = new Set(ids.map((id) => `event-${id}`));
  for (const row of [...list.children].filter(({ id }) => erased.has(id))) {
    const link = row.contains(document.activeElement);
    const next = redrawn.get(row.id) ?? row.nextElementSibling ?? row.previousElementSibling;
    if (redrawn.has(row.id)) row.replaceWith(next);
    else row.remove();
    if (link) next?.querySelector(".who").focus();
  }
  waiting = waiting.filter(({ id }) => !erased.has(id) || redrawn.has(id)).map((row) => redrawn.get(row.id) ?? row);
  find("empty").hidden = list.children.length > 0;
  document.dispatchEvent(new CustomEvent("rows:added"));
}

function onReplace({ html }) {
  waiting = [];
  waitingBeyond = 0;
  leftOut = 0;
  sayLeftOut();
  if (paused) hold(parse(html).filter(isNew));
  else {
    const rows = parse(html);
    const known = new Set([...list.children].map((row) => row.id));
    list.replaceChildren();
    put(rows);
    for (const row of rows) row.classList.toggle("new", !known.has(row.id));
  }
}

// --- Connection ------------------------------------------------------------------------------------------------------

function connect() {
  disconnect();
  const url = new URL(root.dataset.stream, location.href);
  url.searchParams.set("position", position);
  url.searchParams.set("held", held());
  source = new EventSource(url);
  source.onopen = () => { heard = Date.now(); };
  source.onerror = onError;
  listen("rows", onRows);
  listen("replace", onReplace);
  listen("erased", onErased);
  listen("beat", () => {});
  source.addEventListener("trouble", () => { heard = Date.now(); become("trouble"); });
}

function held() {
  const ids = [...list.children, ...waiting].map(idOf).sort((a, b) => b - a);
  return ids.map((id, at) => (at ? ids[at - 1] - id : id)).join();
}

function listen(name, act) {
  source.addEventListener(name, (event) => {
    heard = Date.now();
    retryMs = 1000;
    act(JSON.parse(event.data));
    position = event.lastEventId; // only now: what was not shown is asked for again
    become("connected");
  });
}

function disconnect() {
  clearTimeout(retryTimer);
  source?.close();
  source = null;
}

function become(state) {
  connection = state;
  describe();
}

// The browser would try again by itself, but with the rows of back then.
async function onError() {
  become("reconnecting");
  const refused = source?.readyState === EventSource.CLOSED;
  disconnect();
  if (refused && await signedOut()) {
    become("signed-out");
    const link = Object.assign(document.createElement("a"), { href: root.dataset.signIn, textContent: "Sign in again" });
    pill.after(" ", link, " ");
    return;
  }
  retryTimer = setTimeout(connect, retryMs * (0.5 + Math.random()));
  retryMs = Math.min(retryMs * 2, 5000);
}

async function signedOut() {
  try {
    const answer = await fetch(location.href, { method: "HEAD", redirect: "manual" });
    return answer.type === "opaqueredirect" || answer.status === 403;
  } catch {
    return false; // the server is away, not the sign-in
  }
}

// --- Pause and sight --------------------------------------------------------------------------------------------------

function toggle() {
  paused = !paused;
  if (!paused) {
    if (waitingBeyond) list.replaceChildren(); // what lies between is not here: no hole may look like an end
    leftOut += waitingBeyond;
    put(waiting);
    waiting = [];
    waitingBeyond = 0;
    sayLeftOut();
  }
  describe();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== " " || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.target.closest("input, select, textarea, button, [contenteditable]")) return;
  event.preventDefault();
  toggle();
});

document.addEventListener("visibilitychange", () => {
  clearTimeout(hiddenTimer);
  if (document.hidden) hiddenTimer = setTimeout(disconnect, HIDDEN_MS);
  else if (!source && connection !== "signed-out") connect();
});

addEventListener("pagehide", disconnect);
addEventListener("pageshow", (event) => { if (event.persisted) connect(); });

setInterval(() => {
  describeRate();
  if (source && Date.now() - heard > SILENCE_MS) {
    heard = Date.now();
    become("reconnecting");
    connect();
  }
}, 1000);

pauseButton.hidden = false;
pauseButton.addEventListener("click", toggle);
connect();
