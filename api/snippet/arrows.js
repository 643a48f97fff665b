import { element } from "./element.js";

/** The two buttons that move a carousel by what is visible; they show only if something is not. */
export const arrows = (list, names) =>
  ["‹", "›"].map((sign, side) => {
    const made = element("button", { ariaLabel: names?.[side] }, sign);
    made.onclick = () =>
      list.scrollBy((getComputedStyle(list).direction === "rtl") ^ side ? list.clientWidth : -list.clientWidth, 0);
    new ResizeObserver(() => (made.disabled = list.scrollWidth <= list.clientWidth)).observe(list);
    return made;
  });
