// Single keys, as the help tells them, and the dialog that `?` opens. They move the real focus, so that a screen
// reader follows; they say nothing while somebody types, in a dialog, or with Ctrl, Alt and Cmd.
// The page loads this only for who has not switched the keys off.

const PAUSE = 1500; // ms that may pass between `g` and where to go

const PLACES = { h: "/", e: "/everyone", s: "/saved", i: "/inbox" };
const FIELD = "input, textarea, select, [contenteditable]:not([contenteditable=false])";
const posts = () => [...document.querySelectorAll("main .post")].filter(
  (post) => post.checkVisibility());
const focused = () => document.activeElement.closest(".post");
const current = () => focused() ?? document.querySelector(".post.current");

function go(to) {
  if (!to) return;
  to.tabIndex = -1;
  to.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = posts();
  const at = all.indexOf(focused());
  if (at >= 0) go(all[at + by]);
  else go(all.find((post) => post.getBoundingClientRect().bottom > 0)); // the first one in view
}

// A control of the post, pressed as a click would.
const press = (what) => current()?.querySelector(what)?.click();

// A field of this page, or else the way to one.
function write(field, address) {
  if (field?.checkVisibility()) field.focus();
  else document.querySelector(`a[href="${address}"]`).click();
}

let dialog; // what the help says of keys, loaded when it is asked for

async function help() {
  if (document.getElementById("keys")) {
    location.hash = "#keys"; // this is the help
    return;
  }
  if (!dialog) {
    const answer = await fetch("/help").catch(() => undefined);
    const page = new DOMParser().parseFromString(await answer?.text() ?? "", "text/html");
    const keys = page.getElementById("keys");
    if (!keys) {
      location.assign("/help");
      return;
    }
    const close = document.createElement("button");
    close.className = "button";
    close.textContent = keys.dataset.close;
    close.addEventListener("click", () => dialog.close());
    dialog = document.createElement("dialog");
    dialog.setAttribute("aria-labelledby", "keys-title");
    dialog.append(...keys.children, close);
    document.body.append(dialog);
  }
  if (!dialog.open) dialog.showModal();
}

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => press(".when"),
  t: () => press('[formaction$="/thanks"]'),
  s: () => press('[formaction$="/save"]'),
  r: () => press('[href^="/new?reply_to="]'),
  n: () => write(document.querySelector("main form[data-draft$=':new'] [name=line]"), "/new"),
  "/": () => write(document.querySelector('form[action="/search"] [name=q]'), "/search"),
  "?": help,
};

let isGoing = false; // `g` was pressed: the next key tells where to
let forgetting;

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey
    || target.closest?.(FIELD) || document.querySelector("dialog[open]")) return;
  const place = isGoing && Object.hasOwn(PLACES, key) ? PLACES[key] : "";
  clearTimeout(forgetting);
  isGoing = key === "g" && !isGoing;
  if (isGoing) {
    forgetting = setTimeout(() => { isGoing = false; }, PAUSE);
  } else if (place) {
    location.assign(place);
  } else if (Object.hasOwn(ACTS, key) && (!event.repeat || "jk".includes(key))) {
    event.preventDefault(); // the key is not typed into the field that it leads to
    ACTS[key]();
  }
});
