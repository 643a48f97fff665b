/** What the shop told last: its `account`, which its server vouches for, and the `cart`; and how many pages have begun. */
export const told = { turn: 0 };
