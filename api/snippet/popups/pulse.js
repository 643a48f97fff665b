import { quietly } from "../quietly.js";

/** The page's clock: `seconds` in view since its campaigns were armed, a `tick` after each. */
export const pulse = new EventTarget();

const last = {};
let beating;

/** How many seconds ago the visitor was last `active`, or `typed`. */
export const since = (what) => (performance.now() - last[what]) / 1e3;

/** Begin to count anew. */
export const restart = () => {
  clearInterval(beating);
  last.typed = -1e9;
  last.active = performance.now();
  pulse.seconds = 0;
  const beat = quietly(() => {
    if (!document.hidden) {
      pulse.seconds++;
      pulse.dispatchEvent(new Event("tick"));
    }
  });
  beating = setInterval(beat, 1e3);
};

const note = (event) => {
  last.active = performance.now();
  if (event.type === "keydown") last.typed = last.active;
};
["keydown", "pointerdown", "pointermove", "scroll", "touchmove", "visibilitychange", "wheel"].forEach((type) =>
  addEventListener(type, note, { capture: true, passive: true }),
);
