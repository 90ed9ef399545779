"use strict";
// How the page looks on this screen: kept in this browser alone, and set before anything is drawn.
(() => {
  const root = document.documentElement;
  const LOOKS = {
    theme: ["", "dark", "light"],
    size: ["", "far"],
  };
  const WORDS = {
    theme: { "": "Theme: system", dark: "Theme: dark", light: "Theme: light" },
    size: { "": "Size: near", far: "Size: far, 2 m" },
  };

  function kept(name) {
    try {
      return localStorage.getItem(`look-${name}`) || "";
    } catch {
      return ""; // storage may be forbidden; then a look lasts as long as the page
    }
  }

  function keep(name, value) {
    try {
      localStorage.setItem(`look-${name}`, value);
    } catch {
      // as above
    }
  }

  function put(name, value) {
    if (LOOKS[name].includes(value) && value !== "") {
      root.dataset[name] = value;
    } else {
      delete root.dataset[name];
    }
  }

  for (const name of Object.keys(LOOKS)) {
    put(name, kept(name));
  }

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("button[data-look]")) {
      const name = button.dataset.look;
      if (!(name in LOOKS)) continue;
      const say = () => {
        button.textContent = WORDS[name][root.dataset[name] || ""];
      };
      button.hidden = false;
      say();
      button.addEventListener("click", () => {
        const values = LOOKS[name];
        const next = values[(values.indexOf(root.dataset[name] || "") + 1) % values.length];
        put(name, next);
        keep(name, next);
        say();
      });
    }
  });
})();
