// Writes cloudru_jlab/core/collation/weights.json.gz: the order in which ICU puts characters at base sensitivity.
//
//   node scripts/generate_collation.mjs            write the table
//   node scripts/generate_collation.mjs --check    fail when the committed table is not what this Node would write
//
// Everything is learned from Intl.Collator by comparing strings, so the table is what the browser shows, not what a
// standard says. Terms: a *class* is a set of characters that compare equal at base sensitivity (a, A, á, ａ); an
// *expansion* is a character that compares as several (ß as ss); a *contraction* is a pair that compares as something
// else than its two parts (и and U+0306 as й). Classes are numbered in ascending order of the root locale.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';

const TARGET = fileURLToPath(
  new URL('../cloudru_jlab/core/collation/weights.json.gz', import.meta.url)
);
const options = numeric => ({ numeric, sensitivity: 'base' });
const root = new Intl.Collator('en', options(false));
const natural = new Intl.Collator('en', options(true));
const russian = new Intl.Collator('ru', options(false));

// The highest primary weight there is; and an ignorable character that no contraction reaches across.
const HIGHEST = '\uffff';
const BARRIER = '\u034f';
const BREVE = 0x306;
// The reader's arrays end here.
const TABULATED = 0x20000;
// The longest expansion of Unicode 17 has 18 elements (U+FDFA).
const MAX_EXPANSION = 24;

const fail = message => {
  console.error(message);
  process.exit(1);
};
const text = String.fromCodePoint;
const isHangulSyllable = c => c >= 0xac00 && c <= 0xd7a3;

const decompose = s => s.normalize('NFD');

// Not listed: unassigned and private characters, which stand in code point order after all others, as the reader knows
// without a table; U+FFFD, the last of all; and the ideographs outside the BMP, which would double the table, unless a
// character of the BMP decomposes to them.
const isListed = c =>
  c !== 0xfffd &&
  !/[\p{Cn}\p{Co}\p{Cs}]/u.test(text(c)) &&
  !(c > 0xffff && /\p{Unified_Ideograph}/u.test(decompose(text(c))));

function farIdeographs() {
  const found = new Set();
  for (let c = 0xf900; c < 0xfb00; c++) {
    const point = decompose(text(c)).codePointAt(0);
    if (point > 0xffff) {
      found.add(point);
    }
  }
  return found;
}

/** Every listed character is ignorable, the first of a class, a member of a class, or an expansion. */
function learnClasses() {
  const points = [];
  const far = farIdeographs();
  for (let c = 0; c < 0x110000; c++) {
    if (isListed(c) || far.has(c)) {
      points.push(c);
    }
  }
  points.sort((a, b) => root.compare(text(a), text(b)) || a - b);
  const ignorable = [];
  const order = [];
  const members = new Map();
  const expanding = [];
  for (const c of points) {
    const s = text(c);
    const last = order.length ? text(order[order.length - 1]) : null;
    if (root.compare(s, '') === 0) {
      ignorable.push(c);
    } else if (last !== null && root.compare(s, last) === 0) {
      members.set(c, order.length - 1);
    } else if (last !== null && root.compare(s, last + HIGHEST) < 0) {
      expanding.push(c);
    } else {
      order.push(c);
    }
  }
  return { ignorable, order, members, expanding };
}

/** The classes that `s` compares as, first to last. */
function spell(s, order) {
  const found = [];
  let prefix = '';
  while (root.compare(prefix, s) !== 0) {
    let low = 0;
    let high = order.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (root.compare(prefix + BARRIER + text(order[middle]), s) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low === 0 || found.length === MAX_EXPANSION) {
      fail(`U+${s.codePointAt(0).toString(16)} is not spelled by classes`);
    }
    found.push(low - 1);
    prefix += BARRIER + text(order[low - 1]);
  }
  return found;
}

/** Pairs, and threes that begin with a pair, of characters that compare as something else than one after the other. */
function learnContractions(order) {
  // Of characters that are their own decomposition; Han, Yi and what lies above the Indic scripts have no contraction.
  const points = [];
  for (let c = 1; c < 0x12000; c++) {
    const s = isListed(c) ? text(c) : '';
    if (s && decompose(s) === s && !/\p{Script=Han}|\p{Script=Yi}/u.test(s)) {
      points.push(c);
    }
  }
  const contracts = (start, last) =>
    root.compare(start + last, start + BARRIER + last) !== 0 &&
    // What differs only because the barrier keeps two marks from being reordered is no contraction.
    decompose(start + last) === start + last;
  const found = [];
  for (const y of points) {
    // Marks and modifiers meet characters of any block; letters only those of their own script, which is near.
    const reach =
      y < 0x10000 && /[\p{M}\p{Lm}\u00b7]/u.test(text(y)) ? 0x10000 : 0x180;
    for (const x of points) {
      if (Math.abs(x - y) <= reach && contracts(text(x), text(y))) {
        found.push([x, y]);
      }
    }
  }
  for (const [x, y] of [...found]) {
    for (const z of points) {
      if (Math.abs(y - z) <= 0x180 && contracts(text(x, y), text(z))) {
        // A pair of the last two is known already: (x, y) and z, not x and (y, z).
        const spelled = spell(text(x, y, z), order);
        const parts = [...spell(text(x, y), order), ...spell(text(z), order)];
        if (String(spelled) !== String(parts)) {
          found.push([x, y, z]);
        }
      }
    }
  }
  return found
    .sort((a, b) => a[0] - b[0] || a[1] - b[1] || a.length - b.length)
    .map(points => [points, spell(text(...points), order)]);
}

/** The zero of each set of ten digits that count as numbers when `numeric` is on. */
function learnDigits() {
  const zeros = [];
  for (let c = 0; c < 0x110000; c++) {
    if (!isListed(c) || natural.compare('1' + text(c), '9') <= 0) {
      continue;
    }
    const zero = zeros.at(-1) ?? c;
    const value = c - zero < 10 ? c - zero : 0;
    if (natural.compare('1' + text(c), `1${value}`) !== 0) {
      fail(`U+${c.toString(16)} is a digit without its nine neighbours`);
    }
    if (value === 0) {
      zeros.push(c);
    }
  }
  return zeros;
}

/** In `ru` one block of classes moves before another class: [first, after the last, the one it moves before]. */
function learnReordering(order) {
  const position = new Map(order.map((c, index) => [c, index]));
  const moved = [...order].sort((a, b) => russian.compare(text(a), text(b)));
  const cuts = [];
  for (let i = 1; i < moved.length; i++) {
    const at = position.get(moved[i]);
    if (at !== position.get(moved[i - 1]) + 1) {
      cuts.push(at);
    }
  }
  if (cuts.length !== 3) {
    fail(`ru is not root with one block moved: ${cuts}`);
  }
  const [first, before, after] = cuts;
  return [first, after, before];
}

/** Characters that hold a part of a contraction, those with a breve aside, which the reader looks for itself. */
function holdContracting(contractions) {
  const breves = contractions
    .map(([points]) => points)
    .filter(points => points[1] === BREVE);
  const parts = new Set(contractions.flatMap(([points]) => points));
  breves.flat().forEach(point => parts.delete(point));
  return listed(s =>
    [...decompose(s)].some(part => parts.has(part.codePointAt(0)))
  );
}

function listed(accepts) {
  const points = [];
  for (let c = 0; c < TABULATED; c++) {
    if (isListed(c) && !isHangulSyllable(c) && accepts(text(c))) {
      points.push(c);
    }
  }
  return points;
}

/** [gap from the end of the run before, length, ...] */
function runs(numbers) {
  const flat = [];
  let end = 0;
  for (let i = 0; i < numbers.length;) {
    let j = i + 1;
    while (j < numbers.length && numbers[j] === numbers[j - 1] + 1) {
      j++;
    }
    flat.push(numbers[i] - end, j - i);
    end = numbers[j - 1] + 1;
    i = j;
  }
  return flat;
}

/** Rows of numbers, each less the row before it, in one flat list. */
function differences(rows) {
  return rows.flatMap((row, i) =>
    row.map((n, j) => n - (rows[i - 1]?.[j] ?? 0))
  );
}

function learn() {
  const { ignorable, order, members, expanding } = learnClasses();
  const contractions = learnContractions(order);
  const byPoint = (a, b) => a[0] - b[0];
  return {
    source: {
      icu: process.versions.icu,
      cldr: process.versions.cldr,
      unicode: process.versions.unicode
    },
    ignorable: runs(ignorable.sort((a, b) => a - b)),
    order: runs(order),
    members: differences([...members].sort(byPoint)),
    // The syllables of Hangul spell as their letters, which Unicode computes.
    expansions: expanding
      .filter(c => !isHangulSyllable(c))
      .map(c => [c, ...spell(text(c), order)])
      .sort(byPoint),
    contractions,
    contracting: runs(holdContracting(contractions)),
    marks: runs(listed(s => /\p{M}/u.test(s))),
    digits: learnDigits(),
    cyrillic: learnReordering(order)
  };
}

const json = JSON.stringify(learn());
if (process.argv.includes('--check')) {
  if (gunzipSync(readFileSync(TARGET)).toString() !== json) {
    fail('weights.json.gz is stale: run node scripts/generate_collation.mjs');
  }
} else {
  writeFileSync(TARGET, gzipSync(json, { level: 9 }));
}
