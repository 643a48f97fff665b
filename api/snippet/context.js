import { script } from "./script.js";

/** What the page is about: what the shop pushed, else the first placement's attributes, else the script's. */
export const context = (host, pushed) => {
  const told = { ...(!pushed.type && script.dataset), ...host?.dataset };
  const kind = /^(home|category|product|cart|search|not.found)/.exec(told.vitrine);
  return {
    type: told.page || kind?.[0].replace("-", "_") || (told.itemId ? "product" : "other"),
    item_id: told.itemId,
    category: told.category,
    query: told.query,
    ...pushed,
  };
};
