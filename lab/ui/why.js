// The why line. A native details element: Enter or Space opens the full trace, screen readers know it.
// Names stand between backticks in the text, as in prose.
function spell(box, text) {
  box.replaceChildren(...text.split("`").map((part, i) => {
    if (i % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  }));
}

function render({ model, el }) {
  const box = document.createElement("details");
  box.className = "lab-why";
  const line = document.createElement("summary");
  const list = document.createElement("ol");
  box.append(line, list);
  el.append(box);
  const show = () => {
    const trace = model.get("trace");
    spell(line, model.get("line"));
    line.title = trace.length ? "Enter opens the full trace" : "";
    box.classList.toggle("lab-plain", trace.length === 0);
    list.replaceChildren(...trace.map(text => {
      const item = document.createElement("li");
      spell(item, text);
      return item;
    }));
  };
  // A line without a trace has nothing to open.
  line.addEventListener("click", event => { if (!model.get("trace").length) event.preventDefault(); });
  // Asked for from the picture: the trace opens, and Escape leads back there.
  let from = null;
  const open = () => {
    if (!model.get("trace").length) return;
    from = document.activeElement;
    box.open = true;
    line.focus();
  };
  box.addEventListener("keydown", event => {
    if (event.key !== "Escape") return;
    box.open = false;
    line.blur();
    from?.focus();
    from = null;
  });
  model.on("change:line change:trace", show);
  model.on("change:asked", open);
  show();
  return () => { model.off("change:line change:trace", show); model.off("change:asked", open); };
}
export default { render };
