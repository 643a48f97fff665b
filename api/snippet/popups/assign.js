import { granted } from "../consent.js";
import { script } from "../script.js";
import { visit } from "../visit.js";
import { variant } from "./assignment.js";

/** Tell the shop which variant the visitor sees; none without a stored visitor, or where the browser cannot hash. */
export const assign = async ({ shop, layer, variants, then }) => {
  let drawn;
  try {
    if (granted("storage")) drawn = await variant(shop || script.dataset.shop, visit(0).ids.visitor_id, layer, variants);
  } catch {
    // Pages without TLS have no `crypto.subtle`.
  }
  setTimeout(then, 0, drawn); // Its errors are the shop's own.
};
