// ----- a question is asked: Enter sends it, Shift+Enter breaks the line, Escape stops, arrow up brings back the last
let asking = null; // the question under way: its entry, and what ends the waiting
let alone = false; // whether the question in the box was edited to stand alone
const waiting = new Set(); // questions that have left the box and are not kept yet

async function ask(question, options = {}) {
  const entry = { id: newId(), question, filters: options.filters ?? chosen(), alone: options.alone ?? false, at: Date.now() };
  waiting.add(entry);
  for (await shownYet; asking; await shownYet) await asking.ended; // what shows a conversation ends the answering
  if (!waiting.delete(entry)) return; // its conversation was left, and has it
  trouble("");
  let end;
  asking = { entry, ended: new Promise((resolve) => { end = resolve; }), end };
  remember(entry); // before the answer: a page that is closed meanwhile keeps the question
  body.classList.add("asking", "talking");
  sendButton(true);
  let outcome = await answered(entry);
  if (outcome === "wanted") { // the server was started anew
    await sendRecords();
    asking.resent = true; // what told of it is still on the page
    outcome = asking.given ?? await answered(entry); // it may have been stopped meanwhile
  }
  if (outcome === "answered") {
    entry.failure = $(`#chat .answer[data-answer="${entry.id}"]`).dataset.failure;
    await (entry.failure === undefined ? keepRecord(entry) : remember(entry));
  } else if (outcome !== "left") {
    const back = !box().value; // else it stays in the conversation, to be asked again
    trouble([t(`ask.${outcome}`), back ? t("ask.in_box") : ""].join(" ").trim());
    if (back) { type(question); withdraw(entry); }
    body.classList.toggle("talking", conversation.entries.length > 0);
  }
  asking = null;
  body.classList.remove("asking");
  sendButton(false);
  end();
}
const alive = () => fetch("healthz").then(() => true, () => false);
function answered(entry) { // how the waiting ends: answered, wanted, gone, full, stopped, left
  return new Promise((resolve) => {
    const now = asking;
    const beat = setInterval(async () => { if (!await alive()) now.outcome("gone"); }, 2000);
    now.outcome = (outcome) => {
      if (outcome !== "wanted") now.given ??= outcome;
      clearInterval(beat);
      resolve(outcome);
    };
    alive().then((there) => { // gradio loads the page again after a call that failed
      if (!there) now.outcome("gone");
      else if (!now.given) trigger("asked", { ...entry, entries: sent(), language }); // a question refers to those before it
    });
  });
}
function arrived() { // looked for whenever the conversation on the page changes
  if (!asking) {
    const late = $$("#chat .answer[data-answer]").some(({ dataset }) => dataset.answer === stopped);
    if (late) { stopped = null; shownYet = showConversation(); } // the answer to a question that was stopped came all the same
  }
  if (!asking?.outcome) return;
  if ($(`#chat .answer[data-answer="${asking.entry.id}"]`)) asking.outcome("answered");
  else if (!asking.resent && $(`#chat [data-wanted="${asking.entry.id}"]`)) asking.outcome("wanted");
}
let stopped = null;
function stop() {
  if (asking.given) return; // it has been answered, or stopped already
  stopped = asking.entry.id;
  asking.outcome("stopped");
  shownYet = showConversation();
}
new MutationObserver(() => { // gradio tells of its own errors in a corner; here they are told in place
  const said = $(".toast-body");
  if (!said) return;
  const full = /full/i.test(said.textContent);
  $$(".toast-wrap").forEach((each) => { each.hidden = true; });
  $(".toast-close", said)?.click();
  asking?.outcome?.(full ? "full" : "gone");
}).observe(body, { childList: true, subtree: true });

function trouble(words) {
  $("#trouble").textContent = words;
}
function sendButton(stopping) {
  const button = $("#ask .send");
  button.classList.toggle("stops", stopping);
  button.title = t(stopping ? "ask.stop" : "ask.send");
}

// ----- the box
let back = 0; // how many questions before the last the box shows
function fit() {
  const area = box();
  area.style.height = "auto";
  area.style.height = `${area.scrollHeight}px`;
}
function type(question) { // to be changed before it is asked
  const area = box();
  area.value = question;
  fit();
  area.focus();
  area.setSelectionRange(question.length, question.length);
}
function send() {
  const question = box().value.trim();
  if (!question) return;
  const options = { alone };
  type("");
  [back, alone] = [0, false];
  ask(question, options);
}
document.addEventListener("submit", (event) => {
  if (!event.target.matches(".asker")) return;
  event.preventDefault();
  asking ? stop() : send();
});
document.addEventListener("input", ({ target }) => {
  if (target !== box()) return;
  back = 0;
  if (!target.value) alone = false;
  fit();
});
document.addEventListener("keydown", (event) => {
  if (event.target !== box() || event.isComposing) return;
  if (event.key === "Enter" && !event.shiftKey) {
    event.preventDefault();
    send();
  }
  const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
  if (step && (back > 0 || !box().value)) recallQuestion(step, event);
});
function recallQuestion(step, event) {
  const asked = conversation.entries.map((entry) => entry.question), at = back + step;
  if (at < 0 || at > asked.length) return;
  event.preventDefault();
  type(at ? asked.at(-at) : "");
  back = at;
}
act({
  ask: (button) => { ask(button.dataset.question); box().focus(); },
  edit: (button) => {
    box().focus();
    box().select();
    document.execCommand("insertText", false, button.dataset.question); // undo brings back what was in the box
    alone = true;
  },
});

// ----- each new question goes to the top, so that a long answer is read from its start
let questions = 0, answers = 0;
function settle() {
  name();
  arrived();
  if ($("#chat .cite-style:not([data-chosen])")) chooseStyle(recall("style")); // an answer is new, or drawn anew
  const asked = $$("#chat .user-row").length, shown = $$("#chat .answer").length;
  if (asked === questions && shown === answers) return;
  requestAnimationFrame(bring);
  if (shown > answers) look(); // the answer may come from an index that is newer than the list
  [questions, answers] = [asked, shown];
  body.classList.toggle("talking", questions > 0);
}
function bring() {
  const scroller = $("#chat .bubble-wrap"), wrap = $("#chat .message-wrap"), question = $$("#chat .user-row").at(-1);
  if (!question) return;
  const above = question.getBoundingClientRect().top - wrap.getBoundingClientRect().top - 20;
  wrap.style.minHeight = `${above + scroller.clientHeight}px`; // room below a short answer
  scroller.scrollTop = above;
}

// ----- the page is opened: by a link to an answer, or as it was left
async function begin() {
  if (!location.hash) box().focus();
  const asked = new URLSearchParams(location.search), question = asked.get("q")?.trim();
  comeBack(!question);
  await showScope();
  if (!question) return;
  history.replaceState(null, "", location.pathname + location.hash); // loaded again, the page shows the answer
  ask(question, { filters: linkedFilters(asked), alone: asked.get("alone") === "1" });
}
function linkedFilters(asked) {
  const several = { sources: asked.getAll("in"), tags: asked.getAll("tag"), publishers: asked.getAll("publisher") };
  return { ...several, after: asked.get("after") ?? "", before: asked.get("before") ?? "" };
}

