"use strict";
// The wall, live: what the server tells goes into the tiles as text, and only where it changed.
import { Sound } from "./sound.js";

const bench = document.getElementById("bench");
const pattern = document.getElementById("tile");
const parts = ["place", "age", "says", "fix", "because", "model", "unit", "mark"];
const tiles = new Map(); // key -> {item, slot, part, view, told_at}
const MOVING = ["connecting", "reading", "judging"];
const VERDICTS = ["FAIL", "INCONCLUSIVE", "REVIEW", "PASS"];

// Text in the page

function write(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

function show(node, shown) {
  if (node && node.hidden === shown) node.hidden = !shown;
}

function clock(date) {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

function ago(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return `${whole} s`;
  return whole < 3600 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 3600)} h`;
}

// Order: by slot, port 2 before port 10, as the server has it

function natural(text) {
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

function before(one, other) {
  return compare(one.order, other.order) || compare(natural(one.view.key), natural(other.view.key));
}

function place(tile) {
  const rest = [...tiles.values()].filter((other) => other !== tile && before(other, tile) > 0);
  const next = rest.reduce((least, other) => (least && before(least, other) < 0 ? least : other), null);
  const after = next ? next.item : null;
  if (tile.item.nextElementSibling === after && tile.item.parentNode === bench) return;
  const focused = tile.slot === document.activeElement; // moving a node takes its focus away
  bench.insertBefore(tile.item, after);
  if (focused) tile.slot.focus({ preventScroll: true });
}

// A tile

function kind(view) {
  if (view.verdict) return view.verdict.toLowerCase();
  return needing(view) ? "need" : view.phase;
}

function needing(view) {
  return view.fix && !view.verdict && !view.gone;
}

function capitalised(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

function taken(item) {
  const slot = item.querySelector(".slot");
  const part = Object.fromEntries(parts.map((name) => [name, slot.querySelector(`.${name}`)]));
  part.progress = slot.querySelector("progress");
  return { item, slot, part, view: null, order: [], told_at: 0, age_s: 0 };
}

function fill(tile, view) {
  const { slot, part } = tile;
  const name = `slot ${kind(view)}${view.gone ? " gone" : ""}`;
  if (slot.dataset.look !== name) {
    slot.className = name;
    slot.dataset.look = name;
  }
  write(part.place, view.slot || view.unit);
  write(part.says, view.verdict ? `${view.shape} ${view.verdict}` : capitalised(view.phase));
  write(part.fix, view.verdict ? "" : view.fix);
  write(part.because, view.verdict ? [view.because].flat()[0] ?? "" : view.words);
  write(part.model, view.model);
  write(part.unit, view.slot ? view.unit : "");
  write(part.mark, [view.known && "judged before", view.gone && "unplugged"].filter(Boolean).join(", "));
  const going = MOVING.includes(view.phase) && !view.verdict && !view.gone;
  show(part.progress, going);
  if (going && part.progress.value !== view.percent) {
    part.progress.value = view.percent;
    part.progress.setAttribute("aria-label", `${view.phase}, ${view.percent ?? 0} %`);
  }
  if ((slot.getAttribute("href") || "") !== view.url) {
    if (view.url) slot.setAttribute("href", view.url);
    else slot.removeAttribute("href");
  }
}

function put(view) {
  let tile = tiles.get(view.key);
  if (!tile) {
    const item = pattern.content.firstElementChild.cloneNode(true);
    item.dataset.key = view.key;
    item.querySelector(".slot").id = `unit-${view.key}`;
    tile = taken(item);
    tiles.set(view.key, tile);
  }
  const moved = !tile.view || tile.view.slot !== view.slot || tile.item.parentNode !== bench;
  tile.view = view;
  tile.told_at = performance.now();
  tile.age_s = view.age_s;
  fill(tile, view);
  if (moved) {
    tile.order = natural(view.slot || view.unit);
    place(tile);
  }
  return tile;
}

function drop(key) {
  const tile = tiles.get(key);
  if (!tile) return;
  const focused = tile.slot === document.activeElement;
  const next = tile.item.nextElementSibling || tile.item.previousElementSibling;
  tile.item.remove();
  tiles.delete(key);
  if (focused && next) next.querySelector(".slot").focus();
}

function age() {
  if (document.hidden) return;
  const now = performance.now();
  for (const tile of tiles.values()) write(tile.part.age, ago(tile.age_s + (now - tile.told_at) / 1000));
}

// Around the tiles

function count() {
  const counts = Object.fromEntries(VERDICTS.map((name) => [name, 0]));
  for (const { view } of tiles.values()) if (view.verdict) counts[view.verdict] += 1;
  counts.done = VERDICTS.reduce((sum, name) => sum + counts[name], 0);
  counts.seen = tiles.size;
  for (const node of document.querySelectorAll("[data-count]")) {
    const number = counts[node.dataset.count];
    write(node, String(number));
    node.closest(".badge")?.classList.toggle("none", number === 0);
  }
  const told = VERDICTS.filter((name) => counts[name]).map((name) => `${counts[name]} ${name}`);
  show(document.getElementById("nobody"), tiles.size === 0);
  const title = document.body.querySelector("[data-crate]")?.dataset.crate ?? "";
  const whole = [`${counts.done} of ${counts.seen} done`, told.join(", "), title].filter(Boolean).join(" · ");
  if (document.title !== whole) document.title = whole;
}

function list(node, texts, make) {
  const now = JSON.stringify(texts);
  if (!node || node.dataset.now === now) return;
  node.dataset.now = now;
  node.replaceChildren(...texts.map(make));
}

function needs() {
  const box = document.getElementById("needs");
  const waiting = [...tiles.values()]
    .filter((tile) => tile.view && needing(tile.view))
    .sort(before)
    .map((tile) => [tile.slot.id, tile.view.slot || tile.view.unit, tile.view.fix]);
  const focused = box.contains(document.activeElement) ? document.activeElement.hash : "";
  write(document.getElementById("needing"), String(waiting.length));
  list(box.querySelector("ul"), waiting, ([id, where, fix]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const strong = document.createElement("strong");
    strong.append(document.createElement("bdi"));
    strong.firstChild.textContent = where;
    link.href = `#${id}`;
    link.append(strong, `: ${fix}`);
    item.append(link);
    return item;
  });
  show(box, waiting.length > 0);
  if (focused && document.activeElement === document.body) {
    box.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }
}

function say(sentences) {
  if (!sentences.length) return;
  const most = 5;
  const more = sentences.length > most ? ` and ${sentences.length - most} more` : "";
  write(document.getElementById("told"), sentences.slice(0, most).join(". ") + more);
}

// What the server tells

let version = -1;

function whole(told, first) {
  if (told.crate !== (document.body.querySelector("[data-crate]")?.dataset.crate ?? null)) {
    location.reload(); // another crate, or none: another page
    return;
  }
  const here = new Set(told.tiles.map((view) => view.key));
  if (first) for (const key of [...tiles.keys()]) if (!here.has(key)) drop(key);
  for (const key of told.gone ?? []) drop(key);
  const sentences = [];
  for (const view of told.tiles) {
    const was = tiles.get(view.key)?.view ?? null;
    const tile = put(view);
    if (view.verdict && version >= 0 && view.verdict !== was?.verdict && !view.known) {
      sentences.push(`${view.slot || view.unit}: ${view.verdict}`);
      Sound.play(view.verdict);
      tile.slot.classList.add("fresh");
    }
  }
  say(sentences);
  count();
  needs();
  const notices = document.getElementById("notices");
  list(notices, told.notices, (text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  });
  show(notices, told.notices.length > 0);
  version = told.version;
  rove();
  find();
  age();
}

// Connection: what is old is shown as old

let source = null;
let heard_at = new Date();
let first = true;
let beats = false;
let retry = 0;

function lost() {
  const box = document.getElementById("lost");
  write(document.getElementById("since"), clock(heard_at));
  show(box, true);
  document.body.classList.add("old");
}

function heard() {
  heard_at = new Date();
  retry = 0;
  show(document.getElementById("lost"), false);
  document.body.classList.remove("old");
}

function listen() {
  source?.close();
  first = true;
  source = new EventSource("/events");
  source.onmessage = (event) => {
    heard();
    const was_first = first;
    first = false;
    whole(JSON.parse(event.data), was_first);
  };
  source.addEventListener("beat", () => {
    beats = true;
    heard();
  });
  source.onerror = () => {
    first = true;
    lost();
    if (source.readyState === EventSource.CLOSED) {
      retry = Math.min(retry + 1, 5);
      setTimeout(listen, 1000 * retry);
    }
  };
}

// A network that was pulled out tells nothing: silence is noticed by the beats that are missing.
function watch() {
  if (beats && new Date() - heard_at > 8000) {
    lost();
    heard_at = new Date(heard_at);
    beats = false;
    listen();
  }
}

// Keys

function shown() {
  return [...bench.children].filter((item) => !item.hidden).map((item) => item.querySelector(".slot"));
}

function rove(to) {
  const slots = [...bench.querySelectorAll(".slot")];
  const now = to ?? slots.find((slot) => slot.tabIndex === 0 && slot.hasAttribute("tabindex")) ?? shown()[0];
  for (const slot of slots) {
    const wanted = slot === now ? "0" : "-1";
    if (slot.getAttribute("tabindex") !== wanted) slot.setAttribute("tabindex", wanted);
  }
}

function columns(slots) {
  const top = slots[0].getBoundingClientRect().top;
  const next = slots.findIndex((slot) => Math.abs(slot.getBoundingClientRect().top - top) > 4);
  return next === -1 ? slots.length : next;
}

function arrow(event) {
  const slots = shown();
  const at = slots.indexOf(document.activeElement);
  if (at === -1 || event.altKey || event.ctrlKey || event.metaKey) return;
  const row = columns(slots);
  const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: row, ArrowUp: -row, Home: -at, End: slots.length - 1 - at };
  if (!(event.key in by)) return;
  event.preventDefault();
  const next = slots[at + by[event.key]];
  if (!next) return;
  rove(next);
  next.focus();
}

function find() {
  const field = document.getElementById("find");
  if (!field) return;
  const wanted = field.value.trim().toLowerCase();
  let left = 0;
  for (const { item, view } of tiles.values()) {
    const text = [view.slot, view.unit, view.name, view.model, view.verdict].join(" ").toLowerCase();
    const fits = text.includes(wanted);
    item.hidden = !fits;
    left += fits ? 1 : 0;
  }
  write(document.getElementById("found"), wanted ? `${left} of ${tiles.size} shown` : "");
}

function key(event) {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (event.target.id === "find" && event.key === "Escape") {
    event.target.value = "";
    find();
  }
  if (typing) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("find")?.focus();
  } else if (event.key === "?") {
    document.getElementById("keys")?.showModal();
  } else {
    arrow(event);
  }
}

function start() {
  for (const item of bench.children) {
    const tile = taken(item);
    tiles.set(item.dataset.key, tile);
    tile.order = natural(tile.part.place.textContent);
  }
  document.addEventListener("keydown", key);
  bench.addEventListener("focusin", (event) => rove(event.target.closest(".slot")));
  document.getElementById("find")?.addEventListener("input", find);
  document.getElementById("finder")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const [one] = shown();
    if (one) {
      rove(one);
      one.focus();
    }
  });
  for (const button of document.querySelectorAll("[data-keys]")) {
    button.hidden = false;
    button.addEventListener("click", () => document.getElementById("keys").showModal());
  }
  const sound = document.getElementById("sound");
  if (sound) Sound.offer(sound);
  show(document.getElementById("refresh"), false);
  rove();
  setInterval(age, 1000);
  setInterval(watch, 1000);
  listen();
}

if (bench && pattern) start();
