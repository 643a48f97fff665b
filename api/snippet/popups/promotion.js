import { flush, send } from "../send.js";
import { watch } from "../watch.js";

/** Tell when a popup was half visible for a second; call the answer when it was chosen. A preview has no token. */
export const promotion = (box, { campaign_id, attribution_token }) => {
  const told = (event) => attribution_token && send({ event, promotion_id: campaign_id, attribution_token });
  watch(box, () => told("view_promotion"));
  return () => {
    told("select_promotion");
    flush(); // The page is about to be left.
  };
};
