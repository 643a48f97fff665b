// The demo shop's own script: its cart event, its consent banner, and the panel that explains recommendations.
"use strict";

const panel = document.getElementById("reasons");
const words = panel.dataset;

function element(name, content = [], attributes = {}) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...[content].flat());
  return made;
}

for (const form of document.querySelectorAll("[data-add]"))
  form.addEventListener("submit", () => {
    const item = { ...JSON.parse(form.dataset.add), quantity: Number(form.quantity.value) || 1 };
    const value = item.price * item.quantity;
    window.dataLayer.push({ event: "add_to_cart", ecommerce: { currency: "GBP", value, items: [item] } });
  });

// The browser's name for the order, so that the shop's server can vouch for it; without consent there is none.
document.getElementById("checkout")?.addEventListener("submit", ({ target }) => {
  try {
    target.visitor_id.value = JSON.parse(localStorage.vitrine).ids.visitor_id;
  } catch {
    // Nobody's order.
  }
});

// Consent

const banner = document.getElementById("consent");

const asked = (yes) => document.documentElement.toggleAttribute("data-asked", yes);

document.getElementById("privacy").addEventListener("click", () => asked(false));
for (const button of banner.querySelectorAll("button"))
  button.addEventListener("click", () => {
    const choice = button.value;
    asked(true);
    try {
      localStorage.setItem("demo-consent", choice);
    } catch {
      // Asked again on the next page.
    }
    window.vitrine.push(["consent", { analytics: choice, personalization: choice, storage: choice }]);
  });

// Why?

const showcases = new Map();
document.addEventListener("vitrine:showcase", ({ target, detail }) => showcases.set(target, detail));

function facts(pairs) {
  const list = element("dl");
  for (const [name, value] of pairs) if (value) list.append(element("dt", name), element("dd", element("bdi", String(value))));
  return list;
}

function line(item) {
  const image = element("img", [], { src: item.image_link || "/demo/images/gift.svg", alt: "", width: 40, height: 40 });
  const text = element("span", [element("bdi", item.title || item.item_id), element("small", item.reason || "")]);
  const score = typeof item.score === "number" ? item.score.toPrecision(3) : "";
  return element("li", [image, text, element("code", [score, element("br"), item.source || ""])]);
}

function explained([host, showcase]) {
  const parts = [element("h3", showcase.title || host.dataset.vitrine)];
  const state = showcase.held_out ? words.heldOut : showcase.items?.length ? "" : words.nothing;
  parts.push(
    facts([
      [words.placement, host.dataset.vitrine],
      [words.strategy, showcase.strategy],
      [words.model, showcase.model_version],
      ["", state],
    ]),
  );
  if (showcase.items?.length) parts.push(element("ol", showcase.items.map(line)));
  return parts;
}

function remembered() {
  let kept = null;
  try {
    kept = JSON.parse(localStorage.getItem("vitrine"));
  } catch {
    // Then nothing is remembered.
  }
  if (!kept) return [element("h3", words.known), element("p", words.knownNone)];
  const rows = kept.rows.map((row) => row.item_id + " (" + row.event + ")").reverse();
  return [
    element("h3", words.known),
    facts([
      [words.visitor, kept.ids.visitor_id],
      [words.lately, rows.slice(0, 8).join(", ")],
    ]),
  ];
}

const visitor = () => {
  try {
    return JSON.parse(localStorage.getItem("vitrine")).ids.visitor_id;
  } catch {
    return "";
  }
};

function campaign(preview) {
  const shown = element("button", words.showIt, { type: "button" });
  shown.addEventListener("click", () => {
    panel.close();
    window.vitrine.push(["popup", preview]);
  });
  const state = preview.would_show ? words.wouldShow : preview.reasons.map((one) => one.explanation).join("; ");
  return [element("h3", preview.campaign_id), element("p", state), shown];
}

/** What this page's popups would say to this visitor, and what keeps them from opening. */
async function popups() {
  const page = document.querySelector("script[data-key]").dataset;
  const lines = [...document.querySelectorAll("[data-line]")].map((line) => line.dataset.line);
  const asked = { page_type: page.page, item_id: page.itemId, category: page.category, visitor_id: visitor() };
  const given = Object.entries({ ...asked, cart: lines.join(",") }).filter(([, value]) => value);
  const answer = await fetch("/demo/campaigns?" + new URLSearchParams([...given, ["language", document.documentElement.lang]]));
  return answer.ok ? (await answer.json()).flatMap(campaign) : [];
}

document.getElementById("why").addEventListener("click", async () => {
  const inPageOrder = [...showcases].sort(([a], [b]) => (a.compareDocumentPosition(b) & 4 ? -1 : 1));
  const found = inPageOrder.flatMap(explained);
  const content = found.length ? found : [element("p", words.whyNone)];
  const explanation = document.getElementById("explained");
  explanation.replaceChildren(...content, ...remembered());
  panel.showModal();
  explanation.append(...(await popups()));
});
panel.addEventListener("click", (event) => event.target === panel && panel.close());
