import { useLocation } from 'wouter';
import { IconButton } from '../components/button.tsx';
import { useCopy } from '../components/copy-button.tsx';
import { MoreIcon } from '../components/icons.tsx';
import { Menu, MenuItem } from '../components/menu.tsx';
import type { TokenRowFragment } from '../generated/hooks.ts';
import {
  ACTION_NAMES,
  actionsFor,
  DANGEROUS,
  duplicatePathOf,
  refusalOf,
  refusalOfDuplicate,
  type TokenAction,
} from './token-actions.ts';

/** The menu of actions on the token of a row. */
export function TokenMenu({
  token,
  onChoose,
}: {
  token: TokenRowFragment;
  onChoose: (action: TokenAction) => void;
}) {
  const [, go] = useLocation();
  const copy = useCopy();
  function copyIdentifier() {
    // Closing the menu moved the focus to its button.
    void copy(token.identifier, document.activeElement as HTMLElement);
  }
  return (
    <Menu
      trigger={(props) => (
        <IconButton {...props} label={`Actions for ${token.name}`}>
          <MoreIcon />
        </IconButton>
      )}
    >
      <MenuItem onSelect={() => go(`/tokens/${token.id}`)}>View</MenuItem>
      <MenuItem onSelect={copyIdentifier}>Copy identifier</MenuItem>
      <MenuItem refusal={refusalOfDuplicate(token)} onSelect={() => go(duplicatePathOf(token))}>
        Duplicate
      </MenuItem>
      {actionsFor(token).map((action) => (
        <MenuItem
          key={action}
          danger={DANGEROUS.has(action)}
          refusal={refusalOf(action, token)}
          onSelect={() => onChoose(action)}
        >
          {ACTION_NAMES[action]}
        </MenuItem>
      ))}
    </Menu>
  );
}
