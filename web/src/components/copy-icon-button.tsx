import { type MouseEvent, useState } from 'react';
import { IconButton } from './button.tsx';
import { useCopy } from './copy-button.tsx';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** An icon that copies a text and announces the result. */
export function CopyIconButton({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = useCopy();
  async function press({ currentTarget }: MouseEvent<HTMLButtonElement>) {
    setCopied(await copy(text, currentTarget));
  }
  return (
    <IconButton label={label} className="icon-button-small" onClick={press} onBlur={() => setCopied(false)}>
      {copied ? <CheckIcon /> : <CopyIcon />}
    </IconButton>
  );
}
