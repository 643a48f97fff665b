import { render } from "./carousel.js";

/** Put what the API answered into a placement, and tell the page with an event that bubbles. */
export const fill = (host, answer) => {
  const found = answer.showcases?.find((one) => one.placement === host.dataset.vitrine);
  if (found?.items[0]) render(host, found);
  // An empty placement gives its space back only where nobody looks; elsewhere it would move what is read.
  else host.hidden = host.getBoundingClientRect().top >= innerHeight;
  host.dispatchEvent(new CustomEvent("vitrine:showcase", { bubbles: true, detail: { ...answer, ...found } }));
};
