/** Tell the page's developers what became of a campaign. */
export const tell = (state, deal) =>
  document.dispatchEvent(new CustomEvent("vitrine:popup", { bubbles: true, detail: { ...deal, state } }));
