import { element } from "../element.js";

/** The call to action: a link, or without an address a button. Strange addresses lead nowhere. */
export const button = ({ label, link }, taken) => {
  const made = element(link ? "a" : "button", { className: "go", href: link, onclick: taken, onauxclick: taken }, label);
  /^https?:$/.test(made.protocol) || made.removeAttribute("href");
  made.end = () => {
    made.removeAttribute("href");
    made.tabIndex = 0;
    made.role = link && "link";
    made.ariaDisabled = "true";
    made.onclick = made.onauxclick = null;
  };
  return made;
};
