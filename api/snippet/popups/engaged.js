const SEARCH = /\/\/([^\/]+\.)?(google|bing|yahoo|duckduckgo|yandex|baidu|ecosia|qwant|naver|seznam)\./;

/** Resolves at once, or for those who come from a search engine with their first act on the page. */
export const engaged = async () => {
  if (SEARCH.test(document.referrer) && !navigator.userActivation?.hasBeenActive)
    await new Promise((acted) =>
      ["keydown", "pointerdown", "wheel"].forEach((type) => addEventListener(type, acted, { capture: true, once: true })),
    );
};
