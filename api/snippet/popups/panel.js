import { element } from "../element.js";
import { quietly } from "../quietly.js";
import { button } from "./button.js";
import { call } from "./call.js";
import { countdown } from "./countdown.js";
import { coupon } from "./coupon.js";
import { products } from "./products.js";
import { promotion } from "./promotion.js";
import { tell } from "./tell.js";

/**
 * Fill a dialog or banner with what a campaign says. `close` takes it away; the answer is to be called when it is gone:
 * it tells whether the visitor took the offer.
 */
export const panel = (box, deal, close) => {
  const words = deal.content;
  const status = element("p", { role: "status", className: "unseen" });
  const say = (text) => (status.textContent = text);
  const chosen = promotion(box, deal);
  let taken = !deal.trigger; // A preview cannot be dismissed.
  const take = quietly((click, leave) => {
    if (click.button > 1) return;
    taken = true;
    chosen();
    leave?.();
  });
  const copy = words.code && coupon(words.code, say, () => (taken = true));
  const go = words.button && button(words.button, (click) => take(click, close));
  const end = () => {
    copy?.end();
    go?.end();
  };
  const clock = words.countdown && countdown(words, say, end);
  box.dir = words.direction;
  box.lang = words.language;
  box.className = words.template;
  box.ariaLabel = words.headline;
  box.setAttribute("aria-describedby", "text");
  box.append(
    element(
      "div",
      { className: "sheet" },
      element("h2", {}, words.headline),
      words.text && element("p", { id: "text" }, words.text),
      clock,
      copy,
      words.notes?.[0] && element("ul", {}, ...words.notes.map((note) => element("li", {}, note))),
      words.products?.[0] && products(deal, take),
      element(
        "footer",
        {},
        go,
        words.dismiss && element("button", { className: "no", onclick: close }, words.dismiss),
      ),
      status,
    ),
    element("button", { className: "close", ariaLabel: words.close, onclick: close }, "\u00d7"),
  );
  tell("shown", deal);
  return quietly(() => {
    clock?.stop();
    tell(taken ? "taken" : "dismissed", deal);
    if (!taken) call(deal, "dismiss").catch(() => {});
  });
};
