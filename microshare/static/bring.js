// A composer comes to the page that one is on: a reply below its post, and stands there when it is
// sent; a new post in a dialog over the page, or where there is a composer already, the way leads
// to it. Without this, or a connection, both are links to pages of their own.

const NEW = "/new";

const page = async (address) => {
  const answer = await fetch(address).catch(() => undefined);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : undefined;
};

// The composer of a page, by other names: the page that it comes to may have the same already.
const POINTERS = ["for", "aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "list"];

function composerOf(there, ending) {
  const form = there?.querySelector("form[data-composer]");
  if (!form) return undefined;
  const names = new Set([...form.querySelectorAll("[id]")].map((one) => one.id));
  for (const one of form.querySelectorAll("[id]")) one.id += ending;
  for (const name of POINTERS) {
    for (const one of form.querySelectorAll(`[${name}]`)) {
      const told = one.getAttribute(name).split(/\s+/);
      one.setAttribute(name, told.map((id) => (names.has(id) ? id + ending : id)).join(" "));
    }
  }
  return form;
}

const brought = (form) => form.dispatchEvent(new Event("brought", { bubbles: true }));

let dialog;

async function made() {
  const there = await page(NEW);
  const form = composerOf(there, "-new");
  if (!form) return undefined;
  const box = document.createElement("dialog");
  const title = document.createElement("h2");
  const close = document.createElement("button");
  title.textContent = there.querySelector("h1").textContent;
  box.className = "over";
  box.ariaLabel = title.textContent;
  close.type = "button";
  close.className = "stop";
  close.ariaLabel = form.dataset.close;
  close.addEventListener("click", () => box.close());
  box.append(title, close, form);
  document.body.append(box);
  brought(form);
  return box;
}

async function compose() {
  const here = document.querySelector('main form[data-composer][data-draft$=":new"]');
  if (here) {
    here.scrollIntoView({ block: "nearest" });
    here.elements.line.focus();
    return;
  }
  dialog ??= await made();
  if (!dialog) location.assign(NEW);
  else if (!dialog.open) dialog.showModal();
}

async function reply(link) {
  const post = link.closest("[data-post-id]");
  const above = post.closest(".posts > *") ?? post; // in a thread it stands in a frame of its own
  const open = above.nextElementSibling;
  if (open?.matches(".replying")) {
    open.remove(); // the text is kept as a draft
    return;
  }
  const there = document.querySelector(`[name="reply_to"][value="${post.dataset.postId}"]`);
  if (there) {
    there.form.elements.line.focus();
    return;
  }
  const form = composerOf(await page(link.href), `-to-${post.dataset.postId}`);
  if (!form || above.nextElementSibling?.matches(".replying")) {
    if (!form) location.assign(link.href);
    return;
  }
  const place = document.createElement("div");
  place.className = "replying";
  place.append(form);
  above.after(place);
  brought(form);
  form.elements.line.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(`a[href^="${NEW}"]`);
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  const isNew = link.matches(`[href="${NEW}"]`);
  if (!isNew && !link.matches(`[data-post-id] [href^="${NEW}?reply_to="]`)) return;
  event.preventDefault();
  if (isNew) compose();
  else reply(link);
});

// Escape closes a reply, where it closes nothing else first.
document.addEventListener("keydown", (event) => {
  const place = event.key === "Escape" && !event.defaultPrevented
    && event.target.closest?.(".replying");
  if (!place) return;
  const post = place.previousElementSibling;
  place.remove();
  post.querySelector('a[href^="/new?reply_to="]')?.focus();
});

// The composer tells that its post is there, and leads to it unless told not to.
document.addEventListener("posted", async (event) => {
  const form = event.target;
  const place = form.closest(".replying");
  const thread = document.querySelector(".thread");
  if (!place && !(thread && form.elements.reply_to)) return;
  event.preventDefault();
  const { url } = event.detail;
  const [id] = /\d+$/.exec(new URL(url, location).pathname);
  const reply = (await page(url))?.querySelector(`[data-post-id="${id}"]`);
  if (!reply) {
    location.assign(url);
    return;
  }
  reply.classList.remove("current");
  reply.removeAttribute("aria-current");
  reply.tabIndex = -1;
  const shown = thread ? reply.closest(".posts > *") : reply;
  if (place) place.replaceWith(shown);
  else thread.insertBefore(shown, thread.querySelector(":scope > .older"));
  reply.focus();
});
