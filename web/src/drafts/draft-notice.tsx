import { Button } from '../components/button.tsx';
import './draft-notice.css';
import type { Draft } from './use-draft.ts';

/** Says that a form shows the content of an earlier visit, and offers to start over. */
export function DraftNotice({ draft }: { draft: Pick<Draft<object>, 'restored' | 'reset'> }) {
  if (!draft.restored) return null;
  return (
    <div className="draft-notice" role="status">
      <p>What you entered before is back.</p>
      <Button small variant="quiet" onClick={draft.reset}>
        Start over
      </Button>
    </div>
  );
}
