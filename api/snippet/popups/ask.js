import { spoken } from "../language.js";
import { told } from "../told.js";
import { call } from "./call.js";
import { coarse } from "./coarse.js";
import { tell } from "./tell.js";

/** What kind of device this is, by what points on it and how wide its screen is. */
const device = () => (coarse() ? (screen.width < 600 ? "phone" : "tablet") : "desktop");

/** Ask whether a campaign may show now: the answer together with the campaign, or nothing. */
export const ask = async (campaign, trigger) => {
  const turn = told.turn;
  const deal = { ...campaign, trigger };
  try {
    const asked = { trigger, cart: told.cart, language: spoken(), device: device() };
    Object.assign(deal, await (await call(campaign, "show", asked)).json());
    if (deal.shown && turn === told.turn) return deal;
  } catch {
    deal.reason = "unreachable";
  }
  tell("refused", deal);
};
