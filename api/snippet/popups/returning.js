import { pulse } from "./pulse.js";

const AWAY = 3e3;

/** The visitor comes back after a few seconds in another tab or app. */
export const returning = ({ after_seconds }, fire, on) => {
  let left;
  on(document, "visibilitychange", () => {
    if (document.hidden) left = pulse.seconds >= after_seconds && performance.now();
    else if (left && performance.now() - left >= AWAY) fire();
  });
};
