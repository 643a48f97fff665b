import { quietly } from "./quietly.js";

/** Tell once when half of an element was visible for a second. */
export const watch = (target, task) => {
  let wait;
  const seen = quietly(() => {
    observer.disconnect();
    task();
  });
  const observer = new IntersectionObserver(
    ([entry]) => {
      clearTimeout(wait);
      wait = entry.intersectionRatio >= .5 && setTimeout(seen, 1e3);
    },
    { threshold: .5 },
  );
  observer.observe(target);
};
