// Names in sentences: none changes the order of the words around it.

const FIRST_STRONG = "\u2068";
const END = "\u2069";
/** What would change that order by itself; nobody's name needs it. */
const CONTROLS = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]/g;
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

/** A name that reads in its own direction; in a sentence that runs from left to right, one that does so too stays as it is. */
export const apart = (name: string): string => {
  const plain = name.replace(CONTROLS, "");
  return RIGHT_TO_LEFT.test(plain) ? `${FIRST_STRONG}${plain}${END}` : plain;
};

/** The same for sentences that run from right to left, in which every name needs it. */
export const within = (name: string): string => `${FIRST_STRONG}${name.replace(CONTROLS, "")}${END}`;
