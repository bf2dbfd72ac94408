// Every <time datetime> says how long ago it was, or how long it is until then, stays fresh, and shows the exact moment
// in the reader's zone on hover; with `data-exact` it shows the moment as well, and after the word “since” nothing else.

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "long" });
const precise = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
const dayAndClock = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(undefined, { dateStyle: "medium" });

// The server's clock may be a little ahead of the reader's: that is “now”, and not to come.
const AHEAD = 5;

function until(seconds) {
  if (seconds < 60) return `in ${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `in ${Math.ceil(seconds / 60)} min`;
  if (seconds < 86400) return `in ${Math.round(seconds / 3600)} h`;
  return `in ${Math.round(seconds / 86400)} d`;
}

function words(seconds) {
  if (seconds < -AHEAD) return until(-seconds);
  if (seconds < 1) return "now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h ago`;
  return `${Math.floor(seconds / 86400)} d ago`;
}

function followsSince(time) {
  return /\bsince\s*$/i.test(time.previousSibling?.textContent ?? "");
}

function atMoment(moment) {
  const isToday = new Date(moment).toDateString() === new Date().toDateString();
  return (isToday ? clock : dayAndClock).format(moment);
}

function refresh(time) {
  const moment = Date.parse(time.dateTime);
  if (Number.isNaN(moment)) return;
  if (!time.title) time.title = exact.format(moment);
  const seconds = (Date.now() - moment) / 1000;
  const ago = followsSince(time) ? atMoment(moment) : seconds < 30 * 86400 ? words(seconds) : day.format(moment);
  const text = "exact" in time.dataset ? `${precise.format(moment)} · ${words(seconds)}` : ago;
  if (time.textContent !== text) time.textContent = text;
}

function refreshAll(root = document) {
  for (const time of root.querySelectorAll("time[datetime]")) refresh(time);
}

refreshAll();
setInterval(refreshAll, 1000);
document.addEventListener("rows:added", () => refreshAll());
