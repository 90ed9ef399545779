"use strict";
// One tile: text into its parts, only where it changed; and the order tiles stand in.

const PARTS = ["place", "age", "shape", "word", "fix", "because", "model", "unit", "mark"];
const MOVING = ["connecting", "reading", "judging"];

export function write(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

export function show(node, shown) {
  if (node && node.hidden === shown) node.hidden = !shown;
}

export function clock(date) {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

export function ago(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
}

// Order: by slot, port 2 before port 10, as the server has it

export function natural(text) {
  return text.split(/(\d{1,9})/).map((part, at) => (at % 2 ? [0, Number(part), ""] : [1, 0, part]));
}

function compare(a, b) {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    for (let field = 0; field < 3; field += 1) {
      if (a[at][field] !== b[at][field]) return a[at][field] < b[at][field] ? -1 : 1;
    }
  }
  return a.length - b.length;
}

export function before(one, other) {
  return compare(one.order, other.order) || compare(one.tie, other.tie);
}

// What it says

function kind(view) {
  if (view.verdict) return view.verdict.toLowerCase();
  return needing(view) ? "need" : view.phase;
}

export function needing(view) {
  return view.fix && !view.verdict && !view.gone;
}

function says(view) {
  if (view.verdict) return view.verdict;
  return view.gone ? "Unplugged" : view.phase.slice(0, 1).toUpperCase() + view.phase.slice(1);
}

function rest(view) {
  if (view.verdict) return view.because[0] ?? "";
  const words = view.words.startsWith(view.phase) ? view.words.slice(view.phase.length) : view.words;
  return words.replace(/^[:, ]+/, "");
}

export function taken(item) {
  const tie = natural(item.dataset.key); // of two units that say they are in one slot
  const slot = item.querySelector(".slot");
  const part = Object.fromEntries(PARTS.map((name) => [name, slot.querySelector(`.${name}`)]));
  part.progress = slot.querySelector("progress");
  return { item, slot, part, view: null, order: [], tie, told_at: 0, age_s: 0 };
}

export function fill(tile, view) {
  const { slot, part } = tile;
  const name = `slot ${kind(view)}${view.gone ? " gone" : ""}`;
  if (slot.dataset.look !== name) {
    slot.className = name;
    slot.dataset.look = name;
  }
  write(part.place, view.slot || view.unit);
  write(part.shape, view.shape);
  write(part.word, says(view));
  write(part.fix, view.verdict ? "" : view.fix);
  write(part.because, rest(view));
  write(part.model, view.model);
  write(part.unit, view.slot ? view.unit : "");
  write(part.mark, [view.known && "judged before", view.gone && "unplugged"].filter(Boolean).join(", "));
  const going = MOVING.includes(view.phase) && !view.verdict && !view.gone;
  show(part.progress, going);
  if (going && part.progress.value !== view.percent) {
    part.progress.value = view.percent;
    part.progress.setAttribute("aria-label", `${view.phase}, ${view.percent} %`);
  }
  if ((slot.getAttribute("href") || "") !== view.url) {
    if (view.url) slot.setAttribute("href", view.url);
    else slot.removeAttribute("href");
  }
}
