import React from 'react';

import type { ICheck } from '../types';
import { statusIcons } from './icons';
import type { HealthWords } from './words';

export interface IChecksProps {
  checks: readonly ICheck[];
  words: HealthWords;
}

/** What is wrong, worst first, with what to do about it; what is well can be unfolded. */
export function Checks({ checks, words }: IChecksProps): JSX.Element {
  const { trans } = words;
  const failing = checks.filter(({ status }) => status === 'fail');
  const warning = checks.filter(({ status }) => status === 'warn');
  const passing = checks.filter(({ status }) => status === 'pass');
  return (
    <>
      {failing.length + warning.length > 0 && (
        <ul className="cj-Health-checks">
          {[...failing, ...warning].map(check => (
            <Row key={keyOf(check)} check={check} words={words} />
          ))}
        </ul>
      )}
      {passing.length > 0 && (
        <details className="cj-Health-passing">
          <summary>
            {trans._n('%1 check passes', '%1 checks pass', passing.length)}
          </summary>
          <ul className="cj-Health-checks">
            {passing.map(check => (
              <Row key={keyOf(check)} check={check} words={words} />
            ))}
          </ul>
        </details>
      )}
    </>
  );
}

function Row({
  check,
  words
}: {
  check: ICheck;
  words: HealthWords;
}): JSX.Element {
  const { component, id, status, since } = check;
  const { message, advice } = words.check(check);
  const Icon = statusIcons[status];
  const name = words.component(component);
  return (
    <li className="cj-Health-check" data-cj-level={status}>
      <Icon.react tag="span" className="cj-Health-sign" />
      <div className="cj-Health-checkText">
        <div className="cj-Health-checkHead">
          <strong>
            <span className="cj-Health-spoken">{words.status(status)}: </span>
            {id === '' || id === component ? name : `${name} · ${id}`}
          </strong>
          <span className="cj-Health-since">
            {words.trans.__('since %1', words.since(since))}
          </span>
        </div>
        <div>{message}</div>
        {status !== 'pass' && advice !== '' && (
          <div className="cj-Health-advice">{advice}</div>
        )}
      </div>
    </li>
  );
}

function keyOf({ component, id }: ICheck): string {
  return `${component}:${id}`;
}
