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
// The longest expansion of Unicode 17 has 18 elements (U+FDFA).
const MAX_EXPANSION = 24;

const fail = message => {
  console.error(message);
  process.exit(1);
};
const text = String.fromCodePoint;
const isHangulSyllable = c => c >= 0xac00 && c <= 0xd7a3;

// Unassigned and private characters stand in code point order after all others: the reader knows that without a table.
const isListed = c => !/[\p{Cn}\p{Co}\p{Cs}]/u.test(text(c)) && c !== 0xfffd;

function learnClasses() {
  const points = [];
  for (let c = 0; c < 0x110000; c++) {
    if (isListed(c)) {
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
      return null;
    }
    found.push(low - 1);
    prefix += BARRIER + text(order[low - 1]);
  }
  return found;
}

function learnContractions(order) {
  // Of characters that are their own decomposition; Han and Yi have none, and are too many to try.
  const points = [];
  for (let c = 1; c < 0x10000; c++) {
    const s = isListed(c) ? text(c) : '';
    if (s && s.normalize('NFD') === s && !/[\p{sc=Han}\p{sc=Yi}]/u.test(s)) {
      points.push(c);
    }
  }
  const found = [];
  for (const y of points) {
    const second = text(y);
    const anywhere = /[\p{M}\p{Lm}\u00b7]/u.test(second);
    for (const x of points) {
      const first = text(x);
      if (
        (anywhere || Math.abs(x - y) <= 0x180) &&
        root.compare(first + second, first + BARRIER + second) !== 0 &&
        (first + second).normalize('NFC').length === 1
      ) {
        found.push([x, y]);
      } else if (
        (anywhere || Math.abs(x - y) <= 0x180) &&
        root.compare(first + second, first + BARRIER + second) !== 0 &&
        (first + second).normalize('NFD') === first + second
      ) {
        found.push([x, y]);
      }
    }
  }
  return found.map(([x, y]) => [x, y, spell(text(x, y), order)]);
}

function learnDigits() {
  const zeros = [];
  for (let c = 0; c < 0x110000; c++) {
    const isDigit =
      isListed(c) && natural.compare('1' + text(c), '9' + BARRIER) > 0;
    if (isDigit && natural.compare('1' + text(c), '10') === 0) {
      zeros.push(c);
    } else if (
      isDigit &&
      natural.compare(
        '1' + text(c),
        '1' + String(c - zeros[zeros.length - 1])
      ) !== 0
    ) {
      fail(`U+${c.toString(16)} is a digit without its nine neighbours`);
    }
  }
  return zeros;
}

const { ignorable, order, members, expanding } = learnClasses();
console.error({ign: ignorable.length, order: order.length, members: members.size, exp: expanding.length});
const expansions = expanding
  .filter(c => !isHangulSyllable(c))
  .sort((a, b) => a - b)
  .map(c => [c, spell(text(c), order)]);
console.error('unspelled', expansions.filter(e => !e[1]).map(e => e[0].toString(16)).join(' '));
const contractions = learnContractions(order);
console.error('contr', contractions.length, 'unspelled', contractions.filter(e => !e[2]).map(e => e[0].toString(16)+'+'+e[1].toString(16)).join(' '));
const digits = learnDigits();
console.error('digits', digits.length);

// runs
const runs = (list) => { const out=[]; let prev=0; for (let i=0;i<list.length;){ let j=i+1; while(j<list.length&&list[j]===list[j-1]+1)j++; out.push(list[i]-prev,j-i); prev=list[j-1]; i=j;} return out;};
const size=(l,o)=>console.error(l,'json',JSON.stringify(o).length,'gz',gzipSync(JSON.stringify(o),{level:9}).length);
const isHan=c=>/\p{sc=Han}/u.test(text(c));
size('order',runs(order)); size('order no han',runs(order.filter(c=>!isHan(c)))); size('order han bmp',runs(order.filter(c=>c<0x10000||!isHan(c))));
size('order bmp nohan',runs(order.filter(c=>c<0x10000&&!isHan(c))));
const mem=[...members].sort((a,b)=>a[0]-b[0]); const fm=(f)=>{let pc=0,pk=0;const o=[];for(const [c,k] of mem)if(f(c)){o.push(c-pc,k-pk);pc=c;pk=k;}return o;};
size('members',fm(()=>true)); size('members bmp',fm(c=>c<0x10000)); 
size('exp',expansions);size('contr',contractions);
writeFileSync('/tmp/collation/dump.json',JSON.stringify({ignorable,order,members:mem,expansions,contractions,digits}));
