"use strict";
// The wall, live: what the server tells goes into the tiles as text, and only where it changed.
import { attend, find, rove } from "./keys.js";
import { Sound } from "./sound.js";
import { listen } from "./stream.js";
import { ago, before, fill, natural, needing, show, taken, write } from "./tile.js";

const bench = document.getElementById("bench");
const pattern = document.getElementById("tile");
const tiles = new Map(); // key -> {item, slot, part, view, told_at}
const CROWD = 30; // as the server has it
const VERDICTS = ["FAIL", "INCONCLUSIVE", "REVIEW", "PASS"];

function place(tile) {
  const rest = [...tiles.values()].filter((other) => other !== tile && before(other, tile) > 0);
  const next = rest.reduce((least, other) => (least && before(least, other) < 0 ? least : other), null);
  const after = next ? next.item : null;
  if (tile.item.nextElementSibling === after && tile.item.parentNode === bench) return;
  const focused = tile.slot === document.activeElement; // moving a node takes its focus away
  bench.insertBefore(tile.item, after);
  if (focused) tile.slot.focus({ preventScroll: true });
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
  bench.classList.toggle("crowd", tiles.size > CROWD);
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
  const waiting = [...tiles.values()].filter((tile) => needing(tile.view)).sort(before);
  const found = new Map();
  for (const { slot, view } of waiting) {
    if (!found.has(view.fix)) found.set(view.fix, []);
    found.get(view.fix).push([slot.id, view.slot || view.unit]);
  }
  const told = [...found].sort((one, other) => other[1].length - one[1].length);
  const focused = box.contains(document.activeElement) ? document.activeElement.hash : "";
  write(document.getElementById("needing"), String(waiting.length));
  list(box.querySelector("ul"), told, ([fix, those]) => {
    const item = document.createElement("li");
    const strong = document.createElement("strong");
    strong.textContent = fix;
    item.append(strong);
    for (const [id, where] of those) {
      const link = document.createElement("a");
      link.href = `#${encodeURIComponent(id)}`;
      link.textContent = where;
      item.append(" ", link);
    }
    return item;
  });
  show(box, waiting.length > 0);
  if (focused && document.activeElement === document.body) {
    [...box.querySelectorAll("a")].find((link) => link.hash === focused)?.focus({ preventScroll: true });
  }
}

function say(sentences) {
  if (!sentences.length) return;
  const most = 5;
  const more = sentences.length > most ? ` and ${sentences.length - most} more` : "";
  // the same words twice are told twice, so this is written even where it does not change
  document.getElementById("told").textContent = sentences.slice(0, most).join(". ") + more;
}

// What the server tells

let version = -1;
let leaving = 0;

function whole(told, first) {
  if (told.crate !== (document.body.querySelector("[data-crate]")?.dataset.crate ?? null)) {
    // another crate, or none: another page; whoever ended it is told first what came of it
    clearTimeout(leaving);
    leaving = setTimeout(() => location.reload(), 1000);
    return;
  }
  // a station that was started again says that there is none until it has gone on with it
  if (leaving) first = true;
  clearTimeout(leaving);
  leaving = 0;
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
  find(tiles);
  age();
}

// A page that was drawn while there was no crate has a form, which nobody's typing may be lost from.
function begun(told) {
  show(document.getElementById("begun"), told.crate !== null);
}

function start() {
  for (const item of bench.children) {
    const tile = taken(item);
    tile.order = natural(tile.part.place.textContent);
    tiles.set(item.dataset.key, tile);
  }
  attend(tiles);
  Sound.offer(document.getElementById("sound"));
  show(document.getElementById("refresh"), false);
  rove();
  setInterval(age, 1000);
  listen(whole);
}

if (bench && pattern) start();
else listen(begun);
