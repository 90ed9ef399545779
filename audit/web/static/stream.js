"use strict";
// The connection to the station: it comes back by itself, and what is old is shown as old.
import { clock, show, write } from "./tile.js";

const SILENT_MS = 9000; // the station gives a sign of life every five seconds
const MOST_WAIT_S = 5;

export function listen(heed) {
  let source = null;
  let heard_at = new Date();
  let first = true;
  let beats = false;
  let retry = 0;

  function lost(why = "lost") {
    for (const one of document.querySelectorAll("[data-lost]")) show(one, one.dataset.lost === why);
    write(document.getElementById("since"), clock(heard_at));
    show(document.getElementById("lost"), true);
    document.body.classList.add("old");
  }

  function heard() {
    heard_at = new Date();
    retry = 0;
    show(document.getElementById("lost"), false);
    document.body.classList.remove("old");
  }

  function connect() {
    source?.close();
    first = true;
    source = new EventSource("/events");
    source.onmessage = (event) => {
      const told = JSON.parse(event.data);
      if (told.closed) {
        source.close(); // nobody is logged in any more: there is no use in coming back
        beats = false;
        lost("closed");
        return;
      }
      heard();
      const whole = first;
      first = false;
      heed(told, whole);
    };
    source.addEventListener("beat", () => {
      beats = true;
      heard();
    });
    source.onerror = () => {
      first = true;
      lost();
      if (source.readyState !== EventSource.CLOSED) return; // the browser comes back by itself
      retry = Math.min(retry + 1, MOST_WAIT_S);
      setTimeout(connect, 1000 * retry);
      ask();
    };
  }

  // Why it was refused, which an EventSource does not tell.
  async function ask() {
    try {
      const answer = await fetch("/events", { method: "HEAD" });
      if (answer.status === 401 || answer.status === 403) lost("closed");
    } catch {
      // nobody is there: that is said already
    }
  }

  // A network that was pulled out says nothing: it is noticed by the signs of life that do not come.
  setInterval(() => {
    if (!beats || new Date() - heard_at < SILENT_MS) return;
    beats = false;
    lost();
    connect();
  }, 1000);
  connect();
}
