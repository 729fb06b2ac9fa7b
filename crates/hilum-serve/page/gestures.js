// Mouse, pen and fingers on the stage.

/** Distance of the wheel that is one slice. */
const WHEEL_STEP = 60;

/**
 * Tells `actions` what is done on `canvas`: `scroll(slices)`, `adjust(x, y)`, `pan(x, y)`,
 * `zoom(factor, place)`, `fit()`, `measuring.point("begin" | "move" | "end", place)`, `hover(place)`.
 * `actions.tool` says what one finger, or the first button of a mouse, does.
 */
export function listen(canvas, actions) {
  const fingers = new Map();
  let doing = null;
  let wheeled = 0;
  let scrolled = 0;

  const place = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return [event.clientX - left, event.clientY - top];
  };

  const drag = (from, to) => {
    const [x, y] = [to[0] - from[0], to[1] - from[1]];
    if (doing === "pan") actions.pan(x, y);
    else if (doing === "window") actions.adjust(x, y);
    else if (doing === "measure") actions.measuring.point("move", to);
    else if (doing === "scroll") {
      scrolled += y;
      const step = Math.max(4, Math.min(24, canvas.clientHeight / Math.max(actions.count, 1)));
      const slices = Math.trunc(scrolled / step);
      scrolled -= slices * step;
      if (slices !== 0) actions.scroll(slices);
    }
  };

  const pinch = (id, to) => {
    const other = [...fingers].find(([one]) => one !== id)[1];
    const from = fingers.get(id);
    const apart = (a, b) => Math.max(1, Math.hypot(a[0] - b[0], a[1] - b[1]));
    const middle = [(to[0] + other[0]) / 2, (to[1] + other[1]) / 2];
    actions.pan((to[0] - from[0]) / 2, (to[1] - from[1]) / 2);
    actions.zoom(apart(to, other) / apart(from, other), middle);
  };

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    canvas.focus({ preventScroll: true });
    fingers.set(event.pointerId, place(event));
    if (fingers.size > 1) {
      if (doing === "measure") actions.measuring.point("end");
      doing = "pinch";
      return;
    }
    doing = event.button === 0 ? actions.tool : "pan";
    if (doing === "measure") actions.measuring.point("begin", place(event));
  });
  canvas.addEventListener("pointermove", (event) => {
    const to = place(event);
    if (event.pointerType === "mouse") actions.hover(to);
    if (!fingers.has(event.pointerId)) return;
    if (fingers.size === 2) pinch(event.pointerId, to);
    else drag(fingers.get(event.pointerId), to);
    fingers.set(event.pointerId, to);
  });
  const lift = (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (doing === "measure") actions.measuring.point("end");
    // A finger that stays after a pinch does nothing by itself.
    doing = null;
    scrolled = 0;
  };
  canvas.addEventListener("pointerup", lift);
  canvas.addEventListener("pointercancel", lift);
  canvas.addEventListener("pointerleave", () => actions.hover(null));
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("dblclick", () => actions.fit());
  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const distance = event.deltaMode === 0 ? event.deltaY : event.deltaY * WHEEL_STEP;
      if (event.ctrlKey || event.metaKey || actions.count < 2) {
        actions.zoom(Math.exp(-distance / 300), place(event));
        return;
      }
      wheeled += distance;
      const slices = Math.trunc(wheeled / WHEEL_STEP);
      wheeled -= slices * WHEEL_STEP;
      if (slices !== 0) actions.scroll(slices);
    },
    { passive: false },
  );
}
