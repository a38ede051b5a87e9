// What every page does beyond its forms: nothing is sent twice by a double tap, and menus close.
// Without it, everything works by buttons and links.

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return; // sent by a script
  if (event.submitter?.formTarget) return; // it only looks
  if (form.dataset.sent) event.preventDefault(); // the second tap
  form.dataset.sent = "1";
});

// Back from the browser's own memory: forms may be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// One menu at a time; a click elsewhere or Escape closes it.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("toggle", ({ target }) => {
  if (target.open && target.matches?.("main .menu")) {
    target.querySelector(".panel").scrollIntoView({ block: "nearest" });
  }
}, true);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// A sentence to the reader that belongs to no place on the page.
const toast = document.getElementById("toast");
let saying;
document.addEventListener("told", ({ detail }) => {
  clearTimeout(saying);
  toast.textContent = detail;
  saying = setTimeout(() => { toast.textContent = ""; }, 10_000);
});

// Where a new colleague is on the globe.
const zone = document.querySelector("[data-time-zone]");
if (zone && !zone.value) zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
