import { useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { Button, type ButtonLook } from './button.tsx';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** Copies a text and says so. */
export function CopyButton({ text, label, look }: { text: string; label: string; look?: ButtonLook }) {
  const [copied, setCopied] = useState(false);
  const announce = useAnnounce();
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
      announce('Copied to the clipboard');
    } catch {
      announce('The browser did not allow copying: select the text instead');
    }
  }
  return (
    <Button small look={look} onClick={copy} onBlur={() => setCopied(false)}>
      {copied ? <CheckIcon /> : <CopyIcon />}
      {label}
    </Button>
  );
}
