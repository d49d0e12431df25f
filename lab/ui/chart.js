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
  let here = ""; // and its key

  const shapes = () => [...stage.querySelectorAll("[data-key]")];

  const mark = () => {
    const chosen = model.get("selected");
    here = shapes()[at]?.dataset.key ?? "";
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
    // The focus stays with its shape, or where that is gone in its place.
    const again = shapes().findIndex(shape => shape.dataset.key === here);
    at = again >= 0 ? again : Math.min(at, shapes().length - 1);
    mark();
  };

  const choose = i => {
    const all = shapes();
    if (!all.length) return;
    at = (i + all.length) % all.length;
    live.textContent = all[at].getAttribute("aria-label") ?? "";
    mark();
  };

  const drags = () => model.get("drags");
  const canBeDragged = key => { // or be dropped on
    const word = key.split(" ")[0];
    return word in drags() || Object.values(drags()).some(to => to.includes(word));
  };
  if (Object.keys(drags()).length) makeDraggable(root, drags, (took, put) => model.send({ took, put }));

  const take = shape => {
    model.set("selected", shape.dataset.key);
    model.save_changes();
  };

  // In a grid: the nearest shape that way, in the same row for left and right; -1 if there is none.
  const beside = key => {
    const boxes = shapes().map(shape => shape.getBoundingClientRect()), here = boxes[at];
    const middle = box => [(box.left + box.right) / 2, (box.top + box.bottom) / 2], [x, y] = middle(here);
    const far = box => {
      const [dx, dy] = middle(box).map((v, i) => v - [x, y][i]), row = box.top < here.bottom && box.bottom > here.top;
      const ahead = { ArrowRight: row && dx, ArrowLeft: row && -dx, ArrowDown: !row && dy, ArrowUp: !row && -dy }[key];
      const end = { Home: row && 1e6 + dx, End: row && 1e6 - dx }[key];
      return ahead > 1 ? ahead * 3 + Math.abs(row ? 0 : dx) : end || Infinity;
    };
    const distances = boxes.map(far), least = Math.min(...distances);
    return least < Infinity ? distances.indexOf(least) : -1;
  };

  const walk = key => {
    const all = shapes(), to = at < 0 ? 0 : beside(key);
    if (!all.length || to < 0) return;
    choose(to);
    take(all[to]);
  };

  root.addEventListener("click", event => {
    const shape = event.target.closest("[data-key]");
    if (!shape) return;
    at = shapes().indexOf(shape);
    take(shape);
    mark();
    if (canBeDragged(shape.dataset.key)) model.send({ took: shape.dataset.key });
  });

  root.addEventListener("keydown", event => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = shapes();
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (model.get("grid") && (step || event.key === "Home" || event.key === "End")) walk(event.key);
    else if (model.get("grid") && (event.key === "Enter" || event.key === " ") && at >= 0) {
      take(all[at]);
      if (canBeDragged(all[at].dataset.key)) model.send({ took: all[at].dataset.key });
      else {
        model.set("asked", model.get("asked") + 1);
        model.save_changes();
      }
    } else if (step && all.length) choose(at < 0 ? 0 : at + step);
    else if (event.key === "Home" && all.length) choose(0);
    else if (event.key === "End" && all.length) choose(all.length - 1);
    else if ((event.key === "Enter" || event.key === " ") && at >= 0) take(all[at]);
    else if (event.key === "Escape") root.blur();
    else if (event.key.length > 1) return; // Tab and the like keep their meaning
    event.preventDefault();
    event.stopPropagation(); // letters typed here are no notebook shortcuts
  });

  // A new picture waits while a pointer is down: a click or a drag ends on the shapes it began on.
  let down = false, waiting = false;
  const refresh = () => { if (down) waiting = true; else draw(); };
  const release = () => setTimeout(() => {
    down = false;
    if (waiting) draw();
    waiting = false;
  });
  root.addEventListener("pointerdown", () => { down = true; });
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, release);

  model.on("change:svg", refresh);
  model.on("change:selected", mark);
  draw();
  return () => {
    for (const name of ["pointerup", "pointercancel"]) removeEventListener(name, release);
    model.off("change:svg", refresh);
    model.off("change:selected", mark);
  };
}
export default { render };
