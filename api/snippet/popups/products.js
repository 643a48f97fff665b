import { render } from "../carousel.js";
import { element } from "../element.js";
import { quietly } from "../quietly.js";
import { adjust } from "./sheets.js";

/** The same carousel as on the page. To follow one of its links is to take the offer, too. */
export const products = (deal, taken) => {
  const host = element("div", { className: "products" });
  render(host, {
    placement: deal.campaign_id,
    items: deal.content.products,
    labels: deal.content.labels,
    attribution_token: deal.attribution_token,
  });
  adjust(host);
  host.onclick = host.onauxclick = quietly((click) => {
    if (click.composedPath().some((one) => one.href)) taken(click);
  });
  return host;
};
