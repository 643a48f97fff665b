import { pulse } from "./pulse.js";

/** Half a screen upwards in a moment, over several frames: neither a jump of the page nor what a tap on it began. */
export const upwards = ({ after_seconds }, fire, on) => {
  let tapped = -1e9;
  let began = 0;
  let from;
  let frames;
  on(document, "click", () => (tapped = performance.now()));
  on(window, "scroll", () => {
    const now = performance.now();
    if (now - began > 300 || scrollY > from) {
      began = now;
      from = scrollY;
      frames = 0;
    }
    const fast = frames++ > 1 && from - scrollY > innerHeight / 2;
    if (fast && now - tapped > 1e3 && pulse.seconds >= after_seconds) fire();
  });
};
