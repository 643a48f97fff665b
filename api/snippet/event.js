import { send } from "./send.js";
import { visit } from "./visit.js";

let viewed;

/** The cart, as the last `view_cart` told it. */
export let cart;

/** Take one event. The page, the shop and its data layer may all tell of the same view: it counts once. */
export const event = (given) => {
  const name = given.event;
  const items = given.items || [given];
  const first = items[0].item_id;
  if (name === "view_item") {
    const before = viewed;
    viewed = first;
    if (!first || first === before) return;
  }
  if (name === "view_cart") cart = { currency: given.currency, items };
  if (first && /^(view_item|add_to_.+|purchase)$/.test(name)) visit(...items.map(({ item_id }) => ({ item_id, event: name })));
  send({ ...given });
};
