import { send } from "./send.js";
import { told } from "./told.js";
import { visit } from "./visit.js";

let viewed;

/** Take one event. The page, the shop and its data layer may all tell of the same view: it counts once. */
export const track = (given) => {
  const name = given.event;
  const list = (given.items || [given]).filter((item) => item.item_id);
  const first = list[0]?.item_id;
  if (/^(view_item|page_view)$/.test(name)) {
    if (first && first === viewed) return;
    viewed = first;
  }
  if (name === "view_cart") told.cart = { ...given, items: list };
  if (/^(view_item|add_to_(cart|wishlist)|purchase)$/.test(name))
    visit(0, ...list.map(({ item_id }) => ({ item_id, event: name })));
  send(given);
};
