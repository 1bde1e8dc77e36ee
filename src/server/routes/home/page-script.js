// The page's own script: copy buttons, local times, and newer figures every two seconds while somebody looks.
// The page says everything without it. A call's row never changes, so rows are added and dropped, never redrawn.

const EVERY_MS = 2000;
const ANSWER_MS_MAX = 5000;
const COPIED_MS = 1600;
const TURN_DEGREES = 45;

/** @param {Element | null} found @returns {HTMLElement | undefined} */
const element = (found) => (found instanceof HTMLElement ? found : undefined);
/** @param {ParentNode} within @param {string} selector */
const all = (within, selector) => [...within.querySelectorAll(selector)];

/** @param {Element} button */
async function copy(button) {
  const code = button.parentElement?.querySelector("code") ?? button.parentElement?.parentElement?.querySelector("pre code");
  if (!code) return;
  const done = await write(code);
  button.textContent = done ? "Copied" : "Selected";
  setTimeout(() => {
    button.textContent = "Copy";
  }, COPIED_MS);
}

/** Selected text is what is left where the browser does not let a page write: the user copies it. @param {Element} code */
async function write(code) {
  try {
    await navigator.clipboard.writeText(code.textContent ?? "");
    return true;
  } catch {
    getSelection()?.selectAllChildren(code);
    return false;
  }
}

/** @param {ParentNode} within */
function localise(within) {
  for (const time of all(within, "time")) {
    const at = new Date(time.getAttribute("datetime") ?? "");
    time.textContent = at.toLocaleTimeString([], { hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" });
    time.setAttribute("title", at.toLocaleString());
  }
  for (const zone of all(within, ".utc")) zone.remove();
}

/** Puts in what differs. @param {Element} shown @param {Element} fresh */
function merge(shown, fresh) {
  const rows = shown.querySelector("tbody");
  const freshRows = fresh.querySelector("tbody");
  if (!rows || !freshRows) {
    const place = shown.querySelector("table, .totals + .quiet");
    const content = fresh.querySelector("table, .totals + .quiet");
    if (place && content && !place.isEqualNode(content)) place.replaceWith(content);
  } else {
    const ids = new Set(all(freshRows, "tr").map((row) => row.getAttribute("data-call")));
    const known = new Set(all(rows, "tr").map((row) => row.getAttribute("data-call")));
    for (const row of all(rows, "tr")) if (!ids.has(row.getAttribute("data-call"))) row.remove();
    const added = all(freshRows, "tr").filter((row) => !known.has(row.getAttribute("data-call")));
    for (const row of added) row.classList.add("new");
    rows.prepend(...added);
  }
  const figures = all(fresh, "[data-figure]");
  for (const [index, figure] of all(shown, "[data-figure]").entries()) {
    const { textContent } = figures[index] ?? figure;
    if (figure.textContent !== textContent) figure.textContent = textContent;
  }
}

/** The wheel turns by one paddle for each call. @param {Element} fresh */
function turn(fresh) {
  const calls = Number(fresh.querySelector("[data-calls]")?.getAttribute("data-calls"));
  element(document.documentElement)?.style.setProperty("--turn", `${(calls - callsAtFirst) * TURN_DEGREES}deg`);
}

/** @param {"live" | "lost"} state */
function say(state) {
  const link = document.querySelector("#link");
  const words = state === "live" ? "Live" : "Not reachable, trying again";
  if (!link || link.textContent === words) return;
  link.textContent = words;
  link.className = state;
}

async function refresh() {
  const shown = document.querySelector("#live");
  if (!shown) return;
  try {
    const answer = await fetch("/?live", { signal: AbortSignal.timeout(ANSWER_MS_MAX) });
    if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("#live");
    if (!fresh) throw new Error("The answer is not this page's.");
    localise(fresh);
    merge(shown, fresh);
    turn(fresh);
    say("live");
  } catch {
    say("lost");
  }
}

/** Asks again and again: one at a time, and not while nobody looks. */
function follower() {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let next;
  let busy = false;
  return async function follow() {
    clearTimeout(next);
    if (document.hidden || busy) return;
    busy = true;
    await refresh();
    busy = false;
    next = setTimeout(follow, EVERY_MS);
  };
}

const callsAtFirst = Number(document.querySelector("[data-calls]")?.getAttribute("data-calls"));
const follow = follower();

localise(document);
for (const button of all(document, ".copy")) {
  button.removeAttribute("hidden");
  button.addEventListener("click", () => void copy(button));
}
document.addEventListener("visibilitychange", () => void follow());
void follow();

export {};
