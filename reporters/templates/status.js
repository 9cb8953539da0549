
"use strict";
(() => {
  // Every minute: fetch this page again, and put its content in place of the old. Every few seconds: say how
  // old it is. Ages are by the server's clock where it tells it, since a reader's own may be wrong.
  const EVERY = 60000;
  const TICK = 5000;
  const words = JSON.parse(document.documentElement.dataset.words);
  let ahead = 0;

  const content = () => document.querySelector("main");
  const now = () => (Date.now() + ahead) / 1000;
  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

  function age(seconds) {
    const whole = Math.max(0, Math.floor(seconds));
    const parts = [["age_days", 86400, 3600], ["hours", 3600, 60], ["minutes", 60, 60], ["seconds", 1, 1]];
    const [key, unit, part] = parts.find(([, size]) => whole >= size) || parts[3];
    return fill(words[key], {count: Math.floor(whole / unit), rest: Math.floor(whole % unit / part)});
  }

  function put(node, text) {
    if (node.textContent !== text) node.textContent = text;
  }

  function tick() {
    const {at, staleAfter} = content().dataset;
    for (const node of document.querySelectorAll("[data-age]")) {
      const seconds = now() - Number(node.dataset.age);
      put(node, seconds < 60 ? words.now : fill(words.ago, {age: age(seconds - seconds % 60)}));
    }
    const old = now() - Number(at);
    const stale = old > Number(staleAfter);
    const banner = document.getElementById("stale");
    document.body.classList.toggle("old", stale);
    document.title = (stale ? words.stale + ": " : "") + content().dataset.title;
    if (!stale) return banner.replaceChildren();
    if (!banner.firstChild) {
      const box = document.createElement("div");
      box.className = "stale";
      box.append(document.createElement("strong"), document.createElement("span"));
      banner.append(box);
    }
    put(banner.querySelector("strong"), words.stale);
    put(banner.querySelector("span"), fill(words.stale_why, {age: age(old - old % 60)}));
  }

  function swap(page) {
    const next = page.querySelector("main");
    if (!next || next.dataset.version === content().dataset.version) return;
    if (page.documentElement.dataset.assets !== document.documentElement.dataset.assets) return location.reload();
    const opened = new Map(Array.from(content().querySelectorAll("details[id]"), (one) => [one.id, one.open]));
    const wasOk = new Map(Array.from(content().querySelectorAll("details[id]"), (one) => [one.id, one.dataset.level]));
    const focus = document.activeElement && document.activeElement.closest("[id]");
    for (const one of next.querySelectorAll("details[id]")) {
      if (opened.has(one.id) && wasOk.get(one.id) === one.dataset.level) one.open = opened.get(one.id);
    }
    content().replaceWith(document.adoptNode(next));
    const icon = page.querySelector("link[rel=icon]");
    if (icon) document.querySelector("link[rel=icon]").href = icon.href;
    const again = focus && document.getElementById(focus.id);
    if (again) (again.querySelector("summary") || again).focus({preventScroll: true});
    tick();
  }

  async function refresh() {
    try {
      const answer = await fetch(location.href, {cache: "no-store", credentials: "same-origin"});
      if (!answer.ok) return;
      const told = Date.parse(answer.headers.get("Date"));
      if (told) ahead = told - Date.now();
      swap(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // No answer: the page grows old, and says so.
    }
  }

  tick();
  setInterval(tick, TICK);
  setInterval(refresh, EVERY);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) refresh();
  });
  addEventListener("beforeprint", () => {
    for (const one of document.querySelectorAll("details[data-level]:not([data-level=ok])")) one.open = true;
  });
})();
