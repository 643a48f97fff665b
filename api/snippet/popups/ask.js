import { spoken } from "../language.js";
import { told } from "../told.js";
import { call } from "./call.js";
import { tell } from "./tell.js";

/** Ask whether a campaign may show now: the answer together with the campaign, or nothing. */
export const ask = async (campaign, trigger) => {
  const turn = told.turn;
  const deal = { ...campaign, trigger };
  try {
    const asked = { trigger, cart: told.cart, language: spoken() };
    Object.assign(deal, await (await call(campaign, "show", asked)).json());
    if (deal.shown && turn === told.turn) return deal;
  } catch {
    deal.reason = "unreachable";
  }
  tell("refused", deal);
};
