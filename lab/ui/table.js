// A plain HTML table: numbers to the right, heading that stays, no sorting surprises.
function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lab lab-table";
  root.tabIndex = 0;
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.setAttribute("role", "region");
  el.append(root);
  const draw = () => {
    const { caption = "", columns = [], rows = [], numeric = [] } = model.get("content");
    const table = document.createElement("table");
    table.createCaption().textContent = caption;
    const head = table.createTHead().insertRow();
    columns.forEach((name, i) => {
      const cell = document.createElement("th");
      cell.scope = "col";
      cell.textContent = name;
      if (numeric[i]) cell.className = "lab-number";
      head.append(cell);
    });
    const body = table.createTBody();
    for (const values of rows) {
      const row = body.insertRow();
      values.forEach((text, i) => {
        const cell = row.insertCell();
        cell.textContent = text;
        if (numeric[i]) cell.className = "lab-number";
      });
    }
    root.setAttribute("aria-label", caption || "table");
    root.replaceChildren(table);
  };
  root.addEventListener("keydown", event => {
    if (event.key.length === 1 && !event.ctrlKey && !event.metaKey) event.stopPropagation();
    if (event.key === "Escape") root.blur();
  });
  model.on("change:content", draw);
  draw();
  return () => model.off("change:content", draw);
}
export default { render };
