// A slider over labelled stops: a native range input, so keys, touch and screen readers need nothing of ours.
let made = 0;

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lab lab-stops";
  const id = `lab-stops-${++made}`;
  const label = document.createElement("label");
  label.htmlFor = id;
  const said = document.createElement("output");
  said.htmlFor = id;
  const range = Object.assign(document.createElement("input"), { type: "range", id, min: 0, step: 1 });
  const ticks = document.createElement("div");
  ticks.className = "lab-stops-ticks";
  ticks.setAttribute("aria-hidden", "true");
  const track = document.createElement("div");
  track.className = "lab-stops-track";
  track.append(ticks, range);
  root.append(label, said, track);
  el.append(root);

  const say = i => {
    const text = model.get("labels")[i] ?? "";
    said.textContent = text;
    said.title = text;
    range.setAttribute("aria-valuetext", text);
  };

  const show = () => {
    const last = model.get("labels").length - 1;
    label.textContent = model.get("description");
    root.title = model.get("tooltip");
    range.max = Math.max(last, 0);
    range.value = model.get("index");
    root.classList.toggle("lab-one-stop", last < 1);
    range.setAttribute("aria-disabled", String(last < 1)); // it keeps its place in the tab order: it says why
    ticks.replaceChildren(...model.get("labels").map(() => document.createElement("i")));
    say(model.get("index"));
  };

  range.addEventListener("input", () => {
    const i = Number(range.value);
    say(i);
    model.set("index", i);
    model.save_changes();
  });
  model.on("change:labels change:index change:description change:tooltip", show);
  show();
  return () => model.off("change:labels change:index change:description change:tooltip", show);
}
export default { render };
