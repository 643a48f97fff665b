import { choices, granted } from "./consent.js";
import { newId } from "./id.js";

let kept;

/**
 * Who visits, what was looked at in this visit, and on how many pages; half an hour of silence ends it. It outlives the
 * page only where storage is allowed. All tabs share it: shoppers open items in new ones.
 */
export const visit = (page, ...rows) => {
  const moment = +new Date();
  try {
    if (choices.storage === "denied") delete localStorage.vitrine;
    if (granted("storage")) kept = JSON.parse(localStorage.vitrine);
  } catch {
    // Nothing stored, or nothing of ours, or a browser that does not let us.
  }
  if (!(moment - kept?.at < 18e5))
    kept = { ids: { visitor_id: newId(), ...kept?.ids, session_id: newId() }, rows: [] };
  kept.rows = [...kept.rows, ...rows].slice(-50);
  kept.views = ~~kept.views + page;
  kept.at = moment;
  try {
    if (granted("storage")) localStorage.vitrine = JSON.stringify(kept);
  } catch {
    // The visit goes on in memory.
  }
  return kept;
};
