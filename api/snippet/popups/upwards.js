import { pulse } from "./pulse.js";

const SPAN = 300;

/** Half a screen upwards in a moment, over several frames: neither a jump of the page nor what a tap on it began. */
export const upwards = ({ after_seconds }, fire, on) => {
  let points = [];
  let tapped = -1e9;
  on(document, "click", () => (tapped = performance.now()));
  on(window, "scroll", () => {
    const at = performance.now();
    points = [...points.filter((point) => at - point.at < SPAN), { at, y: scrollY }];
    const fast = points.length > 2 && points[0].y - scrollY > innerHeight / 2;
    if (fast && at - tapped > 1e3 && pulse.seconds >= after_seconds) fire();
  });
};
