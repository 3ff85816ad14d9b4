// A second click, or a key held down, while the first is under way would ask twice: the second one would be told that it was done
// already. Whoever stops waiting, or comes back, may try again.
"use strict";
(() => {
  const free = (form) => { delete form.dataset.sent; };
  addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method !== "post") return;
    if ("sent" in form.dataset) return event.preventDefault();
    form.dataset.sent = "";
    setTimeout(free, 10000, form);
  });
  addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(free));
})();
