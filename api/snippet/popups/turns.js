import { granted } from "../consent.js";
import { ask } from "./ask.js";
import { openDialog } from "./dialog.js";

let waiting = [];
let busy;
let shown;

/**
 * Ask for a dialog, one at a time: if one is refused, the next that fired meanwhile is asked for; what fires while one
 * is open has had its turn. Without stored consent nobody counts over pages, so there is at most one a page load.
 */
export const askForDialog = async (campaign, trigger) => {
  waiting.push([campaign, trigger]);
  if (busy) return;
  busy = true;
  while (waiting[0] && (!shown || granted("storage"))) {
    const deal = await ask(...waiting.shift());
    if (!deal) continue;
    shown = true;
    await openDialog(deal);
    waiting = [];
  }
  waiting = [];
  busy = false;
};
