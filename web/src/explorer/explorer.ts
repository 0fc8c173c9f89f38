/** GraphiQL for development; the server offers its page nowhere else, and no screen loads it. */
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { staffBearer } from '../session/staff';
import 'graphiql/style.css';
import './explorer.css';

const EXAMPLE = `# Whoever is logged in on the front page in this tab is the one who asks here.
query Wards {
  wards(first: 20) { nodes { id code name { zh en } } }
}
`;

async function ownHeaders(): Promise<Record<string, string>> {
  const bearer = await staffBearer();
  return bearer.kind === 'TOKEN' ? { authorization: `Bearer ${bearer.token}` } : {};
}

const fetcher = createGraphiQLFetcher({
  url: '/graphql',
  fetch: async (address, init) => fetch(address, { ...init, headers: { ...(init?.headers as object), ...(await ownHeaders()) } }),
  wsClient: createClient({
    url: `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`,
    connectionParams: ownHeaders,
  }),
});

createRoot(document.getElementById('app') as HTMLElement).render(createElement(GraphiQL, { fetcher, defaultQuery: EXAMPLE }));
