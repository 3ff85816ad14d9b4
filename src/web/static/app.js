// Script only improves: every page works without it. No inline code, no outside source, and no words: what is said stands in
// the page, in its language. All that is stored is the address of an upload that is not complete yet, so that it can be continued.
// A browser that can't parse a word of it runs none of it: nothing newer than async functions and spread objects (2018) is used.
"use strict";
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
  const LANGUAGE = document.documentElement.lang;
  const HAS_CRYPTO = Boolean(window.crypto && crypto.subtle);
  /// A text of the page with these values in its gaps.
  const say = (text, ...values) => values.reduce((said, value) => said.replace("{}", value), text);

  // -- Work that is asked for in a rush (ALTCHA): digests until one begins as wanted, some seconds of them.
  const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const fromHex = (text) => Uint8Array.from(text.match(/../g), (byte) => parseInt(byte, 16));
  async function work(text) {
    const challenge = JSON.parse(atob(text));
    const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
    const start = fromHex(nonce);
    const way = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations: cost };
    const tried = new Uint8Array(start.length + 4);
    tried.set(start);
    for (let counter = 0; ; counter += 1) {
      new DataView(tried.buffer).setUint32(start.length, counter);
      const key = await crypto.subtle.importKey("raw", tried, way.name, false, ["deriveBits"]);
      const derivedKey = toHex(new Uint8Array(await crypto.subtle.deriveBits(way, key, keyLength * 8)));
      if (derivedKey.startsWith(keyPrefix)) return btoa(JSON.stringify({ challenge, solution: { counter, derivedKey } }));
    }
  }
  async function workFirst(form) {
    if (!HAS_CRYPTO) return;
    const button = $("button[type=submit]", form);
    const told = $("[data-work-told]");
    told.textContent = told.dataset.workTold;
    button.disabled = true;
    const proof = Object.assign(document.createElement("input"), { type: "hidden", name: "altcha", value: await work(form.dataset.work) });
    form.append(proof);
    button.disabled = false;
    if (form.requestSubmit) form.requestSubmit(button);
    else form.submit();
  }

  // -- Upload with progress, by XMLHttpRequest because fetch can't tell how much has left.
  /// What went wrong, by the text of the form that tells it.
  const wrong = (says, ...values) => Object.assign(new Error(says), { says, values });
  const IDLE_MS = 60000; // no byte has left for this long: the line is dead

  /// One request; the answer once it is there. Rejects when the line is dead.
  function send(method, url, headers, body, told) {
    return new Promise((done, lost) => {
      const request = new XMLHttpRequest();
      let heart = setTimeout(() => request.abort(), IDLE_MS);
      request.upload.addEventListener("progress", (event) => {
        clearTimeout(heart);
        heart = setTimeout(() => request.abort(), IDLE_MS);
        if (told && event.lengthComputable) told(event.loaded, event.total);
      });
      request.addEventListener("load", () => { clearTimeout(heart); done(request); });
      for (const kind of ["error", "abort"]) request.addEventListener(kind, () => { clearTimeout(heart); lost(wrong("saysLost")); });
      request.open(method, url);
      request.setRequestHeader("Accept", "application/json");
      request.setRequestHeader("Accept-Language", LANGUAGE);
      for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
      request.send(body);
    });
  }
  const problemOf = (request) => { try { return JSON.parse(request.responseText); } catch (_) { return {}; } };
  /// The same, and once more after some work when that is what the answer asks for.
  async function sendAndWork(method, url, headers, body, told) {
    const answer = await send(method, url, headers, body, told);
    const { challenge } = answer.status === 429 ? problemOf(answer) : {};
    return challenge && HAS_CRYPTO ? send(method, url, { ...headers, Altcha: await work(challenge) }, body, told) : answer;
  }
  /// What an answer says that is none to go on by: the line is there, and the service tells why, or an answer without words came.
  function refusal(request) {
    const problem = problemOf(request);
    const answered = { answered: true, full: request.status === 507 };
    if (problem.title) return Object.assign(new Error([problem.title, problem.detail].filter(Boolean).join(" ")), answered, { told: true });
    return Object.assign(wrong("saysFailed"), answered);
  }
  const pageOf = (request) => {
    if (request.status < 300) try { return JSON.parse(request.responseText).page; } catch (_) { /* falls to the message below */ }
    throw refusal(request);
  };

  // The plain form, with a percentage.
  async function sendWhole(form, tell) {
    const file = $("input[type=file]", form).files[0];
    return pageOf(await sendAndWork("POST", form.action, {}, new FormData(form), (loaded, total) => tell(loaded / total * file.size)));
  }

  // In pieces (tus 1.0.0): what arrived before the line broke is not sent again, today or tomorrow.
  const TUS = { "Tus-Resumable": "1.0.0" };
  const PIECE = 512 * 1024; // what one request carries, and what is known to be kept when it is answered
  const WAITS_MS = [1000, 2000, 5000, 10000, 20000, 30000];
  const LINE_TRIES = 24; // some ten minutes without an answer on a device that says it has a line
  /// Waits so long, or until the device says that its line is back.
  const waitOrLine = (ms) => new Promise((go) => {
    const over = () => { clearTimeout(clock); removeEventListener("online", over); go(); };
    const clock = setTimeout(over, ms);
    addEventListener("online", over);
  });
  const memory = {
    get(key) { try { return localStorage.getItem(key); } catch (_) { return null; } },
    keep(key, value) { try { localStorage.setItem(key, value); } catch (_) { /* works without, from the beginning */ } },
    forget(key) { try { localStorage.removeItem(key); } catch (_) { /* nothing to forget */ } },
  };
  /// The page to go on to; nothing when the file has to go as a whole.
  async function sendPieces(number, file, tell, pause) {
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
    const sha256 = toHex(digest);
    const key = `subida:${number}:${sha256}`;
    const offsetIn = (request) => Number(request.getResponseHeader("Upload-Offset"));
    const isGone = (request) => request.status === 404 || request.status === 410;
    let url = memory.get(key);
    // The petition's secret is sent to its own pages only.
    const ours = (path) => number ? path.replace("/api/v1/uploads/", `/solicitud/${number}/subidas/`) : path;
    let offset = 0;
    let why = ""; // what the service said last; the answer to a HEAD has no words
    for (let tries = 0; ; tries += 1) {
      try {
        if (url) {
          const here = await send("HEAD", url, TUS, null);
          if (here.status < 300) offset = offsetIn(here);
          else if (isGone(here)) { memory.forget(key); url = null; }
          else throw refusal(here); // busy, or out of order: what was sent is there all the same
        }
        if (!url) {
          const metadata = [`sha256 ${btoa(sha256)}`, ...(number ? [`number ${btoa(number)}`] : [])].join(",");
          const made = await sendAndWork("POST", "/api/v1/uploads", { ...TUS, "Upload-Length": file.size, "Upload-Metadata": metadata }, null);
          // Work that this browser can't do, or a limit: the plain form is asked for less.
          if (made.status === 429) return null;
          if (made.status !== 201) throw Object.assign(refusal(made), { final: made.status < 500 });
          url = new URL(made.getResponseHeader("Location"), location.href).pathname;
          offset = 0;
          memory.keep(key, url);
        }
        tell(offset);
        if (offset < file.size) {
          const start = offset;
          const piece = await send("PATCH", ours(url), { ...TUS, "Upload-Offset": start, "Content-Type": "application/offset+octet-stream" }, file.slice(start, start + PIECE), (loaded) => { tell(start + loaded); tries = 0; });
          if (piece.status === 409 && piece.getResponseHeader("Upload-Offset")) continue;
          if (isGone(piece)) { memory.forget(key); url = null; throw refusal(piece); }
          if (piece.status >= 300) throw Object.assign(refusal(piece), { final: piece.status < 500 && piece.status !== 429 });
          offset = offsetIn(piece);
          if (offset < file.size) continue;
        }
        const page = pageOf(await send("GET", url, {}, null));
        if (page) { memory.forget(key); return page; }
      } catch (problem) {
        if (problem.final) { memory.forget(key); throw problem; }
        if (problem.full) throw problem; // nobody makes room within a minute; what was sent is kept
        if (problem.told) why = problem.message;
        const away = navigator.onLine === false;
        const most = problem.told ? WAITS_MS.length : LINE_TRIES;
        if (!away && tries >= most) throw problem.told ? problem : wrong("saysKept", Math.floor(offset / file.size * 100));
        pause(offset, problem.answered, why);
        await waitOrLine(WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]);
        if (away) tries -= 1; // without a line nothing was tried
      }
    }
  }

  function upload(form) {
    const input = $("input[type=file]", form);
    const box = $("[data-drop]", form);
    const progress = $("[data-progress]", form);
    const bar = $("progress", form);
    const told = $("[data-told]", form);
    const error = $("[data-error]", form);
    const button = $("button[type=submit]", form);
    const limit = Number(form.dataset.limit);
    const words = form.dataset;

    const fail = (text) => {
      error.textContent = text;
      error.hidden = false;
      told.textContent = "";
      progress.hidden = true;
      button.disabled = false;
      input.setAttribute("aria-invalid", "true");
      error.focus();
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
      if (!file) return fail(words.saysNone);
      if (file.size === 0) return fail(words.saysEmpty);
      if (limit && file.size > limit) return fail(say(words.saysHeavy, (file.size / 1e6).toLocaleString(LANGUAGE, { maximumFractionDigits: 1 }), Math.floor(limit / 1e6)));
      progress.hidden = false;
      button.disabled = true;
      const tell = (done) => {
        const percent = Math.floor(done / file.size * 100);
        bar.value = percent;
        told.textContent = percent < 100 ? say(words.saysSending, percent) : words.saysSent;
      };
      const pause = (done, answered, why) => {
        const percent = Math.floor(done / file.size * 100);
        told.textContent = answered ? say(words.saysAgain, why || words.saysBusy, percent) : say(words.saysPaused, percent);
      };
      tell(0);
      const inPieces = "resumable" in form.dataset && HAS_CRYPTO;
      const pieces = inPieces ? sendPieces(form.dataset.resumable, file, tell, pause) : Promise.resolve(null);
      pieces.then((page) => page || sendWhole(form, tell))
        .then((page) => location.assign(page), (problem) => fail(problem.says ? say(words[problem.says], ...problem.values) : problem.message));
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
        // The other language was chosen elsewhere meanwhile: the whole page, not its middle.
        if (answer.ok && page.documentElement.lang !== LANGUAGE) return location.reload();
        const next = answer.ok && $("main", page);
        const state = (main) => $("h1", main).dataset.state;
        if (next && (!$("[data-refresh]", next) || state(next) !== state($("main")))) {
          $("main").replaceWith(document.importNode(next, true));
          document.title = page.title;
          start();
          const head = $("main h1");
          head.tabIndex = -1;
          head.focus();
          return;
        }
      } catch (_) { /* the line is down: keep trying, ever more slowly */ }
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
      if (left === 60 || left === 30) spoken.textContent = say(box.dataset.left, left);
      if (left > 0) return setTimeout(tick, 250);
      spoken.textContent = box.dataset.up;
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
        // What is known only to the server (digits of the RUC, letters of the name) stays unmarked until it has been sent.
        line.className = !rule || field.value === "" ? "" : rule(field.value) ? "met" : "unmet";
      }
    });
    // Two that differ are told here, without a round trip that costs seconds of the link.
    const again = $("input[name=password_again]", form);
    const differ = $("[data-differ]", form);
    form.addEventListener("submit", (event) => {
      const same = again.value === field.value;
      differ.textContent = same ? "" : differ.dataset.differ;
      differ.hidden = same;
      again.setAttribute("aria-invalid", String(!same));
      if (same) return;
      event.preventDefault();
      again.focus();
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
      button.textContent = button.dataset.copied;
    });
  }

  function start() {
    $$("form[data-upload]").forEach(upload);
    $$("form[data-work]").forEach(workFirst);
    $$("form[data-password]").forEach(password);
    $$("[data-seconds]").forEach(countdown);
    $$("[data-copy]").forEach(copy);
    for (const button of $$("[data-print]")) { button.hidden = false; button.addEventListener("click", () => print()); }
    refresh();
  }
  start();
})();
