// Finds while one types: asks for the page of what stands in the field so far and takes its results.
// A question that is overtaken by the next one is given up; the address always tells the search.

const PAUSE = 150; // ms without a letter
const FEWEST = 2; // letters

const form = document.querySelector("[data-search]");
const told = document.querySelector("[data-found-told]");
const field = form?.elements.q;
let asking = new AbortController();
let timer;
let shown = field?.value.trim();

async function find(words, isTyping) {
  asking.abort();
  asking = new AbortController();
  shown = words;
  const address = new URL(form.action);
  for (const [name, value] of new FormData(form)) address.searchParams.set(name, value);
  address.searchParams.set("q", words);
  const asked = new URL(address);
  if (isTyping) asked.searchParams.set("typing", "1");
  let page;
  try {
    const answer = await fetch(asked, { signal: asking.signal });
    page = new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    return; // overtaken, or no connection: what is shown stays, and Enter asks again
  }
  const found = page.getElementById("found");
  if (!found) return;
  history.replaceState(null, "", address);
  document.title = page.title;
  document.getElementById("found").replaceWith(document.adoptNode(found));
  told.textContent = found.dataset.count;
  const here = address.pathname + address.search;
  for (const next of document.querySelectorAll('#acts input[name="next"]')) next.value = here;
}

field?.addEventListener("input", (event) => {
  clearTimeout(timer);
  const words = field.value.trim();
  if (event.isComposing || words === shown) return;
  if (words.length < FEWEST) {
    asking.abort();
    return;
  }
  timer = setTimeout(() => find(words, true), PAUSE);
});

form?.addEventListener("submit", () => {
  clearTimeout(timer);
  asking.abort();
});

// A filter writes its words into the field, where they can be read and changed.
document.addEventListener("click", (event) => {
  const chip = event.target.closest?.("a[data-chip]");
  if (!chip || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  clearTimeout(timer);
  field.value = new URL(chip.href).searchParams.get("q") ?? "";
  if (!field.value) {
    location.assign(chip.href);
    return;
  }
  field.focus();
  find(field.value.trim(), false);
});
