import { render } from "./carousel.js";
import { choices } from "./consent.js";
import { context } from "./context.js";
import { fill } from "./fill.js";
import { spoken } from "./language.js";
import { usePopups } from "./popups.js";
import { post } from "./post.js";
import { quietly } from "./quietly.js";
import { told } from "./told.js";
import { track } from "./track.js";
import { visit } from "./visit.js";

/** A page begins: tell of the view, reserve the space of its placements, then fill them with one request. */
export const openPage = async ({ cart, customer_id, customer_token, ...pushed }) => {
  const hosts = [...document.querySelectorAll("[data-vitrine]")];
  const asked = ++told.turn;
  let answer = {};
  try {
    told.account = { customer_id, customer_token };
    told.cart = cart || told.cart;
    const about = context(hosts[0], pushed);
    track({ event: about.type === "product" ? "view_item" : "page_view", ...about });
    hosts.forEach(quietly((host) => render(host, { title: ".", items: [{}] })));
    const { rows, views } = choices.personalization === "denied" ? { rows: [] } : visit(1);
    answer = await (
      await post("page", {
        page: { url: location.href, referrer: document.referrer, ...about },
        session: rows,
        page_views: views,
        cart: told.cart,
        language: spoken(),
        placements: hosts.map((host) => host.dataset.vitrine),
      })
    ).json();
  } catch {
    // Unreachable or not understood: the placements stay empty.
  }
  // The answer to a page that was left is ignored.
  if (asked === told.turn) {
    hosts.forEach(quietly((host) => fill(host, answer)));
    if (answer.popups?.[0]) usePopups(answer.popups);
  }
};
