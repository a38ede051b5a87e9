// What helps before a line is posted: a new tag that is close to another is told, tags of posts
// like it are offered, and the note is shown as it will look.

const PAUSE = 600; // ms without a key before the server is asked
const SHORTEST = 8; // characters of a line that says something
const LONGEST = 1000; // characters beyond which it is no line yet

let timer;
let asked = new AbortController();

// Puts a text in the place of a part of the line, as if it were typed.
function write(line, text, start, end) {
  line.focus();
  line.setSelectionRange(start, end);
  if (!document.execCommand("insertText", false, text)) {
    line.setRangeText(text, start, end, "end");
    line.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

function button(tag, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button small quiet";
  made.textContent = tag;
  made.addEventListener("click", act);
  return made;
}

function said(words) {
  const made = document.createElement("span");
  made.textContent = words;
  return made;
}

// Where this very tag stands in the line, and not as the beginning of a longer one.
function place(line, tag) {
  for (let at = -1; (at = line.value.indexOf(tag, at + 1)) >= 0;) {
    if (!/^[\p{L}\p{Nd}\p{M}_]/u.test(line.value.slice(at + tag.length))) return at;
  }
  return -1;
}

function show(line, row, { doubles, fitting }) {
  const parts = [];
  for (const { written, near } of doubles.slice(0, 1)) {
    parts.push(said(row.dataset.double.replace("{tag}", written)));
    parts.push(...near.map((tag) => button(tag, () => {
      const at = place(line, written);
      if (at >= 0) write(line, tag, at, at + written.length);
    })));
  }
  if (!parts.length && fitting.length) {
    parts.push(said(row.dataset.fitting));
    parts.push(...fitting.map((tag) => button(tag, () => {
      const end = line.value.length;
      const blank = !end || /\s$/.test(line.value) ? "" : " ";
      write(line, `${blank}${tag} `, end, end);
    })));
  }
  row.setAttribute("aria-live", doubles.length ? "polite" : "off"); // what fits, who looks finds
  row.replaceChildren(...parts);
}

function look(line, row) {
  clearTimeout(timer);
  asked.abort();
  const { length } = line.value.trim();
  row.hidden = !length; // from the first letter on it has its place: nothing moves later
  if (length < SHORTEST || length > LONGEST) {
    row.replaceChildren();
    return;
  }
  asked = new AbortController();
  const { signal } = asked;
  timer = setTimeout(async () => {
    try {
      const answer = await fetch(`/hints/line?${new URLSearchParams({ q: line.value })}`,
        { signal, redirect: "error" });
      const found = answer.ok && await answer.json();
      if (found && !signal.aborted) show(line, row, found);
    } catch { /* no connection, or overtaken: the line is posted without */ }
  }, PAUSE);
}

async function preview(form, shown) {
  const answer = await fetch("/preview", {
    method: "POST",
    headers: { Accept: "application/json" },
    body: new URLSearchParams({
      csrf_token: form.elements.csrf_token.value, note: form.elements.note.value,
    }),
  }).catch(() => undefined);
  const found = await answer?.json().catch(() => undefined);
  if (!found) return;
  shown.hidden = false;
  shown.classList.toggle("refusal", !answer.ok);
  // Made and cleaned by the server, as the post will be; a sentence is text.
  if (answer.ok) shown.innerHTML = found.html;
  else shown.textContent = found.sentence;
}

document.addEventListener("input", ({ target }) => {
  const row = target.name === "line" && target.form?.querySelector("[data-hints]");
  if (row) look(target, row);
  const shown = target.name === "note" && target.form?.querySelector(".preview:not([hidden])");
  if (shown) shown.hidden = true; // it shows an older one
});

document.addEventListener("click", (event) => {
  const asks = event.target.closest("[data-preview]");
  if (!asks) return;
  event.preventDefault();
  preview(asks.form, asks.form.querySelector(".preview"));
});
