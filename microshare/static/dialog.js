// "New post" opens the composer over the page that one is on; where it is there already, the way
// leads to it. Without a connection, or without this, it is a link to a page.

const NEW = "/new";

let dialog;

async function made() {
  const answer = await fetch(NEW).catch(() => undefined);
  const page = answer?.ok && !answer.redirected
    && new DOMParser().parseFromString(await answer.text(), "text/html");
  const form = page && page.querySelector("form[data-composer]");
  if (!form) return undefined;
  // The page may have a form with the same names already.
  for (const named of form.querySelectorAll("[id]")) {
    for (const pointer of ["for", "aria-describedby"]) {
      form.querySelector(`[${pointer}="${named.id}"]`)?.setAttribute(pointer, `${named.id}-new`);
    }
    named.id += "-new";
  }
  const box = document.createElement("dialog");
  const title = document.createElement("h2");
  const close = document.createElement("button");
  title.textContent = page.querySelector("h1").textContent;
  box.className = "over";
  box.ariaLabel = title.textContent;
  close.type = "button";
  close.className = "stop";
  close.ariaLabel = form.dataset.close;
  close.addEventListener("click", () => box.close());
  box.append(title, close, form);
  document.body.append(box);
  form.dispatchEvent(new Event("brought", { bubbles: true }));
  return box;
}

document.addEventListener("click", async (event) => {
  const link = event.target.closest?.(`a[href="${NEW}"]`);
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const here = document.querySelector('main form[data-composer][data-draft$=":new"]');
  if (here) {
    here.scrollIntoView({ block: "nearest" });
    here.elements.line.focus();
    return;
  }
  dialog ??= await made();
  if (!dialog) location.assign(NEW);
  else if (!dialog.open) dialog.showModal();
});
