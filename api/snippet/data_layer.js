import { quietly } from "./quietly.js";
import { track } from "./track.js";

/** Take over what GA4 ecommerce tags say; `gtag("event", …)` leaves its arguments, Tag Manager users push objects. */
const read = quietly((entry) => {
  const [name, content] = entry[0] === "event" ? [entry[1], entry[2]] : [entry.event, entry.ecommerce || entry];
  const { items, value, currency, transaction_id, search_term } = content;
  if (/^(view_[icp]|select_[ip]|add_to_|remove_f|begin_c|purchase|refund|search$)/.test(name))
    track({ event: name, items, value, currency, transaction_id, search_term });
});

/** Read the data layer so far, and what is pushed from now on; for everybody else it stays as it is. */
export const readDataLayer = () => {
  const layer = (window.dataLayer ||= []);
  const original = layer.push;
  layer.forEach(read);
  layer.push = (...entries) => {
    entries.forEach(read);
    return original.apply(layer, entries);
  };
};
