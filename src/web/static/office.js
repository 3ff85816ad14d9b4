// Keys for the back office. Every page works without this file: keys press what is on the page, and nothing else.
(() => {
  "use strict";
  const $ = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const keys = $("#teclas");
  const help = $("[data-help]");
  const typing = (element) => element.matches("input:not([type=radio]):not([type=checkbox]), textarea, select");
  const openPanel = () => $("details.panel[open]");

  if (help && keys) {
    help.hidden = false;
    help.addEventListener("click", () => keys.showModal());
  }

  // The queue: a selected line that J and K move and that Enter opens.
  const lines = all("[data-list] tbody th a");
  let chosen = -1;
  const choose = (next) => {
    if (!lines.length) return;
    chosen = Math.max(0, Math.min(lines.length - 1, next));
    lines[chosen].focus();
    lines[chosen].scrollIntoView({ block: "nearest" });
  };

  const show = (panel) => {
    all("details.panel").forEach((other) => { other.open = other === panel; });
    const first = $("input[type=radio], input[type=text]", panel);
    if (first) first.focus();
  };
  all("details.panel > summary").forEach((summary) => summary.addEventListener("click", (event) => {
    event.preventDefault();
    const panel = summary.parentElement;
    if (panel.open) panel.open = false; else show(panel);
  }));

  document.addEventListener("keydown", (event) => {
    const panel = openPanel();
    if (event.ctrlKey && event.key === "Enter" && panel) {
      event.preventDefault();
      const form = $("form", panel);
      if (form.reportValidity()) form.requestSubmit();
      return;
    }
    if (event.key === "Escape" && panel) {
      panel.open = false;
      $("summary", panel).focus();
      return;
    }
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target) || (keys && keys.open)) return;
    if (event.key === "?") {
      event.preventDefault();
      if (keys) keys.showModal();
      return;
    }
    if (panel && /^[1-9]$/.test(event.key)) {
      const reason = $(`input[name=reason][data-digit="${event.key}"]`, panel);
      if (reason) {
        event.preventDefault();
        reason.checked = true;
        reason.focus();
      }
      return;
    }
    const key = event.key.toLowerCase();
    if (lines.length && (key === "j" || key === "k")) {
      event.preventDefault();
      choose(chosen + (key === "j" ? 1 : -1));
      return;
    }
    const target = /^[a-z]$/.test(key) ? $(`[data-key="${key}"]`) : null;
    if (target) {
      event.preventDefault();
      target.click();
    }
  });

  // A sign of life while somebody works on a case, at most once a minute. What they typed stays where it is, whatever the answer: a line
  // above the panels says what happened.
  const mine = $("[data-mine]");
  if (mine) {
    let last = Date.now();
    const acts = $(".case-acts");
    const tell = (text) => {
      let line = $("[data-lost]");
      if (!text) return line && line.remove();
      if (!line) {
        line = document.createElement("p");
        line.className = "notice bad";
        line.dataset.lost = "";
        line.setAttribute("role", "alert");
        acts.prepend(line);
      }
      line.textContent = text;
    };
    const alive = () => {
      if (Date.now() - last < 60000) return;
      last = Date.now();
      fetch(mine.dataset.mine, { method: "POST", headers: { "x-ficha": mine.dataset.word } }).then((answer) => {
        if (answer.status === 409) return answer.json().then((lost) => tell(`${lost.why} Lo que escribió sigue aquí; no se guardó.`));
        if (answer.status === 401) return tell("Su sesión terminó. Confirme: podrá entrar otra vez y seguir con lo que escribió.");
        if (answer.ok) tell("");
      }).catch(() => {});
    };
    ["keydown", "pointerdown", "scroll"].forEach((kind) => document.addEventListener(kind, alive, { passive: true, capture: true }));
  }
})();
