// A reply is written below its post, and stands there when it is sent; the page stays.
// Without it, Reply leads to a page of its own, and so does a reply that was sent.

const page = async (address) => {
  const answer = await fetch(address).catch(() => undefined);
  return answer?.ok ? new DOMParser().parseFromString(await answer.text(), "text/html") : undefined;
};

// Names that point to others in their form; the page may have the same names already.
const POINTERS = ["for", "aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "list"];

function rename(form, ending) {
  const names = new Set([...form.querySelectorAll("[id]")].map((one) => one.id));
  for (const one of form.querySelectorAll("[id]")) one.id += ending;
  for (const name of POINTERS) {
    for (const one of form.querySelectorAll(`[${name}]`)) {
      const told = one.getAttribute(name).split(/\s+/);
      one.setAttribute(name, told.map((id) => (names.has(id) ? id + ending : id)).join(" "));
    }
  }
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.('[data-post-id] a[href^="/new?reply_to="]');
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
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
  const form = (await page(link.href))?.querySelector("form[data-composer]");
  if (!form || above.nextElementSibling?.matches(".replying")) {
    if (!form) location.assign(link.href);
    return;
  }
  rename(form, `-to-${post.dataset.postId}`);
  const place = document.createElement("div");
  place.className = "replying";
  place.append(form);
  above.after(place);
  form.dispatchEvent(new Event("brought", { bubbles: true }));
  form.elements.line.focus();
});

// Escape closes it, where it closes nothing else first.
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
