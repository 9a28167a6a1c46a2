// ----- citations: in the visitor's style, else in the server's first
function chooseStyle(name) {
  for (const choice of $$(".cite-style")) if ([...choice.options].some((option) => option.value === name)) choice.value = name;
  for (const choice of $$(".cite-style")) choice.dataset.chosen = "";
}
document.addEventListener("change", ({ target }) => {
  if (!target.matches(".cite-style")) return;
  store("style", target.value);
  chooseStyle(target.value);
});
const answerOf = (button) => button.closest(".answer");
async function cite(button) {
  const { answer } = answerOf(button).dataset, style = $(".cite-style", answerOf(button)).value;
  await sendRecords([answer]); // where the server was started anew
  const made = await call("cite", { answer, style, excerpt: button.dataset.excerpt });
  if (made?.text) copy(made.text, button.dataset.done, made.html);
  else say(made?.reason ?? t("answer.cited_not"));
}
function download(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
async function saveAs(button) {
  const own = answerOf(button), { format, of } = button.dataset;
  const answers = of === "answer" ? [own.dataset.answer] : answeredIds(conversation.entries);
  await sendRecords(answers);
  const query = new URLSearchParams({ answers: answers.join(), style: $(".cite-style", own).value, format, excerpts: $(".with-excerpts", own).checked });
  try {
    const reply = await fetch(`export?${query}`);
    if (!reply.ok) return say((await reply.json()).reason);
    const name = reply.headers.get("content-disposition").match(/filename="(.+)"/)[1];
    download(await reply.blob(), name);
    say(t("answer.saved", { file: name }));
  } catch { say(t("answer.saved_not")); }
}

act({ cite, export: saveAs });

