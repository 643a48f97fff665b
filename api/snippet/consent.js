import { script } from "./script.js";

const refused = navigator.globalPrivacyControl;
const first = refused ? "denied" : script.dataset.consent || "unknown";

/** What the visitor chose for each purpose: unknown until the shop tells. */
export const choices = { analytics: first, personalization: first, storage: first };

/** Take over choices, those left out stay; Global Privacy Control denies everything. */
export const choose = (given) => refused || Object.assign(choices, given);

/** Whether a purpose may be served on this device: unknown counts as denied. */
export const granted = (purpose) => choices[purpose] === "granted";
