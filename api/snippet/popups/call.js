import { post } from "../post.js";

/** Call the API about one campaign. */
export const call = ({ campaign_id, arm_token }, what, content) =>
  post("popups/" + encodeURIComponent(campaign_id) + "/" + what, { arm_token, ...content });
