// What a page does about its connection: it tells how old it is, shows how many posts wait, and
// sends them when the signal is back, on its own clock where nothing tells.

const FIRST = 2_000; // ms until the next try; twice as long after each that failed
const LAST = 60_000;

const reader = Number(document.querySelector('meta[name="reader"]').content);
const region = document.querySelector(".waits");
const { asOf } = document.documentElement.dataset;
const { outbox } = globalThis;
const told = document.querySelector("[data-as-of]:not(html)");
const isOutbox = location.pathname === "/outbox";

// A page of before stays one when the connection is back; what waits is never as of before.
function away(isSo) {
  told.hidden = !asOf || (isOutbox && !isSo);
  told.firstElementChild.hidden = !isSo;
}

if (asOf) {
  const time = new Intl.DateTimeFormat(document.documentElement.lang, {
    dateStyle: "medium", timeStyle: "short",
  }).format(new Date(asOf));
  told.children[1].textContent = told.dataset.asOf.replace("{time}", time);
  away(true);
}

let said = "";
function say(words, isBad) {
  if (words === said) return;
  said = words;
  region.replaceChildren();
  if (!words) return;
  const line = document.createElement("a");
  line.className = isBad ? "told bad" : "told";
  line.href = "/outbox";
  line.textContent = words;
  region.append(line);
}

const began = Date.now();
const hasLeft = ({ state, at, hasWaited }) => state === "sent" && hasWaited && at > began;

let pause = FIRST;
let timer;

async function show() {
  const mine = (await outbox.all()).filter(({ user }) => user === reader);
  // What is sent at once, as it mostly is, is not told.
  const left = mine.filter(({ state, hasWaited }) => state !== "sent"
    && (state !== "sending" || hasWaited));
  const refused = left.filter(({ state }) => state === "refused").length;
  const words = (one, count) => region.dataset[count === 1 ? `${one}One` : one]
    .replace("{n}", count);
  if (isOutbox && left.length) say(""); // there they stand themselves
  else if (refused) say(words("refused", refused), true);
  else if (left.length) say(words("waiting", left.length));
  else say(mine.some(hasLeft) ? region.dataset.sent : "");
  const toSend = left.filter(({ state }) => state === "waiting");
  if (!toSend.length) return;
  navigator.storage?.persist?.();
  navigator.serviceWorker?.ready.then((worker) => worker.sync?.register("outbox"))
    .catch(() => undefined); // not allowed: then the pages send
  timer ??= setTimeout(send, pause);
}

async function send() {
  const isAsked = timer; // else nothing may be left, and nobody asks the server
  clearTimeout(timer);
  timer = undefined;
  if (document.visibilityState === "hidden") return; // shown again, it goes on
  const why = await outbox.drain(reader).catch(() => "away");
  if (isAsked) away(why === "away");
  pause = why ? Math.min(2 * pause, LAST) : FIRST;
  show();
}

function sendNow() {
  pause = FIRST;
  send();
}

if (outbox) {
  outbox.listen(show);
  window.addEventListener("online", () => {
    away(false);
    sendNow();
  });
  window.addEventListener("offline", () => away(true));
  document.addEventListener("visibilitychange", sendNow);
  sendNow();
  show();
}

// The worker sees to it as well, where this page is under its hand.
document.addEventListener("submit", async ({ submitter, target }) => {
  const action = submitter?.getAttribute("formaction") ?? target.getAttribute("action");
  if (action !== "/sign-out") return;
  for (const name of await caches.keys()) if (name.startsWith("pages ")) caches.delete(name);
});

window.addEventListener("load", () => {
  navigator.serviceWorker?.register("/service-worker.js")
    .then(() => navigator.serviceWorker.ready)
    .then((worker) => worker.active.postMessage("refresh"))
    .catch(() => undefined); // not allowed here: the pages work without it
});
