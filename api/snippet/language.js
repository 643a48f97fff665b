/** The language of the page, now. */
export const spoken = () => document.documentElement.lang || undefined;
