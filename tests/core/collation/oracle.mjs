// Answers one JSON line for each that it reads: how Intl.Collator ranks a list of strings.
import { createInterface } from 'node:readline';

const { icu } = process.versions;
console.log(JSON.stringify({ icu }));
for await (const line of createInterface({ input: process.stdin })) {
  const { locale, natural, strings } = JSON.parse(line);
  const { compare } = new Intl.Collator(locale, {
    numeric: natural,
    sensitivity: 'base'
  });
  const order = strings.map((_, index) => index);
  order.sort((a, b) => compare(strings[a], strings[b]));
  const ranks = new Array(strings.length);
  let rank = 0;
  order.forEach((index, place) => {
    if (place && compare(strings[order[place - 1]], strings[index]) !== 0) {
      rank++;
    }
    ranks[index] = rank;
  });
  console.log(JSON.stringify(ranks));
}
