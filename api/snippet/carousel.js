import { arrows } from "./arrows.js";
import { card } from "./card.js";
import carouselCss from "./carousel.css";
import { element } from "./element.js";
import { exposure } from "./exposure.js";
import { quietly } from "./quietly.js";
import { watch } from "./watch.js";

let sheet;

/** Show a showcase; one without placement is invisible and reserves the space. */
export const render = (host, { placement, title, items, labels, attribution_token }) => {
  const tell = exposure(placement, attribution_token);
  const cards = items.map((item, index) => {
    const told = { item_id: item.item_id, index };
    const made = card(item, quietly((click) => click.button < 2 && tell(told, true)));
    watch(made, () => tell(told));
    return made;
  });
  const list = element("ul", {}, ...cards);
  const head = element("header", {}, title && element("h2", {}, title), ...arrows(list, labels));
  const section = element("section", { ariaLabel: title, style: !placement && "visibility:hidden" }, head, list);
  const root = host.shadowRoot || host.attachShadow({ mode: "open" });
  // The page's rules do not reach inside, ours do not get out; a constructed sheet needs no exception in a CSP.
  if (!sheet) (sheet = new CSSStyleSheet()).replaceSync(carouselCss);
  root.adoptedStyleSheets = [sheet];
  root.replaceChildren(section);
  host.hidden = false;
};
