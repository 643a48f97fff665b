/** A number in [0, 1) that is always the same for one visitor in one layer of a shop; the API draws the same. */
export const draw = async (shop, visitor, layer) => {
  const text = new TextEncoder().encode([shop, layer, visitor].join("\n"));
  const digest = new DataView(await crypto.subtle.digest("SHA-256", text));
  return Number(digest.getBigUint64(0) >> 11n) / 2 ** 53;
};

/** The variant that a visitor sees: each takes its part of [0, 1), as large as its weight, in the order given. */
export const variant = async (shop, visitor, layer, weights) => {
  const names = Object.keys(weights);
  const total = names.reduce((sum, name) => sum + weights[name], 0);
  const place = (await draw(shop, visitor, layer)) * total;
  let end = 0;
  return names.find((name) => place < (end += weights[name]));
};
