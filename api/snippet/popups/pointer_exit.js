import { pulse } from "./pulse.js";

const FIELDS = "input,textarea,select,option";

/**
 * The mouse leaves through the top edge and stays away for a moment. The lists of selects and of autocompletion, scroll
 * bars, frames, dialogs of the browser and other windows take the pointer as well: from or to them nobody leaves.
 */
export const onPointerExit = ({ after_seconds }, fire, on) => {
  let leaving;
  let printed = 0;
  const stay = () => clearTimeout(leaving);
  on(document, "pointerover", stay);
  on(window, "beforeprint", () => {
    stay();
    printed = Infinity;
  });
  on(window, "afterprint", () => (printed = performance.now() + 1e3));
  on(document, "pointerout", ({ buttons, clientX, clientY, pointerType, relatedTarget, target }) => {
    const atTop = clientY <= 20 && clientX > 0 && clientX < document.documentElement.clientWidth;
    const real = pointerType === "mouse" && !buttons && !relatedTarget && document.hasFocus() && top === window;
    // From a focused field the pointer may go to its list, which may lie over the page; beyond the page's edge there is none.
    const listed = document.activeElement.matches(FIELDS) && (clientY > 0 || target.closest?.(FIELDS));
    if (atTop && real && !listed && performance.now() > printed && pulse.seconds >= after_seconds)
      leaving = setTimeout(fire, 300);
  });
};
