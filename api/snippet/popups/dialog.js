import { element } from "../element.js";
import { panel } from "./panel.js";
import { scheme } from "./scheme.js";
import { dress } from "./sheets.js";

/** Show a campaign in a modal dialog: the platform traps the focus in it and gives it back. Resolves when it is closed. */
export const openDialog = (deal) =>
  new Promise((closed) => {
    const host = element("div", {});
    const dialog = element("dialog", { tabIndex: -1 });
    let pressed;
    const done = panel(dialog, deal, () => dialog.close());
    host.style.cssText = "position:fixed;color-scheme:" + scheme();
    dress(host).append(dialog);
    // A text that is marked up to the backdrop does not close; a press that began there does.
    dialog.onpointerdown = (event) => (pressed = event.target);
    dialog.onclick = (event) => {
      if (event.target === dialog && pressed === dialog) dialog.close();
    };
    dialog.onclose = () => {
      done();
      host.remove();
      closed();
    };
    document.body.append(host);
    dialog.showModal();
    dialog.focus(); // Its name and text are read first; no button is pressed by chance.
  });
