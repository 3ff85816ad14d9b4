// Script only improves: every page works without it. No inline code, no outside source, nothing stored.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // -- Upload with progress: the same form, sent by XMLHttpRequest because fetch can't tell how much has left.
  const FAILED = "Se perdió la conexión antes de terminar. Su archivo sigue en este equipo: vuelva a intentarlo cuando tenga señal.";
  const IDLE_MS = 60000; // no byte has left for this long: the line is dead

  function upload(form) {
    const input = $("input[type=file]", form);
    const box = $("[data-drop]", form);
    const progress = $("[data-progress]", form);
    const bar = $("progress", form);
    const told = $("[data-told]", form);
    const error = $("[data-error]", form);
    const button = $("button[type=submit]", form);
    const limit = Number(form.dataset.limit);

    const fail = (text) => {
      error.textContent = text;
      error.hidden = false;
      progress.hidden = true;
      button.disabled = false;
      input.setAttribute("aria-invalid", "true");
      error.focus();
    };
    const refusal = (request) => {
      try {
        const problem = JSON.parse(request.responseText);
        return [problem.title, problem.detail].filter(Boolean).join(" ");
      } catch { return "No pudimos recibir el archivo. Inténtelo de nuevo en un momento."; }
    };

    if (box) {
      for (const kind of ["dragenter", "dragover"]) box.addEventListener(kind, (event) => { event.preventDefault(); box.classList.add("over"); });
      for (const kind of ["dragleave", "drop"]) box.addEventListener(kind, () => box.classList.remove("over"));
      box.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files.length) input.files = event.dataTransfer.files; });
    }
    form.addEventListener("submit", (event) => {
      const file = input.files[0];
      event.preventDefault();
      error.hidden = true;
      input.removeAttribute("aria-invalid");
      if (!file) return fail("Elija primero el archivo que firmó.");
      if (file.size === 0) return fail("El archivo está vacío (0 bytes). Elija el documento firmado.");
      if (limit && file.size > limit) return fail(`El archivo pesa ${(file.size / 1e6).toLocaleString("es-EC", { maximumFractionDigits: 1 })} MB y el máximo es ${Math.floor(limit / 1e6)} MB.`);
      const request = new XMLHttpRequest();
      let heart = setTimeout(() => request.abort(), IDLE_MS);
      const alive = () => { clearTimeout(heart); heart = setTimeout(() => request.abort(), IDLE_MS); };
      request.upload.addEventListener("progress", (event) => {
        alive();
        if (!event.lengthComputable) return;
        const percent = Math.floor(event.loaded / event.total * 100);
        bar.value = percent;
        told.textContent = percent < 100 ? `Subiendo: ${percent} %` : "Subido. Esperando el comprobante…";
      });
      request.addEventListener("load", () => {
        clearTimeout(heart);
        if (request.status < 300 && request.responseText) {
          try { return location.assign(JSON.parse(request.responseText).page); } catch { /* falls to the message below */ }
        }
        fail(refusal(request));
      });
      for (const kind of ["error", "abort"]) request.addEventListener(kind, () => { clearTimeout(heart); fail(FAILED); });
      request.open("POST", form.action);
      request.setRequestHeader("Accept", "application/json");
      progress.hidden = false;
      bar.value = 0;
      told.textContent = "Subiendo: 0 %";
      button.disabled = true;
      request.send(new FormData(form));
    });
  }

  // -- While the machine is checking, the page looks again by itself and swaps what changed.
  function refresh() {
    const live = $("[data-refresh]");
    if (!live) return;
    let wait = 800;
    const look = async () => {
      try {
        const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const next = answer.ok && $("main", page);
        if (next && !$("[data-refresh]", next)) {
          $("main").replaceWith(document.importNode(next, true));
          document.title = page.title;
          start();
          const head = $("main h1");
          head.tabIndex = -1;
          head.focus();
          return;
        }
      } catch { /* the line is down: keep trying, ever more slowly */ }
      wait = Math.min(wait * 1.4, 15000);
      setTimeout(look, wait);
    };
    setTimeout(look, wait);
  }

  // -- Countdown by the time that was left when the page was made, so a wrong clock at home does no harm.
  function countdown(box) {
    const shown = $("b", box);
    const end = performance.now() + Number(box.dataset.seconds) * 1000;
    const tick = () => {
      const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
      shown.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
      box.classList.toggle("late", left <= 30);
      const spoken = $("[data-spoken]", box);
      if (left === 60 || left === 30) spoken.textContent = `Quedan ${left} segundos.`;
      if (left > 0) return setTimeout(tick, 250);
      spoken.textContent = "El tiempo terminó.";
      const over = $("[data-over]");
      if (over) over.hidden = false;
      for (const part of $$("[data-until-over]")) part.hidden = true;
    };
    tick();
  }

  // -- Password rules, live. The server decides; this only saves a round trip.
  const ROWS = ["0123456789", "1234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm"];
  const runs = (text) => [...text.toLowerCase()].map((_, at, all) => all.slice(at, at + 4).join("")).filter((run) => run.length === 4);
  const sequence = (run) => ROWS.some((row) => row.includes(run) || row.includes([...run].reverse().join("")));
  function password(form) {
    const field = $("input[name=password]", form);
    const [least, most] = [Number(form.dataset.least), Number(form.dataset.most)];
    const rules = {
      length: (text) => [...text].length >= least && [...text].length <= most,
      uppercase: (text) => /[A-Z]/.test(text),
      lowercase: (text) => /[a-z]/.test(text),
      digit: (text) => /[0-9]/.test(text),
      special: (text) => /[!-/:-@[-`{-~]/.test(text),
      sequence: (text) => text !== "" && !runs(text).some(sequence),
      repeat: (text) => text !== "" && !/(.)\1{3}/i.test(text),
      character: (text) => text !== "" && /^[!-~]+$/.test(text),
    };
    field.addEventListener("input", () => {
      for (const line of $$("[data-rule]", form)) {
        const rule = rules[line.dataset.rule];
        if (!rule) { line.className = ""; continue; }
        line.className = rule(field.value) ? "met" : "";
      }
    });
    const show = $("[data-show]", form);
    show.closest("label").hidden = false;
    show.addEventListener("change", () => { for (const input of $$("[data-secret]", form)) input.type = show.checked ? "text" : "password"; });
  }

  function copy(button) {
    if (!navigator.clipboard) return;
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(button.dataset.copy);
      button.textContent = "Copiado";
    });
  }

  function start() {
    $$("form[data-upload]").forEach(upload);
    $$("form[data-password]").forEach(password);
    $$("[data-seconds]").forEach(countdown);
    $$("[data-copy]").forEach(copy);
    for (const button of $$("[data-print]")) { button.hidden = false; button.addEventListener("click", () => print()); }
    refresh();
  }
  start();
})();
