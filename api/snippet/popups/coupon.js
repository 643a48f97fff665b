import { element } from "../element.js";
import { quietly } from "../quietly.js";

/** A code with a button that copies it, or marks it where the browser does not let us. */
export const coupon = ({ value, copy, copied }, say, taken) => {
  const code = element("code", { dir: "ltr" }, value);
  const done = () => {
    say(copied);
    made.textContent = copied;
  };
  const take = quietly(() => {
    taken();
    getSelection().selectAllChildren(code);
    navigator.clipboard.writeText(value).then(done, () => {});
  });
  const made = element("button", { onclick: take }, copy);
  const box = element("div", { className: "code" }, code, made);
  box.end = () => (made.disabled = true);
  return box;
};
