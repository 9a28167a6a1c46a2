// The page's behaviour, in parts that make one function. It runs once, when the panel is mounted; every listener is
// delegated from the document. `element`, `server` and `trigger` are given by gradio. All HTML that arrives here was
// escaped by the server.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const body = document.body;
document.head.append($("#style")); // after gradio's own styles, which came meanwhile, so that ours win
const wide = matchMedia("(min-width: 1000px)");
const panel = $("#panel"), talk = $("#talk"), top_bar = $("#top");
const box = () => $("#ask textarea");
const newId = () => [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const actions = {}; // what a click on an element with `data-do` does, by its name
function act(more) {
  for (const [name, does] of Object.entries(more)) {
    if (name in actions) throw new Error(`two actions are called ${name}`);
    actions[name] = does;
  }
}

// ----- what this browser remembers of the visitor's choices
function recall(name) {
  try { return localStorage.getItem(`assistant-${name}`); } catch { return null; }
}
function store(name, value) {
  try { localStorage.setItem(`assistant-${name}`, value); } catch { /* a private window keeps nothing */ }
}

// ----- the words of the interface, in the visitor's language
const { language } = document.documentElement.dataset;
const words = window.gradio_config.i18n_translations[language];
function t(key, values = {}) {
  return words[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}
function count(thing, n) {
  const one = n === 1 || (n === 0 && language === "fr");
  return t(`count.${thing}.${one ? "one" : "many"}`, { n: n.toLocaleString(language) });
}
function translate() { // the fixed parts, which came in the first language
  for (const node of $$("[data-t]")) node.textContent = t(node.dataset.t);
  for (const node of $$("[data-t-title]")) node.title = t(node.dataset.tTitle);
  for (const node of $$("[data-t-label]")) node.setAttribute("aria-label", t(node.dataset.tLabel));
  for (const node of $$("[data-t-placeholder]")) node.placeholder = t(node.dataset.tPlaceholder);
}

// ----- the server: what it returns, or undefined where it does not answer
const call = (name, data = {}) => server[name]({ ...data, language });

// ----- short confirmations, seen and read out
const toast = document.createElement("div");
toast.id = "toast";
toast.setAttribute("role", "status");
body.append(toast);
let fading;
function say(words, stay = false) {
  toast.textContent = words;
  toast.classList.toggle("on", words !== "");
  clearTimeout(fading);
  if (!stay) fading = setTimeout(() => say("", true), 2500);
}

// ----- the clipboard
async function copy(text, done, html) {
  try {
    const blob = (words, type) => new Blob([words], { type });
    if (html) await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob(text, "text/plain"), "text/html": blob(html, "text/html") })]);
    else await navigator.clipboard.writeText(text);
    say(done);
  } catch { // refused, or plain http from another computer
    const area = document.createElement("textarea"), focused = document.activeElement;
    area.value = text;
    area.className = "unseen-words";
    body.append(area);
    area.select();
    say(document.execCommand("copy") ? done : t("page.copied_not"));
    area.remove();
    focused?.focus({ preventScroll: true });
  }
}

