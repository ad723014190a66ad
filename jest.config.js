const jestJupyterLab = require('@jupyterlab/testing/lib/jest-config');

// Packages that ship ES modules, which Jest cannot load as they are.
const esModules = [
  '@codemirror',
  '@jupyter/react-components',
  '@jupyter/web-components',
  '@jupyter/ydoc',
  '@jupyterlab/',
  '@lezer',
  '@marijn',
  '@microsoft',
  '@rjsf',
  'color',
  'exenv-es6',
  'lib0',
  'nanoid',
  'vscode-ws-jsonrpc',
  'y-protocols',
  'y-websocket',
  'yjs'
].join('|');

const reporters = ['default'];
if (process.env.CLOUDRU_JEST_REPORT) {
  reporters.push([
    'jest-junit',
    { outputFile: process.env.CLOUDRU_JEST_REPORT }
  ]);
}

module.exports = {
  ...jestJupyterLab(__dirname),
  modulePathIgnorePatterns: [
    '<rootDir>/.venv',
    '<rootDir>/.cache',
    '<rootDir>/cloudru_jlab/labextension'
  ],
  reporters,
  testRegex: 'src/.*/__tests__/.*\\.spec\\.tsx?$',
  transformIgnorePatterns: [`/node_modules/(?!${esModules}).+`]
};
