// Makes the pages live: progress by server-sent events, charts by charts.js. Everything works without it.
// Texts only ever enter the page by textContent, or as nodes of a page that the server rendered.

import { drawAll, loadPlotly } from "./charts.js";

const main = document.getElementById("main");
const POLL_MS = 2000;
const FUNNEL_MS = 5000;
const count = new Intl.NumberFormat("en-US");

// --- words: the same as app/dashboard/jobs.py and wording.py write -------------------------------------------------

function duration(seconds) {
  if (seconds === null || seconds === undefined) return "unknown";
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function progressWords(progress) {
  const units = progress.units;
  const total = Object.values(units).reduce((sum, n) => sum + n, 0);
  if (!total) return "nothing asked yet";
  const left = (units.ready || 0) + (units.leased || 0);
  const what = progress.round === 0 ? "parts" : "calls";
  const where = progress.batches.length ? "at the provider" : "in flight";
  const flying = units.leased ? `, ${count.format(units.leased)} ${where}` : "";
  return `${count.format(total - left)} of ${count.format(total)} ${what} done${flying}`;
}

function amount(name, value) {
  if (name !== "money_usd") return count.format(value);
  return `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
}

// --- painting what changes often ------------------------------------------------------------------------------------

function write(root, name, text) {
  const node = root.querySelector(`[data-live="${name}"]`);
  if (node && node.textContent !== text) node.textContent = text;
}

function fill(root, name, share) {
  const bar = root.querySelector(`progress[data-live="${name}"]`);
  if (bar) bar.value = share;
}

function paint(root, job) {
  write(root, "words", progressWords(job.progress));
  write(root, "kept", count.format(job.progress.kept));
  write(root, "eta", job.state === "running" ? duration(job.progress.eta_s) : "–");
  fill(root, "done", job.progress.done_share);
  for (const meter of root.querySelectorAll("[data-meter]")) {
    const name = meter.dataset.meter;
    const use = job.spend[name];
    if (!use) continue;
    write(meter, "spent", amount(name, use.spent));
    write(meter, "reserved", use.reserved ? `+${amount(name, use.reserved)} in flight` : "");
    if (use.cap) fill(meter, "share", Math.min(1, use.spent / use.cap));
  }
}

function moved(place, job) {
  const round = job.progress.round === null ? "" : String(job.progress.round);
  return place.dataset.state !== job.state || place.dataset.round !== round;
}

function announce(text) {
  const node = document.getElementById("announce");
  if (node) node.textContent = text;
}

// --- taking over what the server rendered anew ---------------------------------------------------------------------

let refreshing = false;
let refreshAgain = false;

async function refresh() {
  if (refreshing) {
    refreshAgain = true;
    return;
  }
  refreshing = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html" }, cache: "no-store" });
    if (answer.ok) takeOver(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // The service is away for a moment; the next event or poll tries again.
  } finally {
    refreshing = false;
    if (refreshAgain) {
      refreshAgain = false;
      setTimeout(refresh, 500);
    }
  }
}

// How to find the element in the fresh section that an old one there corresponds to; null when nobody can say.
function sameAs(node) {
  const quoted = (value) => JSON.stringify(value);
  if (node.matches("summary")) return node.parentElement.id ? `#${node.parentElement.id} > summary` : null;
  if (node.matches("a[href]")) return `a[href=${quoted(node.getAttribute("href"))}]`;
  if (node.matches("form button")) return `form[action=${quoted(node.form.getAttribute("action"))}] button`;
  return node.matches("[aria-label]") ? `[aria-label=${quoted(node.getAttribute("aria-label"))}]` : null;
}

// A section somebody marks text in, or whose focus would be lost, stays as it is until later.
function inUse(section) {
  const selection = getSelection();
  if (!selection.isCollapsed && selection.containsNode(section, true)) return true;
  return section.contains(document.activeElement) && !sameAs(document.activeElement);
}

function takeOver(fresh) {
  const newMain = fresh.getElementById("main");
  if (!newMain) return;
  for (const [name, value] of Object.entries(newMain.dataset)) main.dataset[name] = value;
  if (!("active" in newMain.dataset)) delete main.dataset.active;
  const known = new Map([...main.querySelectorAll("details[id]")].map((node) => [node.id, node.open]));
  for (const figure of newMain.querySelectorAll("figure[data-chart]")) {
    // The drawing moves over, so that it changes in place instead of flickering.
    const drawn = main.querySelector(`figure[data-chart="${figure.dataset.chart}"] .plot`);
    if (drawn && !drawn.contains(document.activeElement)) {
      figure.hidden = false;
      figure.querySelector(".plot").replaceWith(drawn);
    }
  }
  let previous = null;
  for (const section of newMain.querySelectorAll("section[data-refresh]")) {
    for (const node of section.querySelectorAll("details[id]")) {
      if (known.has(node.id)) node.open = known.get(node.id);
    }
    const old = document.getElementById(section.id);
    if (!old) {
      if (previous) previous.after(section);
    } else if (!inUse(old)) {
      const focused = old.contains(document.activeElement) ? sameAs(document.activeElement) : null;
      old.replaceWith(section);
      if (focused) section.querySelector(focused)?.focus({ preventScroll: true });
    }
    previous = document.getElementById(section.id) || previous;
  }
  loadPlotly().then(drawAll);
}

// --- one job: its event stream -------------------------------------------------------------------------------------

let stream = null;
let lastId = 0;
let refreshedAt = Date.now();

function sentence(kind, data) {
  const named = {
    "round.opened": `Round ${data.number} has begun.`,
    "round.settled": `Round ${data.number} has settled.`,
    "endpoint.down": `${data.endpoint || "The endpoint"} is down (${data.reason}); asked again in ${data.next_try_s} s, then ever more seldom.`,
    "endpoint.up": `${data.endpoint || "The endpoint"} answers again.`,
    "model.unknown": `No endpoint serves ${data.model}: its calls go to ${(data.models || []).join(", ")}.`,
    "batch.sent": `The provider has a batch of calls (${data.provider_id}).`,
    "batch.ended": `A batch has come to its end (${data.status}).`,
    "job.paused": `Paused: ${data.why}.`,
    "job.resumed": "Resumed.",
    "job.finished": `The job has ended: ${String(data.reason).replaceAll("_", " ")}.`,
    "budget.exhausted": `The budget of ${data.what} is used up.`,
    "budget.overbilled": `The provider charged ${data.prompt_tokens + data.completion_tokens} tokens beyond what a call could have used.`,
  };
  return named[kind] || kind.replaceAll(".", " ").replaceAll("_", " ");
}

function heard(event) {
  lastId = Math.max(lastId, Number(event.lastEventId) || 0);
  const data = JSON.parse(event.data);
  // The stream begins with the whole story; what the page knew already is no news.
  if (new Date(data.at) <= new Date(main.dataset.now)) return;
  announce(sentence(event.type, data));
  refresh();
}

const KINDS = ["round.opened", "round.settled", "job.paused", "job.resumed", "job.changed", "job.finished", "budget.exhausted", "budget.overbilled", "endpoint.down", "endpoint.up", "model.unknown", "batch.sent", "batch.ended"];

function watch() {
  if (stream || document.hidden || !("active" in main.dataset)) return;
  stream = new EventSource(`/v1/jobs/${main.dataset.job}/events?after=${lastId}`);
  stream.addEventListener("progress", (event) => {
    const job = JSON.parse(event.data);
    paint(document.getElementById("head"), job);
    const now = Date.now();
    // The funnel of an open round moves too, but need not with every call.
    if (moved(main, job) || now - refreshedAt > FUNNEL_MS) {
      refreshedAt = now;
      refresh();
    }
  });
  for (const kind of KINDS) stream.addEventListener(kind, heard);
  stream.addEventListener("error", () => {
    // Closed for good means the job has ended, or the service refused; a lost connection comes back by itself.
    if (stream && stream.readyState === EventSource.CLOSED) {
      unwatch();
      refresh();
    }
  });
}

function unwatch() {
  if (stream) stream.close();
  stream = null;
}

// --- the list of jobs: asked for, since a browser opens only six streams to one host --------------------------------

async function poll() {
  if (document.hidden) return;
  try {
    const answer = await fetch("/v1/jobs?limit=50", { cache: "no-store" });
    if (!answer.ok) return;
    const jobs = (await answer.json()).items;
    let stale = false;
    for (const job of jobs) {
      const card = main.querySelector(`[data-job="${job.id}"]`);
      if (card) {
        paint(card, job);
        stale = stale || moved(card, job);
      }
    }
    const newest = main.querySelector("[data-job]");
    const firstPage = !new URLSearchParams(location.search).has("before");
    if (stale || (firstPage && jobs.length && (!newest || Number(newest.dataset.job) < jobs[0].id))) await refresh();
  } catch {
    // Away for a moment.
  }
}

// --- start -----------------------------------------------------------------------------------------------------------

document.addEventListener("toggle", (event) => {
  if (event.target.open && event.target.querySelector("[data-chart]")) drawAll();
}, true);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);

function openTarget() {
  const target = location.hash && document.getElementById(location.hash.slice(1));
  if (target && target.matches("details")) target.open = true;
}
addEventListener("hashchange", openTarget);
openTarget();
loadPlotly().then(drawAll);

if (main.dataset.page === "job") {
  watch();
  document.addEventListener("visibilitychange", () => (document.hidden ? unwatch() : watch()));
  // A job that was resumed by somebody else is active again.
  setInterval(() => (!stream && !document.hidden && "active" in main.dataset ? watch() : null), 5000);
} else if (main.dataset.page === "home") {
  setInterval(poll, POLL_MS);
} else if (main.dataset.page === "waiting") {
  setInterval(() => ("active" in main.dataset && !document.hidden ? refresh() : null), POLL_MS);
}
