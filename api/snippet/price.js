import { element } from "./element.js";
import { spoken } from "./language.js";
import { quietly } from "./quietly.js";

/** What an item costs: with a lower sale price, that one first and the old price struck; an unknown price is left empty. */
export const priceTag = ({ price, sale_price, currency }) => {
  const money = quietly((amount) =>
    (+amount).toLocaleString(spoken(), currency && { style: "currency", currency }),
  );
  return element(
    "b",
    {},
    ...(+sale_price < +price
      ? [element("bdi", {}, money(sale_price)), element("s", {}, money(price))]
      : [price && money(price)]),
  );
};
