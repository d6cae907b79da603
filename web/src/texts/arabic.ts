// How Arabic counts things.

const rules = new Intl.PluralRules("ar");

interface Counted {
  one: string;
  two: string;
  few: string;
  many: string;
  other: string;
}

/** A noun with its number: one and two have forms of their own and no digit; 3 to 10, 11 to 99 and hundreds differ. */
export function counted(n: number, { one, two, few, many, other }: Counted): string {
  switch (rules.select(n)) {
    case "one":
      return one;
    case "two":
      return two;
    case "few":
      return `${n} ${few}`;
    case "many":
      return `${n} ${many}`;
    default:
      return `${n} ${other}`;
  }
}
