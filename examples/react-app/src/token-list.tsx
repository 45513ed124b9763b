import { describeError } from './client.ts';
import { useTokensQuery } from './generated/hooks.ts';

/** An empty list contains no `Token`, so the cache cannot know by itself that a new token changes the list. */
const CONTEXT = { additionalTypenames: ['Token'] };

/** The first 20 tokens of the signed-in user. It updates after each mutation that returns a token. */
export function TokenList() {
  const [{ data, error }] = useTokensQuery({ context: CONTEXT });

  if (error) return <p role="alert">{describeError(error)}</p>;
  return (
    <ul>
      {data?.tokens?.nodes.map(({ id, name, status }) => (
        <li key={id}>
          {name}: {status.toLowerCase()}
        </li>
      ))}
    </ul>
  );
}
