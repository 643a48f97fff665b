import { element } from "./element.js";
import { spoken } from "./language.js";
import { quietly } from "./quietly.js";

/** What an item costs: with a lower sale price, that one first and the old price struck; an unknown price is left empty. */
export const priceTag = ({ price, sale_price, currency }) => {
  const money = quietly((amount) =>
    new Intl.NumberFormat(spoken(), currency && { style: "currency", currency }).format(amount),
  );
  const sale = +sale_price < +price && sale_price;
  return sale
    ? element("b", {}, element("bdi", {}, money(sale)), element("s", {}, money(price)))
    : element("b", {}, price && money(price));
};
