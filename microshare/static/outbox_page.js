// The outbox as a page: each post that waits, why, and what can be done with it.

const list = document.querySelector("[data-posts]");
const template = document.querySelector("template[data-post]");
const reader = Number(document.querySelector('meta[name="reader"]').content);
const { outbox } = globalThis;
const TYPED = ["line", "note", "alt"];
const counter = [...document.scripts].find(({ src }) => src.includes("/counter.js"));
const { count } = await import(counter.src);

const shown = new Map(); // of each post: how it looks, its item, its pictures' addresses

function pictures(post, item) {
  const alts = post.entries.filter(([name]) => name === "alt").map(([, value]) => value);
  const photos = post.entries.filter(([, value]) => value instanceof Blob);
  return photos.map(([, photo], place) => {
    const image = document.createElement("img");
    image.src = URL.createObjectURL(photo);
    image.alt = alts[place] ?? "";
    item.querySelector("[data-pictures]").append(image);
    return image.src;
  });
}

// A field for each text of the post; what is typed is kept at once.
function fields(post, form) {
  post.entries.forEach(([name, value], place) => {
    if (!TYPED.includes(name)) return;
    const label = document.createElement("label");
    const field = document.createElement("textarea");
    label.textContent = list.dataset[name];
    field.rows = name === "note" ? 6 : 3;
    field.dir = "auto";
    field.value = value;
    field.addEventListener("input", () => {
      post.entries[place] = [name, field.value];
      outbox.write(post.id, post.entries);
    });
    label.append(field);
    form.prepend(label);
    if (name !== "line") return;
    const left = form.querySelector("[data-counter]");
    const tell = () => {
      const rest = Number(list.dataset.limit) - count(field.value);
      left.textContent = rest;
      left.classList.toggle("over", rest < 0);
    };
    field.addEventListener("input", tell);
    tell();
  });
  form.prepend(...[...form.querySelectorAll("label")].reverse());
}

function reason({ state, why, sentence, url }) {
  if (state === "waiting" && why === "signed-out") return [list.dataset.signIn, "/sign-in?next=/outbox"];
  if (state !== "refused") return ["", ""];
  if (why === "known") return [list.dataset.known, url];
  return [sentence || list.dataset.odd.replace("{code}", why), ""];
}

function drawn(post) {
  const item = template.content.cloneNode(true).firstElementChild;
  const find = (name) => item.querySelector(`[data-${name}]`);
  find("state").textContent = list.dataset[post.state];
  find("state").classList.add(post.state === "refused" ? "bad" : "open");
  find("at").textContent = new Date(post.at).toLocaleString(document.documentElement.lang,
    { dateStyle: "medium", timeStyle: "short" });
  find("line").textContent = outbox.valueOf(post.entries, "line");
  find("note").textContent = outbox.valueOf(post.entries, "note");
  const [why, address] = reason(post);
  find("why").hidden = !why;
  find("why").textContent = why;
  if (address) {
    const link = document.createElement("a");
    link.href = address;
    link.textContent = list.dataset[post.why === "known" ? "look" : "enter"];
    find("why").append(" ", link);
  }
  const isEdited = post.state === "editing";
  find("form").hidden = !isEdited;
  find("text").hidden = isEdited;
  find("acts").hidden = post.state === "sending";
  find("edit").hidden = isEdited;
  find("again").hidden = post.state !== "refused";
  if (isEdited) fields(post, find("form"));
  const go = async () => {
    await outbox.release(post.id);
    await outbox.drain(reader);
  };
  find("form").addEventListener("submit", (event) => {
    event.preventDefault();
    go();
  });
  find("again").addEventListener("click", go);
  find("edit").addEventListener("click", () => outbox.take(post.id, { state: "editing" }));
  find("discard").addEventListener("click", () => outbox.discard(post.id));
  return [item, pictures(post, item)];
}

function leave(id) {
  const [, item, addresses] = shown.get(id);
  const had = item.contains(document.activeElement);
  addresses.forEach(URL.revokeObjectURL);
  shown.delete(id);
  item.remove();
  return had;
}

async function draw() {
  const all = await outbox.all();
  const posts = all.filter(({ user, state }) => user === reader && state !== "sent");
  const others = all.filter(({ user, state }) => user !== reader && state !== "sent").length;
  let lost = false; // the focus, with the button that was pressed
  for (const id of [...shown.keys()]) {
    if (!posts.some((post) => post.id === id)) lost = leave(id) || lost;
  }
  for (const [place, post] of posts.entries()) {
    const look = JSON.stringify([post.state, post.why, post.sentence]);
    if (shown.get(post.id)?.[0] === look) continue;
    const had = shown.has(post.id) && leave(post.id);
    const [item, addresses] = drawn(post);
    shown.set(post.id, [look, item, addresses]);
    list.insertBefore(item, list.children[place] ?? null);
    if (had) (item.querySelector("[data-form]:not([hidden]) textarea") ?? item).focus();
  }
  if (lost) document.getElementById("main").focus();
  document.querySelector("[data-none]").hidden = posts.length > 0;
  const told = document.querySelector("[data-others]");
  told.hidden = !others;
  told.textContent = told.dataset.others.replace("{n}", others);
}

// One after the other, or two drawings of the same post would stand beside each other.
let drawing = draw();
outbox.listen(() => { drawing = drawing.then(draw); });
