// Thank, save, tag on, follow, mute: the form is sent, and what it changed is shown, without
// leaving the page. A button does so if it, or what it stands in, has `data-live`:
//   with `data-again`, these words take its place, with which it is undone;
//   in a post, its tags and what can be done with it are taken from the page of its choices;
//   in a `data-part`, all such parts are taken from the page as it is now.

const parsed = async (answer) => new DOMParser().parseFromString(await answer.text(), "text/html");

// The tags that were tagged on, and what can be done, of a post wherever it stands on the page.
function refresh(posts, fresh) {
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

// Puts the words that undo an act in the place of its buttons, wherever they stand; or these back.
function turn(button) {
  const isSame = (one) => one.formAction === button.formAction;
  if (button.was) {
    const words = [...document.querySelectorAll("[data-undoes]")].filter(isSame);
    for (const one of words) one.replaceWith(one.was);
    return button.was;
  }
  const pressed = button.closest("[data-again]");
  let shown;
  for (const place of document.querySelectorAll("[data-again]")) {
    if (place !== pressed && !isSame(place)) continue;
    const undo = document.createElement("button");
    undo.className = "button small quiet";
    undo.textContent = place.dataset.again;
    undo.setAttribute("form", "acts");
    undo.setAttribute("formaction", button.getAttribute("formaction"));
    if (button.name !== "undo") Object.assign(undo, { name: "undo", value: "1" });
    Object.assign(undo.dataset, { live: "", undoes: "" });
    undo.was = place;
    place.replaceWith(undo);
    if (place === pressed) shown = undo;
  }
  return shown;
}

// The focus goes to the button that was pressed as it is now, or the menu it is folded into.
function focusOn(places, action) {
  const [button] = [...places].flatMap((place) => [...place.querySelectorAll("button")])
    .filter((one) => one.formAction === action);
  const menu = button?.closest("details:not([open])");
  (menu?.querySelector("summary") ?? button)?.focus();
}

async function send(form, button, { id, fields }) {
  const action = button.formAction;
  const back = id ? `/posts/${id}/choices` : location.pathname + location.search;
  fields.set("next", back);
  let answer;
  try {
    answer = await fetch(action, { method: "POST", body: fields });
  } catch {
    const detail = document.getElementById("live").dataset.offline;
    document.dispatchEvent(new CustomEvent("told", { detail }));
    return;
  }
  const isBack = answer.ok && new URL(answer.url).pathname === new URL(back, location).pathname;
  const page = isBack && await parsed(answer);
  const all = `[data-post-id="${id}"]`;
  if (!page || (id && !page.querySelector(`${all} .actions`))) {
    // Whatever the server has to say, it says on a page of its own.
    button.dataset.plain = "";
    if (button.isConnected) form.requestSubmit(button);
  } else if (button.was || button.closest("[data-again]")) {
    const shown = turn(button);
    (shown.matches("button") ? shown : shown.querySelector("button")).focus();
  } else if (id) {
    const posts = document.querySelectorAll(all);
    refresh(posts, page.querySelector(all));
    focusOn(posts, action);
  } else {
    const parts = () => document.querySelectorAll("[data-part]");
    for (const part of parts()) {
      const now = page.querySelector(`[data-part="${part.dataset.part}"]`);
      if (now) part.replaceWith(now);
    }
    focusOn(parts(), action);
  }
}

let queue = Promise.resolve(); // one after the other, so that the last answer is the newest

document.addEventListener("submit", (event) => {
  const { target: form, submitter: button } = event;
  if (event.defaultPrevented || !button?.closest("[data-live]") || "plain" in button.dataset) return;
  const id = button.closest("[data-post-id]")?.dataset.postId;
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
  const link = event.target.closest?.("a[data-choices]");
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
