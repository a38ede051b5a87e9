// Thank, save, tag on, follow, mute: the form is sent, and what it changed is shown, without
// leaving the page. A button does so if it, or what it stands in, is `LIVE`:
//   what is muted or no longer followed in a post can be undone in the same place;
//   else in a post, its tags and what can be done are taken from the page of its choices;
//   in a `data-part`, all such parts are taken from the page as it is now.

const LIVE = ".actions, .reasons, [data-live]";
const postOf = (id) => `[data-post-id="${id}"]`;
const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// The tags that were tagged on, what can be done and who thanked, of a post wherever it stands on
// the page.
function refresh(posts, page, id) {
  const givers = `[data-givers="${id}"]`;
  document.querySelector(givers)?.replaceWith(page.querySelector(givers));
  const fresh = page.querySelector(postOf(id));
  for (const post of posts) {
    const acts = post.querySelector(".actions");
    if (!acts) continue; // it is shown in short
    const old = post.querySelector(".chips");
    const now = fresh.querySelector(".chips")?.cloneNode(true);
    old?.remove();
    if (now) (post.querySelector(".reasons") ?? acts).before(now);
    acts.replaceWith(fresh.querySelector(".actions").cloneNode(true));
  }
}

const words = document.getElementById("live").dataset;
const ENDING = ".reasons .stop, .post .spans:not([data-undoes])";

// Puts a button that undoes an act in the place of those for it, wherever they stand; or these back.
function turn(button) {
  const address = button.getAttribute("formaction");
  const turned = button.closest("[data-undoes]");
  if (turned) {
    for (const one of document.querySelectorAll("[data-undoes]")) {
      if (one.dataset.undoes === address) one.replaceWith(one.was);
    }
    return turned.was;
  }
  const pressed = button.closest(ENDING);
  let shown;
  for (const place of document.querySelectorAll(ENDING)) {
    if (place !== pressed && place.getAttribute("formaction") !== address) continue;
    const legend = place.querySelector("legend")?.cloneNode(true);
    const now = document.createElement(legend ? "fieldset" : "span");
    const undo = document.createElement("button");
    now.className = legend ? "spans" : "";
    now.dataset.undoes = address;
    now.dataset.live = "";
    undo.className = "button small quiet";
    undo.textContent = words.undo;
    undo.setAttribute("form", "acts");
    undo.setAttribute("formaction", address);
    if (button.name !== "undo") Object.assign(undo, { name: "undo", value: "1" });
    now.append(legend ?? "", undo);
    now.was = place;
    place.replaceWith(now);
    if (place === pressed) shown = now;
  }
  return shown;
}

// What takes the focus from the button that was pressed: the same as it is now, or the menu that it
// is folded into; or else what comes first.
function successor([...places], action) {
  const all = places.flatMap((place) => [...place.querySelectorAll("button, a, summary")]);
  const button = all.find((one) => one.formAction === action);
  return button?.closest("details:not([open])")?.querySelector("summary") ?? button ?? all[0];
}

async function send(form, button, { id, fields }) {
  const action = button.hasAttribute("formaction") ? button.formAction : form.action;
  const back = id ? `/posts/${id}/choices` : location.pathname + location.search;
  fields.set("next", back);
  let answer;
  try {
    answer = await fetch(action, { method: "POST", body: fields, keepalive: true });
  } catch {
    document.dispatchEvent(new CustomEvent("told", { detail: words.offline }));
    return;
  }
  const isBack = answer.ok && new URL(answer.url).pathname === new URL(back, location).pathname;
  const page = isBack && await parsed(answer);
  const all = postOf(id);
  const focused = document.activeElement;
  const isHere = focused.contains(button);
  let shown;
  if (!page || (id && !page.querySelector(`${all} .actions`))) {
    // Whatever the server has to say, it says on a page of its own; but who is signed out is asked
    // to sign in, and comes back here.
    const check = await fetch("/counts", { redirect: "manual" }).catch(() => answer);
    button.dataset.plain = "";
    if (check.type === "opaqueredirect") location.reload();
    else if (button.isConnected) form.requestSubmit(button);
  } else if (button.closest(`${ENDING}, [data-undoes]`)) {
    shown = turn(button);
    if (!shown.matches("button")) shown = shown.querySelector("button");
  } else if (id) {
    const posts = document.querySelectorAll(all);
    refresh(posts, page, id);
    form.reset();
    shown = successor(posts, action);
  } else {
    const parts = () => document.querySelectorAll("[data-part]");
    for (const part of parts()) {
      const now = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (now) part.replaceWith(now);
    }
    shown = successor(parts(), action);
  }
  // Unless somebody went on to something else.
  if (isHere || !focused.isConnected) shown?.focus();
}

// The script that counts tells that the thanks of this page's own post have changed.
document.addEventListener("thanked", async ({ detail: id }) => {
  const old = () => document.querySelector(`[data-givers="${id}"]`);
  const answer = old() && await fetch(`/posts/${id}/choices`).catch(() => undefined);
  const now = answer?.ok && (await parsed(answer)).querySelector("[data-givers]");
  if (now) old().replaceWith(now);
});

let queue = Promise.resolve(); // one after the other, so that the last answer is the newest

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (event.defaultPrevented || !button?.closest(LIVE) || "plain" in button.dataset) return;
  const { postId, about } = button.closest("[data-post-id], [data-about]")?.dataset ?? {};
  const id = postId ?? about;
  if (!id && !button.closest("[data-part]")) return;
  event.preventDefault();
  if (button.dataset.sent) return; // the second tap
  button.dataset.sent = "1";
  const fields = new URLSearchParams(new FormData(form, button));
  queue = queue.then(() => send(form, button, { id, fields })).catch(() => undefined)
    .then(() => { delete button.dataset.sent; });
});

// What else can be done with a post stands on a page of its own; here it unfolds in its place.
document.addEventListener("click", async (event) => {
  const link = event.target.closest?.("a.more");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const answer = await fetch(link.href).catch(() => undefined);
  const choices = answer?.ok && (await parsed(answer)).getElementById("choices");
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
