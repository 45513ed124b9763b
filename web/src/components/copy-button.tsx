import { type MouseEvent, useState } from 'react';
import { useAnnounce } from './announcer.tsx';
import { Button, type ButtonVariant } from './button.tsx';
import { copyText } from './copy-text.ts';
import { CheckIcon, CopyIcon } from './icons.tsx';

/** Returns a function that copies a text after the user pressed an element, and announces the result. */
export function useCopy(): (text: string, pressed: HTMLElement) => Promise<boolean> {
  const announce = useAnnounce();
  return async (text, pressed) => {
    const done = await copyText(text, pressed);
    announce(
      done
        ? 'Copied to the clipboard'
        : "Your browser didn't allow copying. Select the text and copy it manually.",
    );
    return done;
  };
}

/** A button that copies a text and announces the result. */
export function CopyButton({
  text,
  label,
  variant,
  large,
  onCopied,
}: {
  text: string;
  label: string;
  variant?: ButtonVariant;
  large?: boolean;
  onCopied?: () => void;
}) {
  const [copied, setCopied] = useState(false);
  const copy = useCopy();
  async function press({ currentTarget }: MouseEvent<HTMLButtonElement>) {
    const done = await copy(text, currentTarget);
    setCopied(done);
    if (done) onCopied?.();
  }
  return (
    <Button small={!large} variant={variant} onClick={press} onBlur={() => setCopied(false)}>
      {copied ? <CheckIcon /> : <CopyIcon />}
      {label}
    </Button>
  );
}
