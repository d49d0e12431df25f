// Headline and bar of an explorer. The frame around it (built of ipywidgets) gets its keys and names here.
const SIZES = [14, 18, 22];

// Names stand between backticks in the text, as in prose.
function spell(box, text) {
  if (box.dataset.text === text) return;
  box.dataset.text = text;
  box.replaceChildren(...text.split("`").map((part, i) => {
    if (i % 2 === 0) return part;
    const code = document.createElement("code");
    code.textContent = part;
    return code;
  }));
}

function render({ model, el }) {
  const root = document.createElement("div");
  root.className = "lab-bar";
  root.innerHTML = `
    <div class="lab-answer"><span class="lab-headline" role="status" aria-live="polite"></span><span class="lab-badge" hidden></span></div>
    <div class="lab-tools" role="toolbar">
      <select class="lab-preset" aria-label="Preset"></select>
      <button data-do="reset" title="Back to the preset exactly">Reset</button>
      <span class="lab-gap"></span>
      <button data-do="smaller" aria-label="Smaller text" title="Smaller text">A−</button>
      <button data-do="larger" aria-label="Larger text" title="Larger text">A+</button>
      <button data-do="table" aria-pressed="false" title="The same data as a table">Table</button>
      <select class="lab-export" aria-label="Export"><option value="">Export</option>
        <option value="svg">Picture (SVG)</option><option value="csv">Table (CSV)</option><option value="json">Table (JSON)</option></select>
      <button data-do="command" aria-expanded="false" title="The same from a terminal">As command</button>
    </div>
    <div class="lab-command" hidden><code tabindex="0"></code><button data-do="copy">Copy</button></div>`;
  el.append(root);
  const $ = css => root.querySelector(css);
  const frame = () => el.closest(".lab-frame");

  const show = () => {
    $(".lab-tools").setAttribute("aria-label", model.get("question"));
    spell($(".lab-headline"), model.get("headline"));
    $(".lab-badge").textContent = model.get("badge");
    $(".lab-badge").hidden = !model.get("badge");
    const select = $(".lab-preset");
    select.replaceChildren(...model.get("presets").map(([id, title]) => new Option(`${id} · ${title}`, id)));
    select.value = model.get("preset");
    $('.lab-export [value="files"]')?.remove();
    if (model.get("files")) $(".lab-export").append(new Option(`${model.get("files_word")} (${model.get("files")})`, "files"));
    $('[data-do="reset"]').disabled = model.get("changed") === 0 && !model.get("error");
    $('[data-do="table"]').setAttribute("aria-pressed", String(model.get("table_shown")));
    $('[data-do="smaller"]').disabled = model.get("size") <= SIZES[0];
    $('[data-do="larger"]').disabled = model.get("size") >= SIZES.at(-1);
    $(".lab-command code").textContent = model.get("command");
  };

  const set = (name, value) => { model.set(name, value); model.save_changes(); };
  const turn = step => set("size", SIZES[Math.max(0, Math.min(2, SIZES.indexOf(model.get("size")) + step))]);

  root.addEventListener("click", async event => {
    const what = event.target.closest("button")?.dataset.do;
    if (what === "reset") model.send({ do: "reset" });
    else if (what === "smaller") turn(-1);
    else if (what === "larger") turn(1);
    else if (what === "table") set("table_shown", !model.get("table_shown"));
    else if (what === "command") {
      const line = $(".lab-command");
      line.hidden = !line.hidden;
      event.target.setAttribute("aria-expanded", String(!line.hidden));
    } else if (what === "copy") {
      const code = $(".lab-command code");
      getSelection().selectAllChildren(code);
      try { await navigator.clipboard.writeText(code.textContent); event.target.textContent = "Copied"; }
      catch { event.target.textContent = "Press Ctrl+C"; } // a page without https may not write; the text is selected
      setTimeout(() => { event.target.textContent = "Copy"; }, 1500);
    }
  });
  $(".lab-preset").addEventListener("change", event => set("preset", event.target.value));
  $(".lab-export").addEventListener("change", event => {
    if (event.target.value) model.send({ do: event.target.value });
    event.target.value = "";
  });
  root.addEventListener("keydown", event => { if (event.key === "Escape") event.target.blur(); });

  model.on("msg:custom", (message, buffers) => {
    if (!message.save) return;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([message.text ?? buffers[0]], { type: message.mime }));
    link.download = message.save;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });

  // An error stands at the input that caused it.
  const complain = () => {
    const outer = frame();
    if (!outer) return;
    outer.querySelectorAll(".lab-error").forEach(old => old.remove());
    const text = model.get("error");
    if (!text) return;
    const line = document.createElement("div");
    line.className = "lab-error";
    line.setAttribute("role", "alert");
    line.textContent = text;
    (outer.querySelector(`.lab-control-${model.get("error_at")}`) ?? root).append(line);
  };

  // ipywidgets gives its slider handles neither a name nor a spoken value.
  const name_handles = () => {
    const outer = frame();
    if (!outer) return;
    for (const handle of outer.querySelectorAll(".noUi-handle")) {
      const box = handle.closest(".widget-inline-hbox");
      const label = box?.querySelector(".widget-label")?.textContent ?? "";
      const value = box?.querySelector(".widget-readout")?.textContent ?? "";
      if (handle.getAttribute("aria-label") !== label) handle.setAttribute("aria-label", label);
      if (value && handle.getAttribute("aria-valuetext") !== value) handle.setAttribute("aria-valuetext", value);
    }
  };
  const watch = new MutationObserver(name_handles);
  const adopt = () => {
    const outer = frame();
    if (!outer) return false;
    outer.setAttribute("data-lm-suppress-shortcuts", "true");
    // The notebook binds plain keys to whatever has the focus, before it sees that attribute further out.
    outer.addEventListener("keydown", event => {
      if (!(event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter"))) event.stopPropagation();
    });
    outer.style.setProperty("--lab-size", `${model.get("size")}px`);
    outer.setAttribute("role", "region");
    outer.setAttribute("aria-label", model.get("question"));
    watch.observe(outer, { childList: true, subtree: true, characterData: true });
    name_handles();
    complain();
    return true;
  };
  // The frame is put into the page after its children are made.
  const wait = () => { if (!adopt()) requestAnimationFrame(wait); };
  wait();

  // The room draws for the width there is, so that text keeps its size.
  const measure = new ResizeObserver(() => {
    const width = Math.round(root.clientWidth / 10) * 10;
    if (width > 0 && width !== model.get("width")) set("width", width);
  });
  measure.observe(root);

  const resize = () => frame()?.style.setProperty("--lab-size", `${model.get("size")}px`);
  model.on("change", show);
  model.on("change:size", resize);
  model.on("change:error change:error_at", complain);
  show();
  return () => { watch.disconnect(); measure.disconnect(); model.off("change", show); };
}
export default { render };
