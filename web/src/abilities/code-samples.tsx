import { useState } from 'react';
import { Button } from '../components/button.tsx';
import { CopyButton } from '../components/copy-button.tsx';
import './code-samples.css';

const QUERY = '{ viewer { kind token { name status } } }';

/** The same call in several languages. The secret is read from an environment variable. */
const SAMPLES = {
  curl: (origin: string) => `curl ${origin}/graphql \\
  -H "Authorization: Bearer $POSTERN_TOKEN" \\
  -H 'Content-Type: application/json' \\
  -d '{"query":"${QUERY}"}'`,

  JavaScript: (origin: string) => `const response = await fetch('${origin}/graphql', {
  method: 'POST',
  headers: {
    authorization: \`Bearer \${process.env.POSTERN_TOKEN}\`,
    'content-type': 'application/json',
  },
  body: JSON.stringify({ query: '${QUERY}' }),
});
const { data, errors } = await response.json();`,

  Python: (origin: string) => `import json, os, urllib.request

request = urllib.request.Request(
    '${origin}/graphql',
    data=json.dumps({'query': '${QUERY}'}).encode(),
    headers={
        'Authorization': f"Bearer {os.environ['POSTERN_TOKEN']}",
        'Content-Type': 'application/json',
    },
)
print(urllib.request.urlopen(request).read().decode())`,
} as const;

type Language = keyof typeof SAMPLES;

/** Code samples that call the API with a token. */
export function CodeSamples() {
  const [language, setLanguage] = useState<Language>('curl');
  const code = SAMPLES[language](window.location.origin);
  return (
    <div className="samples">
      <fieldset className="samples-head">
        <legend className="visually-hidden">Language</legend>
        {(Object.keys(SAMPLES) as Language[]).map((name) => (
          <Button
            key={name}
            small
            variant={name === language ? 'plain' : 'quiet'}
            aria-pressed={name === language}
            onClick={() => setLanguage(name)}
          >
            {name}
          </Button>
        ))}
        <span className="toolbar-end">
          <CopyButton text={code} label="Copy" variant="quiet" />
        </span>
      </fieldset>
      <pre>{code}</pre>
    </div>
  );
}
