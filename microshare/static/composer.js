// The composer loses nothing: a draft stays on this device until its post is there, also without
// a connection; its photos in a cache of their own. Each draft is kept under the key of its post, by which the server knows a post
// that is sent twice, and belongs to one tab at a time, so that two never write over each other.
// A post is put into the outbox before it is sent: from there it goes by itself when the connection
// or this page has gone meanwhile. Ctrl+Enter (or Cmd+Enter) sends.

const FIELDS = ["line", "note", "kind"];
const PHOTOS = "photos of drafts";
const LEAVING = 1000; // ms that the page before may take to let go of its draft

const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)),
  (byte) => byte.toString(16).padStart(2, "0")).join("");

// Storage may be full or forbidden; then the page itself is all there is.
const stored = (work) => {
  try { return work(); } catch { return undefined; }
};

// Whether this tab may have the draft; then until it is closed. Where the browser cannot tell
// (only over https it can), every tab may.
const held = new Set(); // by this tab, in a form that may be gone
const hold = (name) => new Promise((tell) => {
  if (!navigator.locks || held.has(name)) tell(true);
  else {
    navigator.locks.request(name, { signal: AbortSignal.timeout(LEAVING) }, () => {
      held.add(name);
      tell(true);
      return new Promise(() => {});
    }).catch(() => tell(false));
  }
});

const address = (name) => `/drafts/${encodeURIComponent(name)}`;

function open(form) {
  const shelf = `microshare draft ${form.dataset.draft} `;
  const { line, note, kind, key } = form.elements;
  const said = form.querySelector("[data-told]");
  const text = () => JSON.stringify(FIELDS.map((name) => form.elements[name].value));
  const photos = () => [...form.querySelectorAll(".photo-choice.shown")].map((one) => {
    const [{ files: [file] }, plain, alt] = one.querySelectorAll("[name]");
    return { file, said: [file.name, alt.value, plain.value] };
  });
  const isEmpty = () => !line.value.trim() && !note.value.trim() && !photos().length;
  let tried = ""; // the text that was sent under this key, if any
  let refused; // the id in the outbox of what stands here, after a refusal

  let kept = ""; // the names of the photos in the cache
  let keeping = Promise.resolve(true); // whether they all got there
  const keepPhotos = (files) => {
    const names = `${files.map(({ name }) => name)}`;
    if (names === kept) return;
    kept = names;
    const at = address(shelf + key.value);
    const body = new FormData();
    for (const file of files) body.append("photo", file);
    keeping = keeping.then(async () => {
      const cache = await caches.open(PHOTOS);
      await (names ? cache.put(at, new Response(body)) : cache.delete(at));
      return true;
    }).catch(() => false);
  };
  const forget = () => {
    stored(() => localStorage.removeItem(shelf + key.value));
    keepPhotos([]);
  };
  const keep = () => {
    if (isEmpty()) {
      forget();
      return;
    }
    const all = photos();
    stored(() => localStorage.setItem(shelf + key.value, JSON.stringify({
      text: text(), tried, at: Date.now(), photos: all.map(({ said }) => said),
    })));
    keepPhotos(all.map(({ file }) => file));
  };
  const drafts = () => stored(() => Object.keys(localStorage)
    .filter((name) => name.startsWith(shelf))
    .map((name) => ({ ...JSON.parse(localStorage.getItem(name)), key: name.slice(shelf.length) }))
    .sort((a, b) => b.at - a.at)) ?? [];

  const fill = (words) => {
    FIELDS.forEach((name, i) => { form.elements[name].value = words[i] ?? ""; });
    if (note.value || kind.value) note.closest("details").open = true;
    line.dispatchEvent(new Event("input", { bubbles: true }));
  };
  // The photos of a draft, as they were chosen and described.
  const photosOf = async (draft) => {
    if (!draft?.photos?.length) return [];
    const answer = await caches.match(address(shelf + draft.key)).catch(() => undefined);
    const files = (await answer?.formData())?.getAll("photo") ?? [];
    return draft.photos.map(([name, ...said]) => [files.find((one) => one.name === name), ...said])
      .filter(([file]) => file);
  };
  const show = (chosen) => {
    kept = `${chosen.map(([{ name }]) => name)}`;
    form.dispatchEvent(new CustomEvent("photos", { detail: chosen }));
  };
  const restore = async () => {
    if (!isEmpty()) { // a form that the server gave back, without its photos
      const chosen = await photosOf(drafts().find((one) => one.key === key.value));
      if (chosen.length) show(chosen);
    }
    for (const draft of drafts()) {
      if (!isEmpty()) return;
      if (await hold(shelf + draft.key)) {
        const chosen = await photosOf(draft);
        if (!isEmpty()) return; // typed meanwhile
        key.value = draft.key;
        tried = draft.tried;
        if (chosen.length) show(chosen);
        fill(stored(() => JSON.parse(draft.text)) ?? []);
        // The page may have gone after its post was put into the outbox, and before the draft was.
        const restored = text();
        if (await globalThis.outbox?.has(form) && text() === restored) clear();
        return;
      }
    }
  };
  const begin = (fresh) => {
    key.value = fresh;
    hold(shelf + fresh);
  };

  const tell = (sentence, role = "status") => {
    said.setAttribute("role", role);
    said.hidden = false;
    said.textContent = sentence;
  };
  const renew = () => {
    forget();
    begin(newKey());
    tried = "";
  };
  const clear = () => {
    renew();
    form.reset();
    FIELDS.forEach((name) => { form.elements[name].value = ""; });
    for (const fold of form.querySelectorAll(".fold")) fold.open = false;
    for (const one of [note, line]) one.dispatchEvent(new Event("input", { bubbles: true }));
  };

  // A kept page may be shown in two tabs, and out of the browser's store it has an old key.
  const isKept = document.documentElement.dataset.asOf;
  begin(isEmpty() || isKept ? newKey() : key.value);
  restore();

  form.addEventListener("input", keep);
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });

  // To the post, unless who shows this form has another way to show it.
  const go = (url) => {
    const told = { bubbles: true, cancelable: true, detail: { url } };
    if (form.dispatchEvent(new CustomEvent("posted", told))) location.assign(url);
  };

  // What became of the post; undefined where this browser keeps no outbox, or it is full.
  async function throughOutbox() {
    const user = parseInt(form.dataset.draft, 10);
    try {
      const id = await outbox.put(user, form, refused);
      forget();
      return await outbox.outcome(user, id);
    } catch {
      return undefined;
    }
  }

  function settle(post) {
    if (post.state === "refused" && post.sentence) {
      refused = post.id;
      if (post.why === "key-used") begin(newKey());
      tried = "";
      keep();
      // It stands here as it was typed; in the outbox too only where its photos found no room here.
      keeping.then((isKept) => isKept && outbox.discard(post.id));
      tell(post.sentence, "alert");
      return;
    }
    if (text() === tried) {
      clear();
    } else { // typed since: the beginning of another post
      renew();
      keep();
    }
    if (post.state === "sent") go(post.url);
    else if (post.state !== "refused") {
      tell(form.dataset[post.why === "signed-out" ? "signIn" : "offline"]);
    } // the frame tells what is refused without a sentence
  }

  form.addEventListener("submit", async (event) => {
    if (event.submitter?.formTarget) return; // it only looks
    event.preventDefault();
    if (form.dataset.sent) return;
    if (tried && tried !== text()) {
      // An attempt may have got through unseen; under its key, the new text would be dropped.
      forget();
      begin(newKey());
    }
    tried = text();
    keep();
    form.dataset.sent = "1";
    said.hidden = true;
    const post = await throughOutbox();
    if (post) {
      delete form.dataset.sent;
      settle(post);
      return;
    }
    let answer;
    try {
      answer = await fetch(form.action, {
        method: "POST", body: new FormData(form),
      });
    } catch {
      tell(form.dataset.kept);
      delete form.dataset.sent;
      return;
    }
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/posts/")) {
      clear(); // or Back would show it as if it were still to be sent
      delete form.dataset.sent;
      go(answer.url);
    } else {
      form.submit(); // whatever the server has to say, it says on a page of its own
    }
  });

  window.addEventListener("pageshow", (event) => {
    if (event.persisted) location.reload(); // what stands here may have been sent since
  });
}

// Photos whose draft went while the page did.
(async () => {
  if (!await caches.has(PHOTOS)) return;
  const cache = await caches.open(PHOTOS);
  for (const { url } of await cache.keys()) {
    const name = decodeURIComponent(new URL(url).pathname.slice(address("").length));
    if (!localStorage.getItem(name)) cache.delete(url);
  }
})().catch(() => undefined);
for (const form of document.querySelectorAll("form[data-composer]")) open(form);
document.addEventListener("brought", ({ target }) => {
  if (target.matches("form[data-composer]")) open(target);
});
