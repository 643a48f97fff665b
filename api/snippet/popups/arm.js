import { quietly } from "../quietly.js";
import { told } from "../told.js";
import { onCall } from "./api.js";
import { askForBanner } from "./banner.js";
import { onIdleCart } from "./cart_idle.js";
import { engaged } from "./engaged.js";
import { onExit } from "./exit_intent.js";
import { onInactivity } from "./inactivity.js";
import { restart, since } from "./pulse.js";
import { onDepth } from "./scroll_depth.js";
import { onTimer } from "./timer.js";
import { askForDialog } from "./turns.js";

const kinds = {
  api: onCall,
  cart_idle: onIdleCart,
  exit_intent: onExit,
  inactivity: onInactivity,
  scroll_depth: onDepth,
  timer: onTimer,
  view: (_, fire) => fire(),
};
let armed = [];

/** Wait for one campaign's triggers. The first that fires is the last: all of them stop. */
const watchFor = quietly((campaign, host) => {
  const turn = told.turn;
  const ending = new AbortController();
  const on = (target, type, task) =>
    target.addEventListener(type, quietly(task), { capture: true, passive: true, signal: ending.signal });
  armed.push(ending);
  campaign.triggers.forEach((trigger) => {
    const fire = () => {
      // Nobody is interrupted who writes or has another dialog open; the trigger may fire again later.
      const free = host || trigger.on === "api" || (since("typed") > 3 && !document.querySelector(":modal"));
      if (turn !== told.turn || !free) return;
      ending.abort();
      (host ? askForBanner : askForDialog)(campaign, trigger.on, host).catch(() => {});
    };
    kinds[trigger.on]?.(trigger, quietly(fire), on);
  });
});

/** Wait for the triggers of a page's campaigns, instead of those of the page before. Dialogs wait for the visitor. */
export const arm = async (campaigns) => {
  const turn = told.turn;
  armed.forEach((one) => one.abort());
  armed = [];
  for (const host of document.querySelectorAll("[data-vitrine]")) {
    const campaign = campaigns.find((one) => one.slot === host.dataset.vitrine);
    if (campaign) {
      // The script may have taken the empty element's space back, out of sight.
      host.hidden = false;
      watchFor(campaign, host);
    }
  }
  await engaged();
  if (turn !== told.turn) return;
  restart();
  campaigns.forEach((one) => one.slot || watchFor(one));
};
