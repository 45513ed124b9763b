/** Copies through a temporary selection, which browsers also allow on pages that were loaded over plain HTTP. */
function copySelected(text: string, near: HTMLElement): boolean {
  const field = document.createElement('textarea');
  field.className = 'visually-hidden';
  field.value = text;
  // While a modal dialog is open, only text inside the dialog can be selected.
  near.after(field);
  field.select();
  const copied = document.execCommand('copy');
  field.remove();
  near.focus();
  return copied;
}

/**
 * Copies a text to the clipboard after the user pressed a control. Resolves with whether the browser allowed it.
 * `navigator.clipboard` exists only in secure contexts, which are HTTPS and localhost.
 */
export async function copyText(text: string, pressed: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text, pressed);
  }
}
