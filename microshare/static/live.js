// An open page stays up to date: new posts announce themselves and come when they are asked for,
// and the counts of those on the page count up. It asks about three times a minute, nothing while
// nobody looks, ever less often while the server does not answer, and no more when signed out.

const words = document.getElementById("live"); // a template: words, and what counts are made of
const EVERY = Number(words.dataset.every); // ms
const LONGEST = 300_000; // ms between two questions to a server that is away
const PATIENCE = 15_000; // ms until a server that says nothing is away
const MOST = 100; // posts that the server counts at once

const say = (what, n) => words.dataset[`${what}${n === 1 ? "One" : "Many"}`]
  .replace("{n}", n < MOST ? n : `${MOST}+`);
const posts = () => [...document.querySelectorAll("[data-post-id]")].filter(
  (post) => post.querySelector(".actions"));
const idOf = (post) => Number(post.dataset.postId);

class SignedOut extends Error {}

async function answerOf(address) {
  const signal = AbortSignal.timeout(PATIENCE);
  const answer = await fetch(address, { redirect: "manual", signal });
  if (answer.type === "opaqueredirect" || answer.status === 401) throw new SignedOut();
  if (answer.status === 204) return undefined;
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

// New posts

const news = document.querySelector("[data-news]");

function offer(count) {
  if (!count) {
    news.replaceChildren();
    return;
  }
  let button = news.querySelector("button");
  if (!button) {
    button = document.createElement("button");
    button.className = "button primary small";
    button.addEventListener("click", bring);
    news.append(button);
  }
  const told = say("news", count);
  if (button.textContent !== told) button.textContent = told;
}

async function askNews() {
  if (!news) return;
  const { news: feed, after } = news.dataset;
  offer((await answerOf(`/news?feed=${feed}&after=${after}`))?.count);
}

// The new posts come above those on the page, with a line between.
async function bring() {
  const answer = await fetch(location.pathname).catch(() => undefined);
  if (!answer) {
    document.dispatchEvent(new CustomEvent("told", { detail: words.dataset.offline }));
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [list, theirs] = [document, page].map((one) => one.querySelector("main > .posts"));
  const after = Number(news.dataset.after);
  const all = [...theirs?.querySelectorAll(":scope > [data-post-id]") ?? []];
  if (!list || !all.some((post) => idOf(post) <= after)) {
    location.assign(location.pathname); // the page was empty, or more came than it holds
    return;
  }
  const fresh = all.filter((post) => idOf(post) > after
    && !list.querySelector(`[data-post-id="${post.dataset.postId}"]`));
  const line = words.content.querySelector(".left-off").cloneNode(true);
  for (const old of list.querySelectorAll(".left-off")) old.remove();
  list.prepend(...fresh, line);
  news.dataset.after = Math.max(...all.map(idOf));
  news.replaceChildren();
  const read = page.querySelector("form.read");
  document.querySelector("form.read")?.remove();
  if (read) {
    list.before(read);
    read.dispatchEvent(new Event("brought", { bubbles: true }));
  }
  const [first] = list.children;
  first.tabIndex = -1;
  first.focus({ preventScroll: true });
  first.scrollIntoView();
}

// Counts

const REPLIES = ".action:first-child + .count"; // the other count is of thanks

function count(post, kind, number) {
  let shown = post.querySelector(kind === "replies" ? REPLIES : `.count:not(${REPLIES})`);
  if (Number(shown?.textContent ?? 0) === number) return;
  if (kind === "thanks") {
    document.dispatchEvent(new CustomEvent("thanked", { detail: post.dataset.postId }));
  }
  const still = post.querySelector(".action.still"); // in the place of a button, at own posts
  if (!number) {
    shown.remove();
    if (kind === "thanks") still?.remove();
    return;
  }
  if (!shown) {
    shown = words.content.querySelector(".count").cloneNode();
    shown.href = `/posts/${post.dataset.postId}`;
    const [reply] = post.querySelector(".actions").children;
    let beside = kind === "replies" ? reply : post.querySelector('[formaction$="/thanks"]');
    if (!beside) {
      beside = words.content.querySelector(".still").cloneNode(true);
      (post.querySelector(REPLIES) ?? reply).after(beside);
    }
    beside.after(shown);
  }
  shown.textContent = number;
  shown.title = shown.ariaLabel = say(kind, number);
}

async function askCounts() {
  const ids = [...new Set(posts().map(idOf))].slice(0, MOST);
  if (!ids.length) return;
  const counts = await answerOf(`/counts?posts=${ids}`);
  for (const post of posts()) {
    const [replies, thanks] = counts[idOf(post)] ?? [];
    if (replies === undefined) continue; // withdrawn meanwhile, or too far down
    count(post, "replies", replies);
    count(post, "thanks", thanks);
  }
}

// When

let wait = EVERY;
let timer;
let isAsking = false;
let isOver = false;

async function ask() {
  clearTimeout(timer);
  if (isOver || isAsking || document.hidden) return;
  isAsking = true;
  try {
    await Promise.all([askNews(), askCounts()]);
    wait = EVERY;
  } catch (error) {
    isOver = error instanceof SignedOut;
    wait = Math.min(2 * wait, LONGEST);
  }
  isAsking = false;
  plan();
}

function plan() {
  // A tenth earlier or later, so that the pages of a company do not all ask at once.
  if (!isOver && !document.hidden) timer = setTimeout(ask, wait * (0.9 + Math.random() / 5));
}

document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : ask()));
window.addEventListener("online", ask);
document.addEventListener("posted", ask);
plan();
