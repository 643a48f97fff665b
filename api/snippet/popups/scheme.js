/** Whether the page is light or dark, by the first opaque background behind it; else what it says by itself. */
export const scheme = () => {
  const seen = [document.body, document.documentElement].map((one) => getComputedStyle(one).backgroundColor);
  const [red, green, blue] = seen.find((colour) => /^rgb\(/.test(colour))?.match(/\d+/g) || [];
  return red ? (red * 3 + green * 6 + +blue < 1280 ? "dark" : "light") : "";
};
