// Shows an SVG drawn in Python; shapes with data-key can be chosen. One tab stop, roving focus inside.
let views = 0;

function render({ model, el }) {
  const own = `lab-chart-${++views}`;
  const root = document.createElement("div");
  root.className = "lab lab-chart";
  root.tabIndex = 0;
  root.setAttribute("data-lm-suppress-shortcuts", "true");
  root.setAttribute("role", "group");
  root.setAttribute("aria-roledescription", "picture");
  const live = document.createElement("div");
  live.className = "lab-unseen";
  live.setAttribute("aria-live", "polite");
  const stage = document.createElement("div");
  stage.className = "lab-stage";
  root.append(stage, live);
  el.append(root);
  let at = -1; // index of the shape under the roving focus

  const shapes = () => [...stage.querySelectorAll("[data-key]")];

  const mark = () => {
    const chosen = model.get("selected");
    shapes().forEach((shape, i) => {
      shape.setAttribute("tabindex", "-1");
      shape.setAttribute("aria-pressed", String(shape.dataset.key === chosen));
      shape.classList.toggle("lab-chosen", shape.dataset.key === chosen);
      shape.classList.toggle("lab-at", i === at);
    });
  };

  const draw = () => {
    // Pattern ids are made this view's own: one page holds many pictures, some of them hidden.
    stage.innerHTML = model.get("svg").replaceAll('id="lab-', `id="${own}-`).replaceAll("url(#lab-", `url(#${own}-`);
    const svg = stage.querySelector("svg");
    if (svg) {
      const title = svg.querySelector("title"), desc = svg.querySelector("desc");
      root.setAttribute("aria-label", [title, desc].map(t => t?.textContent ?? "").join(". "));
      // Shapes to choose are named one by one, so the picture must not be one flat image to a screen reader.
      if (shapes().length) svg.setAttribute("role", "group");
      const size = svg.viewBox.baseVal;
      svg.removeAttribute("height");
      svg.style.maxWidth = size.width + "px";
    }
    at = Math.min(at, shapes().length - 1);
    mark();
  };

  const choose = i => {
    const all = shapes();
    if (!all.length) return;
    at = (i + all.length) % all.length;
    live.textContent = all[at].getAttribute("aria-label") ?? "";
    mark();
  };

  const take = shape => {
    model.set("selected", shape.dataset.key);
    model.save_changes();
  };

  root.addEventListener("click", event => {
    const shape = event.target.closest("[data-key]");
    if (!shape) return;
    at = shapes().indexOf(shape);
    take(shape);
    mark();
  });

  root.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = shapes();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step && all.length) choose(at < 0 ? 0 : at + step);
    else if (event.key === "Home" && all.length) choose(0);
    else if (event.key === "End" && all.length) choose(all.length - 1);
    else if ((event.key === "Enter" || event.key === " ") && at >= 0) take(all[at]);
    else if (event.key === "Escape") root.blur();
    else if (event.key.length > 1) return; // Tab and the like keep their meaning
    event.preventDefault();
    event.stopPropagation(); // letters typed here are no notebook shortcuts
  });

  model.on("change:svg", draw);
  model.on("change:selected", mark);
  draw();
  return () => { model.off("change:svg", draw); model.off("change:selected", mark); };
}
export default { render };
