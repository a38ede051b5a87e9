// The outbox: what was written, with its photos, stands on this device until the server has said
// that it has it. Pages and the worker run this alike; whoever holds the lock sends, one post
// after the other, each under the key by which the server knows a post that is sent twice.
{
  const NAME = "microshare outbox";
  const PATIENCE = 120_000; // ms for one post with its photos; then it counts as not answered
  const SHOWN = 8_000; // ms that a writer looks on while it is sent
  const REMEMBERED = 3_600_000; // ms that it is known where a sent post went
  const LATER = [408, 425, 429]; // and 500 and more: not refused, only not now

  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(12)),
    (byte) => byte.toString(16).padStart(2, "0")).join("");
  const channel = new BroadcastChannel(NAME);
  const valueOf = (entries, name) => entries.find(([one]) => one === name)?.[1] ?? "";
  const withValue = (entries, name, value) => entries.map(
    (entry) => (entry[0] === name ? [name, value] : entry));

  let opening;
  const database = () => (opening ??= new Promise((done, fail) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => asked.result
      .createObjectStore("posts", { keyPath: "id", autoIncrement: true })
      .createIndex("key", "key", { unique: true });
    asked.onsuccess = () => {
      asked.result.onclose = () => { opening = undefined; };
      done(asked.result);
    };
    asked.onerror = () => {
      opening = undefined;
      fail(asked.error);
    };
  }));

  const answered = (asked) => new Promise((done, fail) => {
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => fail(asked.error);
  });

  // What `work` does with the posts, all or nothing, and on the disk when it is told.
  async function within(mode, work) {
    const all = (await database()).transaction("posts", mode, { durability: "strict" });
    const ended = new Promise((done, fail) => {
      all.oncomplete = done;
      all.onabort = () => fail(all.error);
    });
    const [result] = await Promise.all([work(all.objectStore("posts")), ended]);
    if (mode === "readwrite") channel.postMessage("changed");
    return result;
  }

  const every = () => within("readonly", (posts) => answered(posts.getAll()));
  const get = (id) => within("readonly", (posts) => answered(posts.get(id)));

  // The post with these facts changed; nothing where it is gone, or `may` says no.
  const change = (id, facts, may = () => true) => within("readwrite", async (posts) => {
    const post = await answered(posts.get(id));
    if (!post || !may(post)) return undefined;
    const changed = { ...post, ...facts };
    await answered(posts.put(changed));
    return changed;
  });

  const entriesOf = (form) => [...new FormData(form)].filter(([name, value]) => (
    name !== "csrf_token" && (typeof value === "string" || value.size || value.name))); // a file
  const printOf = (entries) => JSON.stringify(entries.map(([name, value]) => (
    typeof value === "string" ? [name, value] : [name, value.name, value.size])));

  // What the form says, put away before anything is sent, in the place of the post with the id
  // `refused`, which stood in the form. The same form twice is one post; any other text under its
  // key is another post.
  const put = (user, form, refused) => {
    const entries = entriesOf(form);
    const print = printOf(entries);
    return within("readwrite", async (posts) => {
      const post = {
        user, entries, print, key: valueOf(entries, "key"), state: "sending", at: Date.now(),
      };
      const known = await answered(posts.index("key").get(post.key));
      if (known?.state === "refused" && known.id === refused) {
        return answered(posts.put({ ...post, id: refused }));
      }
      if (known?.print === print) return known.id;
      if (known || !post.key) {
        post.key = newKey();
        post.entries = [...entries.filter(([name]) => name !== "key"), ["key", post.key]];
      }
      return answered(posts.add(post));
    });
  };

  // Whether the outbox has, or has sent, what is typed into the form.
  const has = async (form) => {
    const entries = entriesOf(form);
    const key = valueOf(entries, "key");
    const known = await within("readonly", (posts) => answered(posts.index("key").get(key)));
    const then = JSON.parse(known?.print ?? "[]");
    return known && ["line", "note", "kind"].every((name) => valueOf(then, name) === valueOf(entries, name));
  };

  // Who is signed in, what a form must carry, and where a post with this key is; or why that is
  // not known.
  async function ask(key) {
    try {
      const answer = await fetch(`/outbox/token?key=${encodeURIComponent(key)}`, {
        headers: { Accept: "application/json" }, signal: AbortSignal.timeout(PATIENCE),
      });
      if (answer.status === 401) return { why: "signed-out" };
      const { user, csrf_token: token, url } = await answer.json();
      return answer.ok && user && token ? { user, token, url } : { why: "away" };
    } catch {
      return { why: "away" };
    }
  }

  const waiting = (why) => ({ state: "waiting", why, hasWaited: true });

  async function deliver(post, token) {
    const isPlain = post.entries.every(([, value]) => typeof value === "string");
    const body = isPlain ? new URLSearchParams() : new FormData();
    for (const [name, value] of [...post.entries, ["csrf_token", token]]) body.append(name, value);
    let answer;
    try {
      answer = await fetch("/posts", {
        method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual",
        signal: AbortSignal.timeout(PATIENCE),
      });
    } catch {
      return waiting("away");
    }
    const { status } = answer;
    const { code, sentence, url } = await answer.json().catch(() => null) ?? {};
    if (status === 201 && url) return { state: "sent", url, entries: [], at: Date.now() };
    if (status === 401) return waiting("signed-out");
    if (code === "form-expired") return waiting(code);
    if (status >= 400 && status < 500 && !LATER.includes(status)) {
      return { state: "refused", why: code ?? String(status), sentence };
    }
    return waiting("away");
  }

  const isToSend = ({ state }) => state === "waiting" || state === "sending";

  // Whatever of this user is to be sent waits, all for the same reason.
  const stay = (user, why) => within("readwrite", async (posts) => {
    for (const post of await answered(posts.getAll())) {
      const isSo = post.state === "waiting" && post.why === why;
      if (post.user === user && isToSend(post) && !isSo) {
        await answered(posts.put({ ...post, ...waiting(why) }));
      }
    }
  });

  // Send what waits, oldest first, until the server does not answer. Tells why something of
  // `user` is left: "away" or "signed-out".
  const drain = (user) => navigator.locks.request(NAME, async () => {
    const old = Date.now() - REMEMBERED;
    for (const { id, state, at } of await every()) {
      if (state === "sent" && at < old) await within("readwrite", (p) => answered(p.delete(id)));
    }
    let who;
    for (;;) {
      const posts = await every();
      const post = posts.find((one) => isToSend(one) && one.user === (who?.user ?? user ?? one.user));
      if (!post) return "";
      const isAsked = !who || post.isEdited;
      if (isAsked) {
        who = await ask(post.isEdited ? post.key : "");
        const why = who.why ?? (who.user === post.user ? "" : "signed-out");
        if (why) {
          await stay(post.user, why);
          if (who.why || user) return why;
          continue; // of somebody else; those of who is signed in may go
        }
      }
      // Edited after it was under way: where the first text had come through, this one is kept.
      const facts = who.url ? { state: "refused", why: "known", url: who.url }
        : { state: "sending", why: "", isTried: true, isEdited: false };
      if (!await change(post.id, facts, isToSend) || who.url) {
        who.url = undefined;
        continue;
      }
      const outcome = await deliver(post, who.token);
      await change(post.id, outcome);
      if (outcome.why === "form-expired" && !isAsked) {
        who = undefined; // signed in anew meanwhile
      } else if (outcome.state === "waiting") {
        const why = outcome.why === "signed-out" ? outcome.why : "away";
        await stay(post.user, why);
        return why;
      }
    }
  });

  // What became of a post, told when the server has answered, or after a while.
  async function outcome(user, id) {
    const seen = new Promise((done) => { setTimeout(done, SHOWN); });
    await Promise.race([drain(user).catch(() => undefined), seen]);
    return get(id);
  }

  // A post that is being sent is let alone; one that only seems to be, for who sent it has died,
  // is not.
  const take = (id, facts) => navigator.locks.request(NAME, { ifAvailable: true }, (lock) => (
    change(id, facts, ({ state }) => state !== "sent" && (lock || state !== "sending"))));

  const discard = (id) => navigator.locks.request(NAME, { ifAvailable: true }, (lock) => (
    within("readwrite", async (posts) => {
      const kept = await answered(posts.get(id));
      if (kept && (lock || kept.state !== "sending")) await answered(posts.delete(id));
    })));

  // Typed into a post that is being edited: nobody sends it meanwhile.
  const write = (id, entries) => change(id, { entries }, ({ state }) => state === "editing");

  // Edited, or refused and tried again. What was sent before under its key with another text
  // becomes a post of its own: that is what its writer was asked.
  const release = async (id) => {
    const kept = await get(id);
    if (!kept) return;
    const isAnother = ["key-used", "known"].includes(kept.why);
    const facts = { state: "waiting", why: "", sentence: "", isEdited: kept.isEdited || kept.isTried };
    if (isAnother) {
      facts.key = newKey();
      facts.entries = withValue(kept.entries, "key", facts.key);
      facts.isTried = facts.isEdited = false;
    }
    await take(id, facts);
  };

  const listen = (told) => { new BroadcastChannel(NAME).onmessage = told; };

  if (globalThis.indexedDB && navigator.locks) {
    globalThis.outbox = {
      all: every, discard, drain, has, listen, outcome, put, release, take, valueOf, write,
    };
  }
}
