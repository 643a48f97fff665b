import { flush, queue, send } from "./send.js";

/** How one showcase tells which items were seen, gathered into few events, and which one was chosen. */
export const exposure = (item_list_id, attribution_token) => {
  let last;
  return (item, chosen) => {
    if (!chosen && queue.includes(last)) last.items.push(item);
    else if (item_list_id)
      last = send({ event: chosen ? "select_item" : "view_item_list", item_list_id, attribution_token, items: [item] });
    chosen && flush(); // The page is about to be left, and nothing more belongs to this event.
  };
};
