import { element } from "./element.js";
import { priceTag } from "./price.js";

/** One item of a carousel. The picture's box has its height before the picture loads, and keeps it if that fails. */
export const card = (item, clicked) => {
  const anchor = element(
    "a",
    { href: item.link, onclick: clicked, onauxclick: clicked },
    element("img", { alt: "", loading: "lazy", src: item.image_link }),
    element("p", {}, element("bdi", {}, item.title || item.item_id)),
    priceTag(item),
  );
  /^https?:$/.test(anchor.protocol) || anchor.removeAttribute("href");
  return element("li", {}, anchor);
};
