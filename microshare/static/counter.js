// How many of its 140 characters a line takes: the rule of `text.py`, so that what the counter
// allows the server takes. A web address counts as 23 characters at most.

const URL_COUNTS = 23;
const LARGE = 20_000; // letters that are no line in any case: how many there are is near enough
const NEAR = 20; // characters left from which a screen reader is told
const BLANKS = /[\p{White_Space}\ufeff]+/gu;
const clusters = new Intl.Segmenter(undefined, { granularity: "grapheme" });

// JavaScript has no atomic groups; a group in a lookahead, taken by its name, is one.
let groups = 0;
const atomic = (body) => `(?=(?<g${++groups}>${body}))\\k<g${groups}>`;
const outer = (make) => {
  const name = `g${++groups}`; // named before what is inside it
  return `(?=(?<${name}>${make()}))\\k<${name}>`;
};

const FOLDED = "\u0130\u017f\u212a"; // to Python, letters of a-z too where case does not count
const UNSPACED = "\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Hangul}"
  + "\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}ー";
const ENDING = `(?:com|org|net|edu|gov|info|biz|dev|app|[a-z]{2})(?=[${UNSPACED}\\p{So}])`;
const HOSTED = "\\p{L}\\p{M}\\p{N}\\p{So}\\p{Emoji_Modifier}\\u00b7\\u200c\\u200d";
const label = () => atomic(`[${HOSTED}](?:[${HOSTED}_\\-]{0,61}[${HOSTED}])?`);
const HEAD = new RegExp(
  `(?<![A-Za-z0-9${FOLDED}@＠$#＃])https?://`
  + `(?<host>${label()}${outer(() => `(?:\\.(?!${ENDING})${label()}){0,30}`)}`
  + `(?:\\.${ENDING}|(?![${HOSTED}_\\-])))`
  + atomic("(?::\\p{Nd}{1,5})?")
  + `(?![@＠+]|\\.[${HOSTED}_\\-]|:[A-Za-z/])`, "giu");

const ENDS = "a-z0-9=_#/+\\-\\p{Script=Latin}\\p{Script=Cyrillic}\\p{Script=Greek}\\p{M}";
const GOES_ON = "(?:[!*';:,.$%\\[~–@|&]|\\](?!\\())";
const PLAIN = `(?:[${ENDS}]|${GOES_ON})`;
const pair = () => `\\((?:${atomic(`${PLAIN}+`)}`
  + `|${atomic(`${PLAIN}*`)}\\(${atomic(`${PLAIN}+`)}\\)${atomic(`${PLAIN}*`)})\\)`;
const query = () => outer(
  () => `(?:${atomic(`(?:${GOES_ON}|\\?)*`)}(?:[${ENDS}]|${pair()}))+`);
const behind = () => outer(() => `(?:[?#]${query()})?`);
const TAIL = new RegExp(
  outer(() => `(?:/${outer(() => `(?:${atomic(`${GOES_ON}*`)}(?:[${ENDS}]|${pair()}))*`)})?`)
  + behind(), "iuy");
const SHORTENED = new RegExp(
  `${atomic(`(?:/[a-z0-9${FOLDED}]{0,40})?`)}(?![a-z0-9${FOLDED}])${outer(() => `(?:\\?${query()})?`)}`, "iuy");

function isHost(labels) {
  const last = labels.at(-1);
  if (labels.some((one) => one.startsWith("xn--") && /[^\0-\x7f]/.test(one))) return false;
  if (labels.length === 1) return true;
  if (/^\p{Nd}+$/u.test(last)) {
    return labels.length === 4 && labels.every((one) => /^\d+$/.test(one) && Number(one) < 256);
  }
  const hyphen = last.includes("-") && !last.startsWith("xn--");
  return [...last].length > 1 && !hyphen && !(labels.at(-2) + last).includes("_");
}

function* urls(line) {
  HEAD.lastIndex = 0;
  for (let head; (head = HEAD.exec(line));) {
    const host = head.groups.host.toLowerCase();
    const ending = host === "t.co" ? SHORTENED : TAIL;
    ending.lastIndex = HEAD.lastIndex;
    if (ending.test(line) && isHost(host.split("."))) {
      yield [head.index, ending.lastIndex];
      HEAD.lastIndex = ending.lastIndex;
    }
  }
}

const length = (text) => [...clusters.segment(text)].length;

export function count(written) {
  const line = written.normalize("NFC").replace(BLANKS, " ").replace(/^ +| +$/g, "");
  let total = 0;
  let at = 0;
  for (const [start, end] of [...urls(line)]) {
    total += length(line.slice(at, start)) + Math.min(URL_COUNTS, length(line.slice(start, end)));
    at = end;
  }
  return total + length(line.slice(at));
}

let telling;

function show(line) {
  const shown = line.form.querySelector("[data-counter]");
  const told = line.form.querySelector("[data-count-told]");
  const left = line.dataset.limit
    - (line.value.length > LARGE ? line.value.length : count(line.value));
  shown.hidden = false;
  shown.textContent = left;
  shown.classList.toggle("near", left >= 0 && left <= NEAR);
  shown.classList.toggle("over", left < 0);
  clearTimeout(telling);
  // When the writer pauses, or each letter would be read out.
  telling = setTimeout(() => {
    const words = left < 0 ? told.dataset.over : told.dataset.left;
    told.textContent = left > NEAR ? "" : words.replace("{n}", Math.abs(left));
  }, 700);
}

document.addEventListener("input", ({ target }) => {
  if (target.matches?.("[data-counted]")) show(target);
});
for (const line of document.querySelectorAll("[data-counted]")) show(line);
document.addEventListener("brought", ({ target }) => {
  for (const line of target.querySelectorAll("[data-counted]")) show(line);
});
