import { quietly } from "./quietly.js";
import { track } from "./track.js";

/**
 * Take over what GA4 ecommerce tags say: `gtag("event", …)` leaves its arguments, Tag Manager users push objects. Of
 * those without `ecommerce` only two members are ours; others may hold anything, even elements of the page.
 */
const read = quietly((entry) => {
  const { items, search_term } = entry;
  const [, name, content] =
    entry[0] === "event" ? entry : [0, entry.event, entry.ecommerce || { items, search_term }];
  if (/^(view_[icp]|select_[ip]|add_to_|remove_f|begin_c|purchase|refund|search$)/.test(name))
    track({ ...content, event: name });
});

/** Read the data layer so far, and what is pushed from now on; for everybody else it stays as it is. */
export const readDataLayer = () => {
  const layer = window.dataLayer ||= [];
  const original = layer.push;
  layer.forEach(read);
  layer.push = (...entries) => {
    entries.forEach(read);
    return original.call(layer, ...entries);
  };
};
