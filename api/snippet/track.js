import { send } from "./send.js";
import { visit } from "./visit.js";

let viewed;

/** The cart, as the last `view_cart` told it. */
export let lastCart;

/** Take one event. The page, the shop and its data layer may all tell of the same view: it counts once. */
export const track = (told) => {
  const name = told.event;
  const list = (told.items || [told]).filter((item) => item.item_id);
  const first = list[0]?.item_id;
  if (name === "view_item" || name === "page_view") {
    if (first && first === viewed) return;
    viewed = first;
  }
  if (name === "view_cart") lastCart = { ...told, items: list };
  if (/^(view_item|add_to_(cart|wishlist)|purchase)$/.test(name))
    visit(...list.map(({ item_id }) => ({ item_id, event: name })));
  send({ ...told });
};
