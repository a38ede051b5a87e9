// What every page does beyond its forms: it tells what was really looked at, sends small forms
// without leaving the page, and keeps a double tap from sending anything twice. Without it,
// everything works by buttons and links.

const LOOKED = 2000; // ms that a page must have been in view to count as read

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

function tell(address, fields = {}) {
  return fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": token() },
    body: new URLSearchParams(fields),
    redirect: "manual",
    keepalive: true,
  }).catch(() => undefined); // not told now: the next visit tells it
}

// Calls `then` once, when this page has been in view for that long in all.
function whenLookedAt(then) {
  let left = LOOKED;
  let since = 0;
  let timer;
  const watch = () => {
    if (document.visibilityState === "visible") {
      since = performance.now();
      timer = setTimeout(() => {
        document.removeEventListener("visibilitychange", watch);
        then();
      }, left);
    } else if (since) {
      clearTimeout(timer);
      left -= performance.now() - since;
    }
  };
  document.addEventListener("visibilitychange", watch);
  watch();
}

for (const form of document.querySelectorAll("form[data-when-seen]")) {
  whenLookedAt(() => {
    tell(form.action, Object.fromEntries(new FormData(form)));
    form.hidden = true;
  });
}

for (const thread of document.querySelectorAll("[data-opened]")) {
  whenLookedAt(() => tell(thread.dataset.opened, { thread: "1" }));
}

// A note that is unfolded has been opened. `toggle` does not bubble, but it can be caught.
document.addEventListener("toggle", (event) => {
  const note = event.target;
  if (note.open && note.dataset?.opens && !note.closest("[data-opened] .current")) {
    tell(note.dataset.opens);
    delete note.dataset.opens;
  }
}, true);

// The post that a thread was opened at.
const here = document.getElementById(document.querySelector("[data-here]")?.dataset.here ?? "");
if (here && !location.hash && here !== document.querySelector(".thread .post")) {
  here.scrollIntoView({ block: "center" });
}

// Thanks, saved, tags: send the form, and put the post as it is now in the place of the old one.
async function sendInPlace(form, submitter) {
  const post = submitter.closest("[data-post-id]");
  const address = submitter.formAction;
  const fields = new URLSearchParams(new FormData(form, submitter));
  fields.set("next", location.pathname + location.search);
  let answer;
  try {
    answer = await fetch(address, { method: "POST", body: fields });
  } catch {
    delete form.dataset.sent; // no connection: the button can be pressed again
    return;
  }
  const same = new URL(answer.url).pathname === location.pathname;
  const page = same && answer.ok
    ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const all = `[data-post-id="${post.dataset.postId}"]`;
  const place = [...document.querySelectorAll(all)].indexOf(post);
  const fresh = page?.querySelectorAll(all)[place];
  if (!fresh) {
    // Whatever the server has to say, it says on a page of its own.
    form.removeAttribute("data-live");
    submitter.removeAttribute("data-live");
    delete form.dataset.sent;
    form.requestSubmit(submitter);
    return;
  }
  delete form.dataset.sent;
  if (post.querySelector(".note")?.open) fresh.querySelector(".note")?.setAttribute("open", "");
  post.replaceWith(fresh);
  const again = [...fresh.querySelectorAll("button")].find((one) => one.formAction === address);
  (again ?? fresh.querySelector("a"))?.focus();
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) {
    event.preventDefault(); // the second tap
    return;
  }
  form.dataset.sent = "1";
  if (event.submitter?.closest("[data-live]")) {
    event.preventDefault();
    sendInPlace(form, event.submitter);
  }
});

// Back from the browser's own memory: forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// One menu at a time; a click elsewhere or Escape closes it.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches?.("main .menu")) {
    target.querySelector(".panel").scrollIntoView({ block: "nearest" });
  }
}, true);

// What else can be done with a post stands on a page of its own; here it unfolds in its place.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a[data-choices]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href).catch(() => undefined);
  const page = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html");
  const choices = page && page.getElementById("choices");
  if (!choices) {
    location.assign(link.href);
    return;
  }
  const menu = document.createElement("details");
  const summary = document.createElement("summary");
  const panel = document.createElement("div");
  menu.className = "menu";
  summary.className = link.className;
  summary.title = link.title;
  panel.className = "panel";
  summary.append(...link.childNodes);
  panel.append(...choices.children);
  menu.append(summary, panel);
  link.replaceWith(menu);
  menu.open = true;
  summary.focus();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// Where a new colleague is on the globe.
const zone = document.querySelector("[data-time-zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
