/** Builds the screens to static files that a strict Content-Security-Policy can serve. */
import { defineConfig } from 'vitest/config';

const SERVER = process.env['WARDGRID_SERVER'] ?? 'http://127.0.0.1:8000';

/** GraphiQL embeds its fonts as data: addresses, which the policy forbids; the machine's own fonts do. */
const noEmbeddedFonts = {
  name: 'no-embedded-fonts',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    id.endsWith('graphiql/dist/style.css') ? { code: code.replace(/@font-face\s*\{[^}]*\}/g, ''), map: null } : null,
};

export default defineConfig({
  plugins: [noEmbeddedFonts],
  build: {
    target: 'es2022',
    // An inlined asset would be a data: address, which the policy forbids.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: ['index.html', 'graphiql.html'],
      // React libraries mark their modules "use client" for servers that render; there is none here.
      onLog: (level, log, report) => log.code === 'MODULE_LEVEL_DIRECTIVE' || report(level, log),
    },
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  server: {
    proxy: { '/graphql': { target: SERVER, ws: true } },
  },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.{ts,tsx}'],
  },
});
