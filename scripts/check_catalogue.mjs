/**
 * Fails when a translatable string of src/ lacks a translation, when a plural lacks a form,
 * or when a catalogue holds a message that nothing uses any more.
 *
 * It reads the compiled catalogues, the files that JupyterLab loads: run
 * `python scripts/compile_catalogue.py` first.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
const LOCALES = join(root, 'cloudru_jlab', 'locale');
const DOMAIN = 'cloudru_jlab';
const CONTEXT_END = '\u0004';

/** Per method of a translation bundle: where its context, message and plural stand. */
const METHODS = new Map([
  ['__', { message: 0 }],
  ['gettext', { message: 0 }],
  ['_n', { message: 0, plural: 1 }],
  ['ngettext', { message: 0, plural: 1 }],
  ['_p', { context: 0, message: 1 }],
  ['pgettext', { context: 0, message: 1 }],
  ['_np', { context: 0, message: 1, plural: 2 }],
  ['npgettext', { context: 0, message: 1, plural: 2 }]
]);

/**
 * Whether a bundle is JupyterLab's own: one loaded from its domain, or the `_trans` of another object.
 * Its messages stand in JupyterLab's catalogue.
 */
function isJupyterLabs(bundle) {
  if (ts.isPropertyAccessExpression(bundle)) {
    return (
      bundle.name.text === '_trans' &&
      bundle.expression.kind !== ts.SyntaxKind.ThisKeyword
    );
  }
  if (!ts.isIdentifier(bundle)) {
    return false;
  }
  for (let scope = bundle.parent; scope; scope = scope.parent) {
    const declaration = declarationIn(scope, bundle.text);
    if (declaration) {
      return ts.isBindingElement(declaration)
        ? declaration.propertyName?.getText() === '_trans' &&
            declaration.parent.parent.initializer?.kind !==
              ts.SyntaxKind.ThisKeyword
        : /\.load\('jupyterlab'\)$/.test(
            declaration.initializer?.getText() ?? ''
          );
    }
  }
  return false;
}

/** The variable of that name among the statements of a block. */
function declarationIn(scope, name) {
  const statements = scope.statements ?? [];
  const variables = statements
    .filter(ts.isVariableStatement)
    .flatMap(statement => [...statement.declarationList.declarations])
    .flatMap(declaration =>
      ts.isObjectBindingPattern(declaration.name)
        ? [...declaration.name.elements]
        : [declaration]
    );
  return variables.find(variable => variable.name.getText() === name);
}

/** Every message of one source file: key -> { where, message, plural }. */
function messagesOf(file, problems) {
  const source = ts.createSourceFile(
    file,
    readFileSync(file, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
    file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS
  );
  const found = new Map();
  const visit = node => {
    if (
      ts.isCallExpression(node) &&
      ts.isPropertyAccessExpression(node.expression) &&
      METHODS.has(node.expression.name.text) &&
      !isJupyterLabs(node.expression.expression)
    ) {
      const { context, message, plural } = METHODS.get(
        node.expression.name.text
      );
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line;
      const where = `${file.slice(root.length)}:${line + 1}`;
      const text = index => {
        const argument =
          index === undefined ? undefined : node.arguments[index];
        return argument && ts.isStringLiteralLike(argument)
          ? argument.text
          : undefined;
      };
      if (text(message) === undefined) {
        problems.push(`${where}: the message is no string literal`);
      } else {
        const key =
          context === undefined
            ? text(message)
            : `${text(context)}${CONTEXT_END}${text(message)}`;
        found.set(key, { where, message: text(message), plural: text(plural) });
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function sourceFiles() {
  return readdirSync(join(root, 'src'), { recursive: true })
    .map(name => join(root, 'src', name))
    .filter(
      name =>
        /\.tsx?$/.test(name) &&
        !name.endsWith('.d.ts') &&
        !name.includes('__tests__')
    );
}

/** The places of a message that values are put into, in a comparable form. */
function placeholders(text) {
  return [...new Set(text.match(/%\d+/g))].sort().join();
}

function checkCatalogue(language, messages, problems) {
  const file = join(LOCALES, language, 'LC_MESSAGES', `${DOMAIN}.json`);
  if (!existsSync(file)) {
    problems.push(
      `${language}: not compiled; run python scripts/compile_catalogue.py`
    );
    return;
  }
  const { '': header, ...catalogue } = JSON.parse(readFileSync(file, 'utf8'));
  const forms = Number(/nplurals=(\d+)/.exec(header.plural_forms)?.[1]);
  for (const [key, { where, message, plural }] of messages) {
    const shown = JSON.stringify(key.replace(CONTEXT_END, ' | '));
    const translated = catalogue[key];
    if (!translated) {
      problems.push(`${where}: no ${language} translation of ${shown}`);
    } else if (
      translated.length !== (plural ? forms : 1) ||
      translated.some(text => text === '')
    ) {
      problems.push(
        `${where}: ${shown} needs ${plural ? forms : 1} form(s) in ${language}`
      );
    } else if (
      translated.some(
        text => placeholders(text) !== placeholders(plural ?? message)
      )
    ) {
      problems.push(`${where}: ${shown} has other placeholders in ${language}`);
    }
  }
  for (const key of Object.keys(catalogue)) {
    if (!messages.has(key)) {
      problems.push(
        `${language}: nothing uses ${JSON.stringify(key.replace(CONTEXT_END, ' | '))}`
      );
    }
  }
}

const problems = [];
const messages = new Map();
for (const file of sourceFiles()) {
  for (const [key, value] of messagesOf(file, problems)) {
    messages.set(key, value);
  }
}
const languages = existsSync(LOCALES) ? readdirSync(LOCALES) : [];
if (!languages.includes('ru_RU')) {
  problems.push('the Russian catalogue is missing');
}
for (const language of languages) {
  checkCatalogue(language, messages, problems);
}
for (const problem of problems) {
  console.error(problem);
}
console.log(
  `${messages.size} messages, ${languages.join(', ')}: ${problems.length} problems`
);
process.exitCode = problems.length > 0 ? 1 : 0;
