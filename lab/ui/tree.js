// A tree: one tab stop, roving focus, keys of the ARIA authoring practices. Lines are flat; aria-level says how deep.
function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lab lab-tree";
  root.setAttribute("role", "tree");
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  el.append(root);
  const folds = new Map(); // key -> open, as the reader left it
  let at = ""; // key of the line under the roving focus

  const isOpen = node => folds.get(node.key) ?? node.opened;

  // What is to be seen, top to bottom: {node, level, above, place, count}
  const lines = (nodes = model.get("roots"), level = 1, above = null) => nodes.flatMap((node, i) => [
    { node, level, above, place: i + 1, count: nodes.length },
    ...(node.children.length && isOpen(node) ? lines(node.children, level + 1, node) : []),
  ]);

  const span = (name, text) => {
    const box = document.createElement("span");
    box.className = name;
    box.textContent = text;
    return box;
  };

  const row = ({ node, level, place, count }) => {
    const item = document.createElement("div");
    item.className = "lab-tree-line";
    item.dataset.key = node.key;
    item.style.setProperty("--level", level - 1);
    const state = node.mark ? `${{ good: "used", bad: "refused", idle: "not there" }[node.token] ?? node.token}, ` : "";
    const attributes = { role: "treeitem", "aria-level": level, "aria-posinset": place, "aria-setsize": count,
      "aria-selected": node.key === model.get("selected"), tabindex: -1, "aria-label": `${state}${node.label}, ${node.note}` };
    if (node.children.length) attributes["aria-expanded"] = isOpen(node);
    for (const [name, value] of Object.entries(attributes)) item.setAttribute(name, String(value));
    const twist = span("lab-tree-twist", node.children.length ? (isOpen(node) ? "▾" : "▸") : "");
    const mark = span(`lab-tree-mark${node.token ? ` lab-tree-${node.token}` : ""}`, node.mark);
    item.append(twist, ...(node.mark ? [mark] : []), span("lab-tree-label", node.label), span("lab-tree-note", node.note));
    item.title = node.note;
    return item;
  };

  const draw = (focus = false) => {
    const seen = lines();
    if (!seen.some(line => line.node.key === at)) at = seen[0]?.node.key ?? "";
    root.setAttribute("aria-label", model.get("label"));
    root.replaceChildren(...seen.map(row));
    const item = [...root.children].find(child => child.dataset.key === at);
    if (item) {
      item.tabIndex = 0;
      if (focus) item.focus({ preventScroll: false });
    }
  };

  const go = key => { at = key; draw(true); };
  const fold = (node, open) => { folds.set(node.key, open); at = node.key; draw(true); };
  const choose = key => { model.set("selected", key); model.save_changes(); };

  root.addEventListener("click", event => {
    const item = event.target.closest(".lab-tree-line");
    if (!item) return;
    const line = lines().find(l => l.node.key === item.dataset.key);
    if (line.node.children.length && event.target.closest(".lab-tree-twist")) fold(line.node, !isOpen(line.node));
    else { at = line.node.key; choose(at); draw(true); }
  });

  root.addEventListener("dblclick", event => {
    const line = lines().find(l => l.node.key === event.target.closest(".lab-tree-line")?.dataset.key);
    if (line?.node.children.length) fold(line.node, !isOpen(line.node));
  });

  root.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const seen = lines(), i = seen.findIndex(l => l.node.key === at), here = seen[i];
    if (!here) return;
    const parent = here.node.children.length > 0;
    const to = { ArrowDown: seen[i + 1], ArrowUp: seen[i - 1], Home: seen[0], End: seen.at(-1) }[event.key];
    if (to) go(to.node.key);
    else if (event.key === "ArrowRight" && parent) isOpen(here.node) ? go(seen[i + 1].node.key) : fold(here.node, true);
    else if (event.key === "ArrowLeft" && parent && isOpen(here.node)) fold(here.node, false);
    else if (event.key === "ArrowLeft" && here.above) go(here.above.key);
    else if (event.key === "Enter" || event.key === " ") { choose(at); draw(true); }
    else if (event.key === "Escape") document.activeElement.blur();
    else if (event.key.length > 1 && !event.key.startsWith("Arrow")) return; // Tab and the like keep their meaning
    event.preventDefault();
    event.stopPropagation(); // letters typed here are no notebook shortcuts
  });

  const refresh = () => draw(root.contains(document.activeElement));
  model.on("change:roots change:label change:selected", refresh);
  draw();
  return () => model.off("change:roots change:label change:selected", refresh);
}
export default { render };
