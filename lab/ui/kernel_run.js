// What a run on a real kernel has to say: how it ended, or what this machine lacks and the one command that adds it.
function render({ model, el }) {
  const box = document.createElement("div");
  box.className = "lab-run-note";
  box.setAttribute("role", "status");
  box.innerHTML = `<span class="lab-run-text"></span><code tabindex="0"></code><button>Copy</button>`;
  el.append(box);
  const [text, code, copy] = box.children;
  const show = () => {
    const command = model.get("command");
    box.hidden = !model.get("text");
    box.classList.toggle("lab-run-wrong", model.get("wrong"));
    text.textContent = model.get("text");
    code.textContent = command;
    code.hidden = copy.hidden = !command;
  };
  copy.addEventListener("click", async () => {
    getSelection().selectAllChildren(code);
    try { await navigator.clipboard.writeText(code.textContent); copy.textContent = "Copied"; }
    catch { copy.textContent = "Press Ctrl+C"; } // a page without https may not write; the text is selected
    setTimeout(() => { copy.textContent = "Copy"; }, 1500);
  });
  model.on("change", show);
  show();
  return () => model.off("change", show);
}
export default { render };
