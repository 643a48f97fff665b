import { render } from "./carousel.js";
import { choices } from "./consent.js";
import { context } from "./context.js";
import { fill } from "./fill.js";
import { spoken } from "./language.js";
import { person, post } from "./post.js";
import { quietly } from "./quietly.js";
import { lastCart, track } from "./track.js";
import { visit } from "./visit.js";

/** How many pages have begun here. */
export let turn = 0;

/** A page begins: tell of the view, reserve the space of its placements, then fill them with one request. */
export const openPage = async ({ cart, customer_id, customer_token, ...pushed }) => {
  const hosts = [...document.querySelectorAll("[data-vitrine]")];
  const asked = ++turn;
  let answer = {};
  try {
    Object.assign(person, { customer_id, customer_token });
    const about = context(hosts[0], pushed);
    track({ event: about.type === "product" ? "view_item" : "page_view", ...about });
    hosts.forEach(quietly((host) => render(host, { title: "\xa0", items: [{}] })));
    if (hosts[0])
      answer = await (
        await post("page", {
          page: about,
          session: choices.personalization === "denied" ? [] : visit().rows,
          cart: cart || lastCart,
          language: spoken(),
          placements: hosts.map((host) => host.dataset.vitrine),
        })
      ).json();
  } catch {
    // Unreachable or not understood: the placements stay empty.
  }
  // The answer to a page that was left is ignored.
  if (asked === turn) hosts.forEach(quietly((host) => fill(host, answer)));
};
