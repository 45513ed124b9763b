import { type MouseEvent, useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { Button, type ButtonVariant } from './button.tsx';
import { copyText } from './copy-text.ts';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** A button that copies a text and announces the result. */
export function CopyButton({
  text,
  label,
  variant,
}: {
  text: string;
  label: string;
  variant?: ButtonVariant;
}) {
  const [copied, setCopied] = useState(false);
  const announce = useAnnounce();
  async function copy({ currentTarget }: MouseEvent<HTMLButtonElement>) {
    const done = await copyText(text, currentTarget);
    setCopied(done);
    announce(
      done
        ? 'Copied to the clipboard'
        : "Your browser didn't allow copying. Select the text and copy it manually.",
    );
  }
  return (
    <Button small variant={variant} onClick={copy} onBlur={() => setCopied(false)}>
      {copied ? <CheckIcon /> : <CopyIcon />}
      {label}
    </Button>
  );
}
