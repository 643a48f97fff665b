import { element } from "./element.js";

/** The two buttons that move a carousel by what is visible; they show only if something is not. */
export const arrows = (list, names) =>
  [..."\u2039\u203a"].map((sign, side) => {
    const onclick = () =>
      list.scrollBy((list.lastChild.offsetLeft < list.offsetLeft) ^ side ? list.clientWidth : -list.clientWidth, 0);
    const made = element("button", { ariaLabel: names?.[side], onclick }, sign);
    new ResizeObserver(() => (made.disabled = list.scrollWidth <= list.clientWidth)).observe(list);
    return made;
  });
