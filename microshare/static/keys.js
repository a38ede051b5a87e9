// Single keys, as the dialog that `?` opens tells them. They move the real focus, so that a screen
// reader follows; they say nothing while somebody types, in a dialog, or with Ctrl, Alt and Cmd.
// The page loads this only for who has not switched the keys off.

const PAUSE = 1500; // ms that may pass between `g` and where to go

const dialog = document.getElementById("keys");
const FIELD = "input, textarea, select, [contenteditable]:not([contenteditable=false])";
const posts = () => [...document.querySelectorAll("main [data-post-id]")].filter(
  (post) => post.checkVisibility());
const focused = () => document.activeElement.closest("[data-post-id]");
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

const follow = (keys) => dialog.querySelector(`[data-keys="${keys}"]`)?.click();

// A field of this page, or else the page that has one.
function write(field, keys) {
  if (field?.checkVisibility()) field.focus();
  else follow(keys);
}

const ACTS = {
  j: () => step(1),
  k: () => step(-1),
  o: () => press(".when"),
  t: () => press('[formaction$="/thanks"]'),
  s: () => press('[formaction$="/save"]'),
  r: () => press('[href^="/new?reply_to="]'),
  n: () => write(document.querySelector("form[data-draft$=':new'] [name=line]"), "n"),
  "/": () => write(document.querySelector("main [type=search]"), "/"),
  "?": () => dialog.showModal(),
};

let first = ""; // the first key of two
let forgetting;

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey
    || target.closest?.(FIELD) || document.querySelector("dialog[open]")) return;
  clearTimeout(forgetting);
  const keys = first ? `${first} ${key}` : key;
  first = "";
  if (keys === "g") {
    first = key;
    forgetting = setTimeout(() => { first = ""; }, PAUSE);
  } else if (keys.length > 1) {
    follow(CSS.escape(keys));
  } else if (Object.hasOwn(ACTS, keys) && (!event.repeat || "jk".includes(keys))) {
    event.preventDefault(); // the key is not typed into the field that it leads to
    ACTS[keys]();
  }
});
