// Completes a #tag or a @name while it is typed: a list under the field, which the arrow keys, a
// tap or a click choose from. Nothing is chosen until one does, so that typing, Enter and Tab mean
// what they always mean; an answer that is overtaken is dropped.

const WAIT = 120; // ms without a key before the server is asked
const LETTERS = "[\\p{L}\\p{Nd}\\p{M}_]";
const BEGUN = new RegExp(`(?<!${LETTERS}|[&/#＃@＠])([#＃@＠])(${LETTERS}{0,60})$`, "u");
const GOES_ON = new RegExp(`^${LETTERS}`, "u");

let field; // in which something is being completed
let list;
let timer;
let asked = new AbortController();

// What is being typed at the caret, with its sign; undefined where it is neither tag nor name.
function begun({ value, selectionStart: at, selectionEnd }) {
  const before = value.slice(Math.max(0, at - 200), at);
  if (at !== selectionEnd || GOES_ON.test(value.slice(at)) || /:\/\/\S*$/.test(before)) return undefined;
  const [, sign, name] = BEGUN.exec(before) ?? [];
  if (!sign || (!name && !"#＃".includes(sign))) return undefined;
  return sign + name;
}

function close() {
  clearTimeout(timer);
  asked.abort();
  if (!field) return;
  list.remove();
  field.removeAttribute("aria-activedescendant");
  field.removeAttribute("aria-controls");
  status(field).textContent = "";
  field = undefined;
}

function open(typed, { options, said: words }) {
  list = document.createElement("ul");
  list.id = `${typed.id}-offers`;
  list.role = "listbox";
  list.className = "offers";
  list.ariaLabel = typed.dataset.completed;
  list.replaceChildren(...options.map((option, number) => {
    const item = document.createElement("li");
    const told = document.createElement("small");
    item.id = `${list.id}-${number}`;
    item.role = "option";
    item.ariaSelected = "false";
    item.dataset.text = option.text;
    told.textContent = option.told;
    item.append(option.text, " ", told);
    return item;
  }));
  typed.after(list);
  typed.setAttribute("aria-controls", list.id);
  status(typed).textContent = words;
  field = typed;
}

// Beside a field that is typed into: the words for who cannot see the list.
function status(typed) {
  const there = typed.parentElement.querySelector("[role=status]");
  if (there) return there;
  const made = document.createElement("span");
  made.className = "unseen";
  made.role = "status";
  typed.parentElement.append(made);
  typed.setAttribute("aria-autocomplete", "list");
  typed.setAttribute("aria-haspopup", "listbox");
  return made;
}

function look(typed) {
  status(typed); // there before it says something, or it would not be read out
  const start = begun(typed);
  if (field !== typed) close();
  clearTimeout(timer);
  asked.abort();
  if (start === undefined) {
    close();
    return;
  }
  asked = new AbortController();
  const { signal } = asked;
  timer = setTimeout(async () => {
    const what = "#＃".includes(start[0]) ? "tags" : "people";
    try {
      const answer = await fetch(`/hints/${what}?${new URLSearchParams({ q: start.slice(1) })}`,
        { signal, redirect: "error" });
      const offers = await answer.json();
      if (signal.aborted || document.activeElement !== typed) return;
      close();
      if (!answer.ok || !offers.options.length) return;
      open(typed, offers);
    } catch {
      if (!signal.aborted) close(); // no connection, or no session: the writer goes on without
    }
  }, WAIT);
}

const chosen = () => list.querySelector("[aria-selected=true]");

function choose(item) {
  const before = chosen();
  if (before) before.ariaSelected = "false";
  item.ariaSelected = "true";
  item.scrollIntoView({ block: "nearest" });
  field.setAttribute("aria-activedescendant", item.id);
}

function take(item) {
  const typed = field;
  const end = typed.selectionStart;
  const start = end - begun(typed).length;
  const blank = /^\s/.test(typed.value.slice(end)) ? "" : " ";
  close();
  typed.focus();
  typed.setSelectionRange(start, end);
  // As if it were typed, so that it can be undone.
  if (!document.execCommand("insertText", false, item.dataset.text + blank)) {
    typed.setRangeText(item.dataset.text + blank, start, end, "end");
    typed.dispatchEvent(new Event("input", { bubbles: true }));
  }
}

// Also while letters are composed: a phone's keyboard composes every word. Keys are left to it then.
document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-completed]")) look(target);
});

document.addEventListener("keydown", (event) => {
  if (event.target !== field || event.isComposing || event.keyCode === 229) return;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const items = [...list.children];
  const at = items.indexOf(chosen());
  if (event.key === "ArrowDown") choose(items[(at + 1) % items.length]);
  else if (event.key === "ArrowUp") choose(items[at < 1 ? items.length - 1 : at - 1]);
  else if (event.key === "Escape") close();
  else if ((event.key === "Enter" || event.key === "Tab") && at >= 0 && !event.shiftKey) take(items[at]);
  else {
    if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close();
    return;
  }
  event.preventDefault();
  event.stopPropagation();
}, true);

// A tap keeps the field in focus, and the keyboard of a phone open.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest(".offers")) event.preventDefault();
});
document.addEventListener("click", ({ target }) => {
  const item = target.closest(".offers [role=option]");
  if (item) take(item);
  else close();
});
document.addEventListener("focusout", ({ target }) => {
  if (target === field) close();
});
