// Photos of a post: chosen, taken, pasted or dropped; each with a description or marked as
// decoration, and shrunk on the device. The files stand in the form's own file fields, so the form
// is sent as any other.

const EDGE = 2048; // pixels, the longest edge that the server keeps
const SMALL = 1.5e6; // bytes up to which a photo that fits is left alone

// The photo as it is sent; what this browser cannot read (HEIC, mostly) goes as it is.
async function shrunk(file) {
  const image = new Image();
  image.src = URL.createObjectURL(file);
  try {
    await image.decode();
    const { naturalWidth: width, naturalHeight: height } = image;
    const share = Math.min(1, EDGE / Math.max(width, height));
    if (share === 1 && file.size <= SMALL) return file;
    const canvas = document.createElement("canvas");
    canvas.width = Math.max(1, Math.round(width * share));
    canvas.height = Math.max(1, Math.round(height * share));
    const pen = canvas.getContext("2d");
    pen.fillStyle = "#fff"; // a JPEG has no glass
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((done) => {
      canvas.toBlob((blob) => done(blob ?? file), "image/jpeg", 0.85);
    });
  } catch {
    return file;
  } finally {
    URL.revokeObjectURL(image.src);
  }
}

function open(fold) {
  const { form } = fold.querySelector("input");
  const { limit, largest, full, odd, heavy, busy } = fold.dataset;
  const told = fold.querySelector("[data-photo-told]");
  const acts = fold.querySelector("[data-acts]");
  const pattern = fold.querySelector(".photo-choice");
  const { accept } = pattern.querySelector("[type=file]");
  const types = accept.split(",");
  const first = form.querySelectorAll("[name=remove]").length + 1;
  const left = []; // what was typed about photos that a refused form lost
  const working = new Set();
  const choices = () => [...fold.querySelectorAll(".photo-choice")];
  // Those that a post has already count too, unless they are to be removed.
  const isFull = () => choices().length
    + form.querySelectorAll("[name=remove]:not(:checked)").length >= Number(limit);

  for (const one of choices()) {
    const alt = one.querySelector("[name=alt]").value;
    const plain = one.querySelector("select").value;
    if (alt || plain) left.push([alt, plain]);
    one.remove();
  }
  const count = () => {
    for (const one of form.querySelectorAll(".photo-choice")) {
      const alt = one.querySelector("[maxlength]");
      const label = alt.parentElement;
      label.hidden = one.querySelector("select").value === "1";
      alt.required = !label.hidden && !one.querySelector("[name=remove]:checked");
    }
    choices().forEach((one, i) => {
      for (const place of one.querySelectorAll("[data-number]")) place.textContent = i + first;
    });
    acts.hidden = isFull();
  };
  const changed = () => {
    count();
    form.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const isPhoto = (file) => types.includes(file.type) || /\.hei[cf]$/i.test(file.name);

  function show(sent, said = left.shift()) {
    const choice = pattern.cloneNode(true);
    const [input, plain, alt] = choice.querySelectorAll("[name]");
    const image = document.createElement("img");
    [alt.value, plain.value] = said ?? ["", ""];
    choice.querySelector("[data-file]").hidden = true;
    const remove = choice.querySelector("[data-remove]");
    remove.hidden = false;
    remove.addEventListener("click", () => {
      choice.remove();
      changed();
      (acts.querySelector("button") ?? form.elements.line).focus();
    });
    image.alt = "";
    choice.classList.add("shown");
    const files = new DataTransfer();
    files.items.add(sent);
    input.files = files.files;
    image.src = URL.createObjectURL(sent);
    image.addEventListener("load", () => URL.revokeObjectURL(image.src));
    image.addEventListener("error", () => image.remove()); // a HEIC that only the server can show
    choice.querySelector("legend").after(image);
    acts.before(choice);
    fold.open = true;
    count();
  }

  async function add(file) {
    if (isFull()) return full;
    if (!isPhoto(file)) return odd;
    const sent = await shrunk(file);
    if (sent.size > Number(largest)) return heavy;
    if (isFull()) return full;
    // By its name a draft knows it.
    show(new File([sent], crypto.randomUUID(), { type: sent.type || "image/heic" }));
    changed();
    return "";
  }

  async function addAll(files) {
    told.textContent = busy;
    const work = (async () => {
      const answers = [];
      for (const file of files) answers.push(await add(file));
      return answers;
    })();
    working.add(work);
    const answers = await work;
    working.delete(work);
    if (!working.size) told.textContent = answers.find(Boolean) ?? "";
    const empty = choices().map((one) => one.querySelector("[name=alt]:required"))
      .find((alt) => alt && !alt.value);
    empty?.focus({ preventScroll: true });
  }

  function ask(camera) {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = accept;
    input.multiple = !camera;
    if (camera) input.capture = "environment";
    input.addEventListener("change", () => addAll([...input.files]));
    input.click();
  }
  fold.querySelector("[data-pick]").addEventListener("click", () => ask(false));
  fold.querySelector("[data-camera]").addEventListener("click", () => ask(true));

  form.addEventListener("paste", (event) => {
    const { files, types: kinds } = event.clipboardData;
    if (!files.length || kinds.includes("text/plain")) return;
    event.preventDefault();
    addAll([...files]);
  });
  const brings = (event) => event.dataTransfer?.types.includes("Files");
  form.addEventListener("dragover", (event) => {
    if (!brings(event)) return;
    event.preventDefault();
    form.classList.add("dropping");
  });
  form.addEventListener("dragleave", () => form.classList.remove("dropping"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("dropping");
    if (!brings(event)) return;
    event.preventDefault();
    addAll([...event.dataTransfer.files]);
  });

  // Instead of all others, these.
  const replace = (photos) => {
    for (const one of choices()) one.remove();
    for (const [file, ...said] of photos) show(file, said);
    count();
  };
  form.addEventListener("reset", () => replace([]));
  form.addEventListener("photos", ({ detail }) => {
    left.length = 0;
    fold.querySelector("[data-again]")?.remove();
    replace(detail);
  });
  form.addEventListener("change", count);
  count();

  // Sent while a photo is being shrunk: as soon as that is done.
  form.addEventListener("submit", async (event) => {
    if (!working.size) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    await Promise.all(working);
    form.requestSubmit();
  }, true);
}

const openAll = (where) => where.querySelectorAll("[data-photos]").forEach(open);
openAll(document);
document.addEventListener("brought", ({ target }) => openAll(target)); // one that came later
