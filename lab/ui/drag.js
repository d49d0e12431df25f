// Shapes that are dragged onto others. `rules()`: first word of a key -> first words of the keys it may be dropped on.
function makeDraggable(root, rules, done) {
  let from = null, ghost = null, start = null, over = null, dropped = false;
  const word = shape => shape.dataset.key.split(" ")[0];
  const fits = shape => shape && root.contains(shape) && (rules()[word(from)] ?? []).includes(word(shape));
  const under = event => {
    const shape = document.elementFromPoint(event.clientX, event.clientY)?.closest("[data-key]");
    return fits(shape) ? shape : null;
  };
  const each = (change) => root.querySelectorAll("[data-key]").forEach(change);

  const lift = event => {
    ghost = document.createElement("div");
    ghost.className = "lab-ghost";
    ghost.textContent = from.getAttribute("aria-label") ?? "";
    root.append(ghost);
    root.setPointerCapture(event.pointerId);
    each(shape => shape.classList.toggle("lab-target", fits(shape)));
  };
  const end = () => {
    ghost?.remove();
    each(shape => shape.classList.remove("lab-target", "lab-over"));
    from = ghost = over = null;
  };

  root.addEventListener("pointerdown", event => {
    const shape = event.target.closest("[data-key]");
    if (event.button || !shape || !rules()[word(shape)]) return;
    [from, start] = [shape, [event.clientX, event.clientY]];
  });
  root.addEventListener("pointermove", event => {
    if (from && !(event.buttons & 1)) end(); // let go out there, before it was lifted
    if (!from) return;
    if (!ghost && Math.hypot(event.clientX - start[0], event.clientY - start[1]) < 6) return;
    if (!ghost) lift(event);
    const box = root.getBoundingClientRect();
    ghost.style.transform = `translate(${event.clientX - box.left + 12}px, ${event.clientY - box.top + 8}px)`;
    const now = under(event);
    if (now === over) return;
    over?.classList.remove("lab-over");
    over = now;
    over?.classList.add("lab-over");
  });
  root.addEventListener("pointerup", event => {
    if (ghost) {
      const to = under(event), what = from.dataset.key;
      dropped = true; // the click that follows is no click
      setTimeout(() => { dropped = false; });
      if (to) done(what, to.dataset.key);
    }
    end();
  });
  root.addEventListener("pointercancel", end);
  root.addEventListener("keydown", event => { if (event.key === "Escape" && ghost) { end(); event.stopImmediatePropagation(); } });
  root.addEventListener("click", event => { if (dropped) event.stopImmediatePropagation(); }, { capture: true });
}
