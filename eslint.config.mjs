import js from '@eslint/js';
import jupyterPlugin from '@jupyter/eslint-plugin';
import prettierConfig from 'eslint-config-prettier';
import playwright from 'eslint-plugin-playwright';
import reactHooks from 'eslint-plugin-react-hooks';
import { defineConfig } from 'eslint/config';
import globals from 'globals';
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

/** The features: every folder of src but core. */
const slugs = readdirSync(new URL('./src', import.meta.url), {
  withFileTypes: true
})
  .filter(entry => entry.isDirectory() && entry.name !== 'core')
  .map(entry => entry.name);

/** Every rule of the Jupyter plugin's recommended set, as an error. */
function asErrors(rules) {
  return Object.fromEntries(
    Object.entries(rules ?? {}).map(([name, level]) => [
      name,
      level === 'off' || level === 0
        ? 'off'
        : Array.isArray(level)
          ? ['error', ...level.slice(1)]
          : 'error'
    ])
  );
}

const jupyterRecommended = [jupyterPlugin.configs.recommended]
  .flat()
  .map(config => ({ ...config, rules: asErrors(config.rules) }));

const UI_PACKAGES = [
  'react',
  'react-dom',
  'react/*',
  'react-dom/*',
  '@jupyterlab/application',
  '@jupyterlab/apputils',
  '@jupyterlab/docmanager',
  '@jupyterlab/filebrowser',
  '@jupyterlab/launcher',
  '@jupyterlab/statusbar',
  '@jupyterlab/ui-components',
  '@lumino/domutils',
  '@lumino/dragdrop',
  '@lumino/virtualdom',
  '@lumino/widgets'
];

/** `no-restricted-imports` for a set of [patterns, message] pairs. */
function restrict(...pairs) {
  return {
    '@typescript-eslint/no-restricted-imports': [
      'error',
      {
        patterns: pairs
          .filter(([group]) => group.length > 0)
          .map(([group, message]) => ({ group, message }))
      }
    ]
  };
}

/** What no file of `slug` may import, for files that stand `depth` folders below src. */
function never(slug, depth) {
  const up = '../'.repeat(depth);
  const others = slugs.filter(other => other !== slug);
  return [
    [
      others.flatMap(other => [`${up}${other}`, `${up}${other}/**`]),
      slug === 'core'
        ? 'core knows no feature.'
        : 'A feature imports core, never another feature: put a token in src/core/tokens.ts.'
    ],
    [
      [`${up}index`],
      'Only src/index.ts knows all features; nothing imports it.'
    ]
  ];
}

/** What a role may not import of its own feature, and of packages. */
const ROLES = {
  api: [
    [UI_PACKAGES, 'api imports no UI package.'],
    [
      own('model', 'widget', 'commands'),
      'api imports core/request alone: index -> commands/widget -> model -> api.'
    ]
  ],
  model: [
    [own('widget', 'commands'), 'A model knows no widget and no command.']
  ],
  widget: [[own('api'), 'A widget never calls the api: ask the model.']]
};

/** Import patterns of a feature's own modules, from a file beside them or from a folder beside them. */
function own(...names) {
  return names.flatMap(name =>
    ['./', '../'].flatMap(here => [`${here}${name}`, `${here}${name}/**`])
  );
}

/** The import rules of the house: a later entry replaces an earlier one for the files it names. */
const importRules = ['core', ...slugs].flatMap(slug => {
  const depths = [1, 2, 3].map(depth => ({
    files: [`src/${slug}/${'*/'.repeat(depth - 1)}*`],
    rules: restrict(...never(slug, depth))
  }));
  const roles = Object.entries(ROLES).flatMap(([role, pairs]) => [
    {
      files: [`src/${slug}/${role}.ts`, `src/${slug}/${role}.tsx`],
      rules: restrict(...never(slug, 1), ...pairs)
    },
    // A role that outgrew one file is a folder of that name.
    {
      files: [`src/${slug}/${role}/*`],
      rules: restrict(...never(slug, 2), ...pairs)
    }
  ]);
  return slug === 'core' ? depths : [...depths, ...roles];
});

export default defineConfig([
  {
    ignores: [
      '.cache',
      '.venv*',
      '.yarn',
      'cloudru_jlab',
      'coverage',
      'demo',
      'lib',
      'node_modules',
      'ui-tests/.run',
      'ui-tests/node_modules',
      'ui-tests/playwright-report',
      'ui-tests/test-results'
    ]
  },
  js.configs.recommended,
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: { globals: globals.node }
  },
  {
    files: ['**/*.js'],
    ignores: ['style/*.js'],
    languageOptions: { sourceType: 'commonjs' }
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [tseslint.configs.recommendedTypeChecked, ...jupyterRecommended],
    plugins: { jupyter: jupyterPlugin, 'react-hooks': reactHooks },
    languageOptions: {
      globals: globals.browser,
      parserOptions: {
        project: ['tsconfig.test.json', 'ui-tests/tsconfig.json'],
        tsconfigRootDir: import.meta.dirname
      }
    }
  },
  {
    files: ['ui-tests/**/*.ts'],
    extends: [playwright.configs['flat/recommended']]
  },
  // Only formatting rules are left to prettier; what it switches off beyond them is switched on again below.
  prettierConfig,
  {
    rules: {
      curly: ['error', 'all'],
      eqeqeq: 'error',
      'no-unexpected-multiline': 'error',
      'prefer-arrow-callback': 'error'
    }
  },
  {
    files: ['**/*.ts', '**/*.tsx'],
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-namespace': 'off',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'none', caughtErrors: 'none' }
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Jupyter's base classes take unbound methods as Lumino slots, with the receiver as second argument.
      '@typescript-eslint/unbound-method': 'off',
      'react-hooks/exhaustive-deps': 'error',
      'react-hooks/rules-of-hooks': 'error'
    }
  },
  ...importRules,
  {
    files: ['src/**/__tests__/**', 'ui-tests/**'],
    rules: {
      // Tests look into private state through a typed interface, and mock plugins.
      '@typescript-eslint/no-non-null-assertion': 'off',
      'jupyter/no-untranslated-string': 'off'
    }
  },
  {
    files: ['ui-tests/**/*.ts'],
    rules: {
      // Playwright's fixtures call a function named use.
      'react-hooks/rules-of-hooks': 'off',
      'playwright/no-wait-for-timeout': 'error',
      'playwright/expect-expect': 'error',
      'playwright/missing-playwright-await': 'error',
      'playwright/no-networkidle': 'error',
      // A run with two server configurations skips what cannot apply.
      'playwright/no-skipped-test': 'off'
    }
  }
]);
