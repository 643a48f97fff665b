import { element } from "../element.js";
import { ask } from "./ask.js";
import { panel } from "./panel.js";
import { scheme } from "./scheme.js";
import { dress } from "./sheets.js";

/** Ask for a banner, and show it in the space that its element has: in view, what needs more is left out or scrolls. */
export const askForBanner = async (campaign, trigger, host) => {
  const deal = await ask(campaign, trigger);
  const { height, top } = host.getBoundingClientRect();
  const unseen = top >= innerHeight;
  host.hidden = !deal && unseen;
  if (!deal) return;
  const section = element("section", {});
  host.style[unseen ? "minHeight" : "height"] = height + "px";
  host.style.colorScheme = scheme();
  dress(host).append(section);
  const done = panel(section, deal, () => {
    host.hidden = true;
    done();
  });
  const sheet = section.firstChild;
  if (sheet.scrollHeight > sheet.clientHeight) section.querySelector(".products")?.remove();
};
