// Runs before anything is drawn, so that the page comes up as the visitor wants it: light or dark, and in which language.
((languages) => {
  const root = document.documentElement, system = matchMedia("(prefers-color-scheme: dark)");
  const recall = (name) => { try { return localStorage.getItem(`assistant-${name}`); } catch { return null; } };
  const show = () => {
    const chosen = recall("theme");
    root.dataset.theme = chosen === "dark" || (chosen !== "light" && system.matches) ? "dark" : "light";
  };
  show();
  system.addEventListener("change", show);
  addEventListener("theme", show);
  const wanted = [recall("language"), ...navigator.languages.map((each) => each.split("-")[0])];
  root.lang = root.dataset.language = wanted.find((each) => languages.includes(each)) ?? languages[0];
})
