"use strict";
// A sound for each verdict, told apart by direction, pitch and number; made here, muted until somebody asks.
export const Sound = (() => {
  // [Hz, starts after s, lasts s, wave]: PASS rises, FAIL falls low, REVIEW knocks twice, INCONCLUSIVE wavers
  const TUNES = {
    PASS: [[660, 0, 0.12, "sine"], [990, 0.13, 0.22, "sine"]],
    REVIEW: [[520, 0, 0.1, "triangle"], [520, 0.18, 0.1, "triangle"]],
    FAIL: [[330, 0, 0.2, "sawtooth"], [247, 0.22, 0.2, "sawtooth"], [165, 0.44, 0.4, "sawtooth"]],
    INCONCLUSIVE: [
      [440, 0, 0.1, "square"], [554, 0.11, 0.1, "square"], [440, 0.22, 0.1, "square"], [554, 0.33, 0.1, "square"],
    ],
  };
  const LASTS_S = 0.95;
  const MOST_WAITING_S = 4;
  const KEPT = "sound";
  let context = null;
  let free_at = 0;
  let wanted = false;

  function keep() {
    try {
      localStorage.setItem(KEPT, wanted ? "on" : "off");
    } catch {
      // storage may be forbidden; then it lasts as long as the page
    }
  }

  try {
    wanted = localStorage.getItem(KEPT) === "on";
  } catch {
    wanted = false;
  }

  async function wake() {
    if (!wanted || !("AudioContext" in window)) return;
    context ??= new AudioContext();
    await context.resume();
  }

  function play(verdict) {
    const tune = TUNES[verdict];
    if (!wanted || !tune || context?.state !== "running") return;
    const start = Math.max(context.currentTime, free_at);
    if (start - context.currentTime > MOST_WAITING_S) return; // a bench full of verdicts is no concert
    free_at = start + LASTS_S;
    for (const [hertz, after, lasts, wave] of tune) {
      const tone = context.createOscillator();
      const loudness = context.createGain();
      tone.type = wave;
      tone.frequency.value = hertz;
      loudness.gain.setValueAtTime(0.0001, start + after);
      loudness.gain.exponentialRampToValueAtTime(wave === "sine" ? 0.5 : 0.2, start + after + 0.015);
      loudness.gain.exponentialRampToValueAtTime(0.0001, start + after + lasts);
      tone.connect(loudness).connect(context.destination);
      tone.start(start + after);
      tone.stop(start + after + lasts + 0.02);
    }
  }

  function words() {
    if (!("AudioContext" in window)) return "Sound: this browser has none";
    if (!wanted) return "Sound off: turn on";
    return context?.state === "running" ? "Sound on: turn off" : "Sound on once you press";
  }

  // A browser lets a page be heard only after somebody touched it.
  function offer(button) {
    const say = () => {
      button.textContent = words();
    };
    const touched = () => {
      wake().then(say, say);
    };
    button.hidden = false;
    say();
    button.addEventListener("click", async () => {
      wanted = !wanted;
      keep();
      await wake();
      say();
      if (wanted) play("PASS");
    });
    addEventListener("pointerdown", (event) => event.target !== button && touched(), { passive: true });
    addEventListener("keydown", (event) => event.target !== button && touched());
  }

  return { offer, play };
})();
