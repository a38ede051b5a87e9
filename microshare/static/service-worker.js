// Keeps the product at hand without a connection: its files, the feeds and the threads that were
// opened, of one colleague; and sends the outbox when the signal is back and no page is open.
// The server puts KNOWN before this: the version, its files, the address of the outbox's script.

importScripts(KNOWN.outbox);

const FILES = `files ${KNOWN.version}`;
const AWAY = "/offline";
const MAIN = ["/", "/everyone", "/new", "/outbox"];
const THREAD = /^\/posts\/\d+$/;
const THREADS = 50; // that are kept, the latest opened
const OLD = 3_600_000; // ms after which a main page is fetched again by itself

const shelfOf = (reader) => `pages ${KNOWN.version} ${reader}`;
const shelves = async () => (await caches.keys()).filter((name) => name.startsWith("pages "));
const isKept = ({ pathname, search }) => !search
  && (MAIN.includes(pathname) || THREAD.test(pathname));

let turn = 0; // raised when all pages go: what was asked before that is not kept after it

async function clear(but = "") {
  if (!but) turn += 1;
  for (const name of await shelves()) if (name !== but) await caches.delete(name);
}

// The answer of the server tells whose page it is; of anybody else nothing stays.
async function keep(url, answer, asked) {
  if (answer.ok && new URL(answer.url).pathname === "/sign-in") return clear();
  const reader = answer.headers.get("Microshare-Reader");
  if (!reader) return undefined;
  await clear(shelfOf(reader));
  if (!answer.ok || answer.redirected || !isKept(url) || asked !== turn) return undefined;
  const shelf = await caches.open(shelfOf(reader));
  await shelf.delete(url.pathname);
  await shelf.put(url.pathname, answer);
  const threads = (await shelf.keys()).filter((one) => THREAD.test(new URL(one.url).pathname));
  for (const one of threads.slice(0, -THREADS)) await shelf.delete(one);
  return asked === turn ? undefined : clear();
}

const kept = async (pathname) => {
  const [name] = await shelves();
  return name && (await caches.open(name)).match(pathname, { ignoreVary: true });
};
const timeOf = (answer) => new Date(answer.headers.get("Date") ?? 0);

// A page as it was, marked with its time; its script tells it.
async function shown(url) {
  const answer = isKept(url) && await kept(url.pathname);
  if (!answer) return (await caches.open(FILES)).match(AWAY, { ignoreVary: true });
  const page = await answer.text();
  const marked = page.replace("<html ", `<html data-as-of="${timeOf(answer).toISOString()}" `);
  const headers = new Headers(answer.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name); // as it came
  return new Response(marked, { headers });
}

async function page(event, url) {
  const asked = turn;
  let answer;
  try {
    answer = await event.preloadResponse || await fetch(event.request);
  } catch {
    return await shown(url) ?? Response.error();
  }
  event.waitUntil(keep(url, isKept(url) ? answer.clone() : answer, asked));
  return answer;
}

async function leave(request) {
  await clear();
  return fetch(request).catch(async () => await shown(new URL(request.url)) ?? Response.error());
}

async function file(request) {
  const files = await caches.open(FILES);
  const known = await files.match(request, { ignoreVary: true });
  if (known) return known;
  // A page that was kept before an update asks for the files of its time.
  return fetch(request).catch(
    async () => await files.match(request, { ignoreSearch: true, ignoreVary: true }) ?? Response.error());
}

async function refresh() {
  for (const address of MAIN) {
    const there = await kept(address);
    if (there && Date.now() - timeOf(there) < OLD) continue;
    const asked = turn;
    const answer = await fetch(address).catch(() => undefined);
    if (!answer) return;
    await keep(new URL(address, location), answer, asked);
    if (address === "/") await (await caches.open(FILES)).add(AWAY); // the language may be another
  }
}

self.addEventListener("install", (event) => event.waitUntil((async () => {
  await (await caches.open(FILES)).addAll([...KNOWN.files, AWAY]);
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await shelves()) {
    const [, version, reader] = name.split(" ");
    if (version === KNOWN.version) continue;
    const [shelf, old] = [await caches.open(shelfOf(reader)), await caches.open(name)];
    for (const one of await old.keys()) await shelf.put(one, await old.match(one));
    await caches.delete(name);
  }
  for (const name of await caches.keys()) {
    if (name.startsWith("files ") && name !== FILES) await caches.delete(name);
  }
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== location.origin) return;
  if (request.mode === "navigate" && url.pathname === "/sign-out") {
    event.respondWith(leave(request));
  } else if (request.mode === "navigate" && request.method === "GET") {
    event.respondWith(page(event, url));
  } else if (url.pathname.startsWith("/static/") && request.method === "GET") {
    event.respondWith(file(request));
  }
});

self.addEventListener("message", (event) => {
  if (event.data === "refresh") event.waitUntil(refresh());
});

// Fails while the server is away: then the browser tries again by itself.
self.addEventListener("sync", (event) => event.waitUntil(outbox.drain().then((why) => {
  if (why === "away") throw new Error(why);
})));
