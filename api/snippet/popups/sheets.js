import popupCss from "./popup.css";
import productsCss from "./products.css";

/** A constructed style sheet needs no exception in a content security policy. */
const sheetOf = (css) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  return sheet;
};
const looks = sheetOf(popupCss);
const overlaid = sheetOf(productsCss);

/** The host's shadow root, empty and in our style. */
export const dress = (host) => {
  const root = host.shadowRoot || host.attachShadow({ mode: "open" });
  root.replaceChildren();
  root.adoptedStyleSheets = [looks];
  return root;
};

/** A carousel inside a popup: its arrows lie over it. */
export const adjust = (host) => host.shadowRoot.adoptedStyleSheets.push(overlaid);
