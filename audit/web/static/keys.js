"use strict";
// The wall by keyboard: arrows go from tile to tile, as they stand; one of them is in the order of Tab.
import { write } from "./tile.js";

const bench = document.getElementById("bench");

function shown() {
  return [...bench.children].filter((item) => !item.hidden).map((item) => item.querySelector(".slot"));
}

export function rove(to) {
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

export function find(tiles) {
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

function key(event, tiles) {
  const typing = event.target.closest?.("input, textarea, select, dialog");
  if (event.target.id === "find" && event.key === "Escape") {
    event.target.value = "";
    find(tiles);
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

export function attend(tiles) {
  document.addEventListener("keydown", (event) => key(event, tiles));
  bench.addEventListener("focusin", (event) => rove(event.target.closest(".slot")));
  document.getElementById("find").addEventListener("input", () => find(tiles));
  document.getElementById("finder").addEventListener("submit", (event) => {
    event.preventDefault();
    const [one] = shown();
    if (!one) return;
    rove(one);
    one.focus();
  });
  for (const button of document.querySelectorAll("[data-keys]")) {
    button.hidden = false;
    button.addEventListener("click", () => document.getElementById("keys").showModal());
  }
}
