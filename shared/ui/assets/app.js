// What HTML cannot do alone. Every page works without this file.
(() => {
  "use strict";
  const TICK_MS = 30_000;
  const RUNNING_TICK_MS = 1_000;
  const RUNNING_SLOWDOWN = 1.5;
  const SIGNAL_MS = 250;
  const SIGNAL_JITTER_MS = 500;
  const TOAST_MS = 6_000;
  const YEAR_S = 31_536_000;

  const root = document.documentElement;
  const find = (id) => document.getElementById(id);

  // What the server draws pages by: the chosen theme, and the zone in which the member reads times.

  function remember(name, value) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Path=/; Max-Age=${YEAR_S}; SameSite=Lax${secure}`;
  }

  remember("zone", Intl.DateTimeFormat().resolvedOptions().timeZone);

  // Times: relative words for recent moments; the absolute form stays in the title.

  const UNITS = [["year", YEAR_S], ["month", 2_592_000], ["week", 604_800], ["day", 86_400], ["hour", 3_600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat(root.lang, { numeric: "auto" });

  function relate(scope) {
    for (const time of scope.querySelectorAll("time[data-relative]")) {
      const seconds = (Date.parse(time.dateTime) - Date.now()) / 1000;
      if (Number.isNaN(seconds)) continue;
      const unit = UNITS.find(([, size]) => Math.abs(seconds) >= size);
      const text = unit ? words.format(Math.round(seconds / unit[1]), unit[0]) : "just now";
      if (time.textContent !== text) time.textContent = text;
    }
  }

  // Freshness: one tick makes every fragment look again. None while hidden or paused; sooner while something is awaited,
  // and then less and less soon, since it may be long in coming.

  // Whoever pauses means every page, until they go on.
  let paused = localStorage.getItem("paused") === "yes";
  let connected = false;
  let waiting = 0;
  let failed = false;
  let leaves = false;
  let misses = 0;
  let timer = 0;
  let pace = RUNNING_TICK_MS;
  let good = new Date();

  function schedule() {
    clearTimeout(timer);
    if (paused || document.hidden) return;
    const awaited = document.querySelector("[data-running]");
    if (!awaited) pace = RUNNING_TICK_MS;
    timer = setTimeout(tick, awaited ? pace : TICK_MS);
  }

  function tick() {
    if (!paused && !document.hidden) document.body.dispatchEvent(new CustomEvent("app:tick"));
    relate(document);
    pace = Math.min(pace * RUNNING_SLOWDOWN, TICK_MS);
    schedule();
  }

  function sayState() {
    const place = find("live-words");
    if (!place) return;
    find("live").hidden = !document.querySelector('[hx-trigger*="app:tick"]');
    const clock = good.toLocaleTimeString(root.lang, { hour: "2-digit", minute: "2-digit" });
    const text = paused ? "Paused" : misses > 1 ? `Stale since ${clock}` : connected ? "Live" : "Refreshing every 30 s";
    if (place.textContent !== text) place.textContent = text;
  }

  function pause(button) {
    paused = !paused;
    localStorage.setItem("paused", paused ? "yes" : "no");
    button.setAttribute("aria-pressed", paused);
    sayState();
    if (paused) clearTimeout(timer);
    else tick();
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : tick()));

  // The socket carries signals only: what changed is fetched like everything else.

  let signal = 0;
  const socket = (state) => () => { connected = state; sayState(); };
  document.addEventListener("htmx:ws:after:connection", socket(true));
  document.addEventListener("htmx:ws:close", socket(false));
  document.addEventListener("htmx:ws:before:message:incoming", (event) => {
    event.preventDefault();
    clearTimeout(signal);
    signal = setTimeout(tick, SIGNAL_MS + Math.random() * SIGNAL_JITTER_MS);
  });

  // Requests of htmx: proof of origin out, failures into the open. Requests in flight together count as one look.

  document.addEventListener("htmx:config:request", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) event.detail.ctx.request.headers["X-CSRF-Token"] = token;
  });
  const isCount = (event) => event.detail.ctx?.sourceElement?.id === "notifications-count";
  document.addEventListener("htmx:before:request", () => { waiting += 1; });
  document.addEventListener("htmx:after:request", ({ detail: { ctx: { response } } }) => {
    failed ||= response.status >= 500;
    leaves ||= response.headers.has("HX-Redirect");
  });
  document.addEventListener("htmx:error", (event) => { failed ||= Boolean(event.detail.ctx); });
  document.addEventListener("htmx:finally:request", (event) => {
    waiting -= 1;
    if (waiting > 0) return;
    misses = failed ? misses + 1 : 0;
    if (!failed) good = new Date();
    sayState();
    // What the menu counts is asked after the page has looked, and not beside it: a proof that ran out is renewed once,
    // and a page that is led away is left at peace.
    if (misses === 0 && !leaves && !isCount(event)) document.body.dispatchEvent(new CustomEvent("app:looked"));
    failed = leaves = false;
    if (misses === 2) toast("error", "This page could not be brought up to date. It keeps trying.");
  });
  document.addEventListener("htmx:after:swap", (event) => {
    relate(document);
    tellNews();
    if (!isCount(event)) schedule();
  });

  // A list that says so tells how many of its rows are new. Those that a page begins with are not; what comes after it, as
  // the menu's notifications do, is told once in a tab, whichever page it is looked at on.

  const seen = new Set((sessionStorage.getItem("seen") ?? "").split(" "));

  function unseen(list) {
    const rows = [...list.children].filter((row) => !seen.has(row.id));
    for (const row of rows) seen.add(row.id);
    return rows.length;
  }

  function tellNews() {
    for (const list of document.querySelectorAll("[data-news]")) {
      const count = unseen(list);
      if (count > 0) toast("notice", `${count} new ${list.dataset.news}${count === 1 ? "" : "s"}`);
    }
    sessionStorage.setItem("seen", [...seen].filter((id) => id.startsWith("news-")).join(" "));
  }

  // Toasts: success leaves by itself, an error stays until dismissed.

  function toast(meaning, text) {
    const place = find("toasts");
    if (!place) return;
    const box = document.createElement("div");
    box.className = `toast ${meaning}`;
    const line = document.createElement("p");
    line.textContent = text;
    const close = document.createElement("button");
    close.id = `toast-${Date.now()}-dismiss`;
    close.type = "button";
    close.className = "button quiet";
    close.dataset.does = "dismiss";
    close.textContent = "Dismiss";
    box.append(line, close);
    place.append(box);
    if (meaning !== "error") setTimeout(() => box.remove(), TOAST_MS);
  }

  // Presses.

  const dark = matchMedia("(prefers-color-scheme: dark)");

  function theme() {
    const isDark = root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
    root.dataset.theme = isDark ? "light" : "dark";
    remember("theme", root.dataset.theme);
  }

  function menu(button) {
    const open = find("menu").classList.toggle("open");
    button.setAttribute("aria-expanded", open);
  }

  // The one text that is there to be passed on. Where the clipboard is closed, it stands selected.
  function copy() {
    const text = find("link");
    text.select();
    navigator.clipboard?.writeText(text.value).then(() => toast("ok", "Copied."), () => {});
  }

  const deeds = { theme, menu, pause, copy, dismiss: (button) => button.closest(".toast").remove() };

  document.addEventListener("click", (event) => {
    const pressed = event.target.closest?.("[data-does], [data-opens], [data-closes]");
    if (!pressed || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (pressed.dataset.does) return deeds[pressed.dataset.does]?.(pressed);
    if ("closes" in pressed.dataset) return pressed.closest("dialog").close();
    const dialog = find(pressed.dataset.opens);
    if (!dialog) return;
    event.preventDefault();
    dialog.showModal();
  });

  document.addEventListener("keydown", (event) => {
    const opened = find("menu")?.classList.contains("open");
    if (event.key === "Escape" && opened) {
      menu(find("menu-toggle"));
      find("menu-toggle").focus();
    }
  });

  // A form goes out once. Its button says so; a disabled one would lose the focus, so it only looks and acts disabled.

  document.addEventListener("submit", (event) => {
    const form = event.target;
    // What answers with a file leaves the page as it is.
    if ("repeats" in form.dataset) return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    const button = event.submitter;
    if (!button?.dataset.busy) return;
    button.setAttribute("aria-disabled", "true");
    const face = button.querySelector("span") ?? button;
    button.dataset.idle = face.textContent;
    face.textContent = `${button.dataset.busy}…`;
  });

  // Back from the history cache, the page must be usable again.
  addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
    for (const button of document.querySelectorAll("button[data-idle]")) {
      (button.querySelector("span") ?? button).textContent = button.dataset.idle;
      button.removeAttribute("aria-disabled");
      delete button.dataset.idle;
    }
    tick();
  });

  relate(document);
  document.querySelectorAll("[data-news]").forEach(unseen);
  for (const box of document.querySelectorAll(".toast:not([data-lasts])")) setTimeout(() => box.remove(), TOAST_MS);
  find("error-summary")?.focus();
  find("live-pause")?.setAttribute("aria-pressed", paused);
  sayState();
  schedule();
})();
