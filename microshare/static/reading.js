// Tells what was really looked at: the feed, the inbox, a thread, a note. Without it there are
// buttons for the first two, and the others are not told.

const LOOKED = 2000; // ms that a page must have been in view to count as read

function tell(address, fields = {}) {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? "";
  return fetch(address, {
    method: "POST",
    headers: { "X-CSRFToken": token },
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

function watch(form) {
  whenLookedAt(() => {
    if (!form.isConnected) return; // another took its place
    tell(form.action, Object.fromEntries(new FormData(form)));
    form.hidden = true;
  });
}

for (const form of document.querySelectorAll("form[data-when-seen]")) watch(form);
document.addEventListener("brought", ({ target }) => {
  if (target.matches("form[data-when-seen]")) watch(target);
});

for (const thread of document.querySelectorAll("[data-opened]")) {
  whenLookedAt(() => tell(thread.dataset.opened, { thread: "1" }));
}

// A note that is unfolded has been opened. `toggle` does not bubble, but it can be caught.
document.addEventListener("toggle", (event) => {
  const note = event.target;
  if (note.open && note.matches?.(".note:not([data-told])") && !note.closest("[data-opened] .current")) {
    tell(`/posts/${note.closest("[data-post-id]").dataset.postId}/opened`);
    note.dataset.told = "";
  }
}, true);

// The post that a thread was opened at.
const here = document.getElementById(document.querySelector("[data-here]")?.dataset.here ?? "");
if (here && !location.hash && here !== document.querySelector(".thread .post")) {
  here.scrollIntoView({ block: "center" });
}
